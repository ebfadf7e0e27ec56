// What is promised: records come out whole, once and in order; a full queue refuses and keeps its
// spare room for urgent ones; two threads never race.
#include "base/spsc_queue.h"

#include <random>
#include <thread>

namespace gatehouse {
namespace {

bool push(SpscQueue& queue, std::string_view text, bool urgent = false) {
  const std::span<char> place = queue.reserve(text.size(), urgent);
  if (place.data() == nullptr) return false;
  std::memcpy(place.data(), text.data(), text.size());
  queue.commit(text.size());
  return true;
}

std::vector<std::string> drain(SpscQueue& queue) {
  std::vector<std::string> all;
  queue.drain(
      [&](std::span<const char> record) { all.emplace_back(record.begin(), record.end()); });
  return all;
}

TEST(SpscQueue, gives_records_once_and_in_order) {
  SpscQueue queue(4096, 0);
  EXPECT_TRUE(queue.empty());
  EXPECT_TRUE(push(queue, "one") && push(queue, "three") && push(queue, std::string(100, 'x')));
  EXPECT_FALSE(queue.empty());
  EXPECT_EQ(drain(queue), (std::vector<std::string>{"one", "three", std::string(100, 'x')}));
  EXPECT_TRUE(queue.empty());
  EXPECT_TRUE(drain(queue).empty());
}

TEST(SpscQueue, shows_nothing_before_commit_and_only_what_was_filled) {
  SpscQueue queue(4096, 0);
  const std::span<char> place = queue.reserve(1000, false);
  ASSERT_EQ(place.size(), 1000U);
  std::memcpy(place.data(), "abc", 3);
  EXPECT_TRUE(queue.empty());
  queue.commit(3);
  EXPECT_EQ(drain(queue), std::vector<std::string>{"abc"});
}

TEST(SpscQueue, refuses_when_full_and_takes_again_after_a_drain) {
  SpscQueue queue(4096, 0);
  std::size_t count = 0;
  while (push(queue, std::string(56, 'x'))) ++count;
  EXPECT_EQ(count, 64U);  // 4096 / (56 + 8)
  EXPECT_EQ(drain(queue).size(), 64U);
  EXPECT_TRUE(push(queue, std::string(56, 'y')));
}

TEST(SpscQueue, keeps_its_spare_room_for_urgent_records) {
  SpscQueue queue(4096, 1024);
  std::size_t ordinary = 0, urgent = 0;
  while (push(queue, std::string(56, 'x'))) ++ordinary;
  while (push(queue, std::string(56, 'x'), true)) ++urgent;
  EXPECT_EQ(ordinary, 48U);
  EXPECT_EQ(urgent, 16U);
  EXPECT_FALSE(push(queue, "x"));
}

TEST(SpscQueue, never_takes_what_is_larger_than_itself) {
  SpscQueue queue(4096, 0);
  EXPECT_TRUE(queue.reserve(4096, true).empty());
  EXPECT_TRUE(push(queue, std::string(4088, 'x')));
}

// The slow twin: a list.
TEST(SpscQueue, agrees_with_a_list_over_random_sizes_and_drains) {
  SpscQueue queue(4096, 512);
  std::vector<std::string> twin;
  std::mt19937 random(5);
  for (int i = 0; i < 50'000; ++i) {
    const std::string text(random() % 700, static_cast<char>('a' + i % 26));
    if (push(queue, text, random() % 5 == 0)) twin.push_back(text);
    if (random() % 8 != 0) continue;
    EXPECT_EQ(drain(queue), twin);
    twin.clear();
  }
}

TEST(SpscQueue, loses_and_changes_nothing_between_two_threads) {
  constexpr std::uint32_t kRecords = 200'000;
  SpscQueue queue(8192, 1024);
  std::thread producer([&queue] {
    for (std::uint32_t n = 0; n < kRecords;) {
      const std::size_t bytes = 4 + n % 97;
      const std::span<char> place = queue.reserve(bytes, n % 3 == 0);
      if (place.empty()) {
        std::this_thread::yield();
        continue;
      }
      std::memset(place.data(), static_cast<int>(n % 251), bytes);
      std::memcpy(place.data(), &n, 4);
      queue.commit(bytes);
      ++n;
    }
  });
  std::uint32_t expected = 0;
  std::size_t wrong = 0;
  while (expected < kRecords) {
    const std::size_t drained = queue.drain([&](std::span<const char> record) {
      std::uint32_t n = 0;
      std::memcpy(&n, record.data(), 4);
      wrong += n != expected || record.size() != 4 + n % 97;
      for (const char byte : record.subspan(4)) {
        wrong += static_cast<unsigned char>(byte) != n % 251;
      }
      ++expected;
    });
    if (drained == 0) std::this_thread::yield();
  }
  producer.join();
  EXPECT_EQ(wrong, 0U);
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace gatehouse
