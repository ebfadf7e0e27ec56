// What is promised: each window with events is learnt once, by its exact count; late events and
// empty windows are not.
#include "behavior/models/pace.h"

#include <map>
#include <random>

namespace gatehouse {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kStart = 1'790'000'000'000'000;

TEST(Buckets, every_count_is_in_the_bucket_whose_least_is_not_above_it) {
  for (std::uint32_t count = 1; count < 200'000; ++count) {
    const std::uint64_t bucket = bucket_of(count);
    ASSERT_LE(bucket_least(bucket), count);
    if (bucket + 1 < kBuckets) {
      ASSERT_GT(bucket_least(bucket + 1), count);
    }
  }
  EXPECT_EQ(bucket_of(0), 0U);
  EXPECT_EQ(bucket_of(UINT32_MAX), kBuckets - 1);
  EXPECT_EQ(bucket_least(kBuckets - 1), 65'536U);
}

// The slow twin: a map from window to count.
TEST(Pace, learns_every_window_with_its_exact_count) {
  for (const std::int64_t length : kPaceWindows) {
    PaceWindow window;
    std::map<std::int64_t, std::uint32_t> twin;
    std::vector<std::uint32_t> ended;
    std::vector<std::int64_t> ends;
    std::mt19937 random(1);
    std::int64_t now = kStart;
    const auto take = [&](const EndedWindow& one) {
      if (one.count == 0) return;
      ended.push_back(one.count);
      ends.push_back(one.end_us);
    };
    for (int i = 0; i < 5000; ++i) {
      now += static_cast<std::int64_t>(random() % (i % 100 == 0 ? 300 : 3)) * kSecond;
      ++twin[now / length];
      take(count_in(window, length, now));
    }
    take(end_window(window, length));
    take(end_window(window, length));
    ASSERT_EQ(ended.size(), twin.size());
    std::size_t i = 0;
    for (const auto& [number, count] : twin) {
      EXPECT_EQ(ended[i], count);
      EXPECT_EQ(ends[i++], (number + 1) * length);
    }
  }
}

TEST(Pace, what_comes_late_is_not_counted) {
  PaceWindow window;
  count_in(window, 10 * kSecond, kStart + 20 * kSecond);
  EXPECT_EQ(count_in(window, 10 * kSecond, kStart).count, 0U);
  EXPECT_EQ(window.count, 1U);
}

TEST(Pace, shows_how_many_windows_had_at_least_as_much) {
  SlabPool pool;
  const Decay decay(336 * 3600 * kSecond);
  Delta delta;
  for (const std::uint32_t count : {1U, 1U, 1U, 4U, 5U, 40U}) {
    ASSERT_TRUE(note_window(pool, delta, 2, {count, kStart}, decay));
  }
  EXPECT_TRUE(note_window(pool, delta, 2, {}, decay));
  SlabPool::Handle root = 0;
  apply(pool, root, kBucketShape, delta.rows(pool, 2), Lesson::learn);
  const SelfCounts counts(CountView(pool, root), {}, decay.at(kStart));
  const auto share = [&](std::uint32_t count) {
    const Evidence read = read_buckets(counts, bucket_of(count));
    return (read.count.q16 * 6 + read.total.q16 / 2) / read.total.q16;
  };
  EXPECT_EQ(share(1), 6);
  EXPECT_EQ(share(2), 3);
  EXPECT_EQ(share(5), 3);
  EXPECT_EQ(share(6), 1);
  EXPECT_EQ(share(100), 0);
  delta.clear(pool);
  free_counts(pool, root);
  EXPECT_EQ(pool.bytes_taken(), 0U);
}

}  // namespace
}  // namespace gatehouse
