// What is promised: of each key exactly as much passes as the rate and its burst say, however many
// threads ask; a key that has been made good has its whole burst again; where there is no room for
// a key, it passes and is counted.
#include "gateway/policies/rate_table.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "testing/manual_clock.h"

namespace gatehouse {
namespace {

using namespace std::chrono_literals;

struct RateTableTest : ::testing::Test {
  static StableHash key(std::uint64_t number) {
    return stable_hash({}, SubjectKind::user, std::to_string(number));
  }
  bool passes(RateTable& table, std::uint64_t number = 1) {
    return table.take(key(number), clock.monotonic()).admitted;
  }
  testing::ManualClock clock;
  Monotonic begin = clock.monotonic();
};

TEST_F(RateTableTest, the_burst_passes_at_once_and_not_one_more) {
  RateTable table({10, 1s, 3}, 100, begin);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(passes(table)) << i;
  const RateAnswer over = table.take(key(1), clock.monotonic());
  EXPECT_FALSE(over.admitted);
  EXPECT_EQ(over.left, 0U);
  EXPECT_EQ(over.wait, 100ms);
  EXPECT_EQ(over.reset, 300ms);
  EXPECT_TRUE(passes(table, 2)) << "another key has its own";
}

TEST_F(RateTableTest, opens_again_exactly_when_one_is_made_good) {
  RateTable table({10, 1s, 3}, 100, begin);
  while (passes(table)) {
  }
  clock.advance(100ms - 1ns);
  EXPECT_FALSE(passes(table));
  EXPECT_EQ(table.take(key(1), clock.monotonic()).wait, 1ns);
  clock.advance(1ns);
  EXPECT_TRUE(passes(table));
  EXPECT_FALSE(passes(table));
  clock.advance(300ms);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(passes(table)) << i;
  EXPECT_FALSE(passes(table));
}

TEST_F(RateTableTest, tells_how_many_are_left) {
  RateTable table({10, 1s, 3}, 100, begin);
  EXPECT_EQ(table.take(key(1), begin).left, 2U);
  EXPECT_EQ(table.take(key(1), begin).left, 1U);
  const RateAnswer last = table.take(key(1), begin);
  EXPECT_EQ(last.left, 0U);
  EXPECT_EQ(last.wait, 100ms);
  EXPECT_EQ(table.take(key(1), begin + 150ms).left, 0U);
  EXPECT_EQ(table.take(key(1), begin + 1s).left, 2U) << "unused time adds no more than the burst";
}

TEST_F(RateTableTest, a_burst_of_one_spaces_requests_evenly) {
  RateTable table({4, 1s, 1}, 100, begin);
  EXPECT_TRUE(passes(table));
  EXPECT_FALSE(passes(table));
  clock.advance(249ms);
  EXPECT_FALSE(passes(table));
  clock.advance(1ms);
  EXPECT_TRUE(passes(table));
}

// The slow twin counts in whole numbers: at the time t, since the first request at 0, at most
// burst + floor(t × count / per) have passed, all while more is asked for than the rate.
TEST_F(RateTableTest, stays_within_one_of_the_exact_count_over_a_long_time) {
  for (const RateRule& rule : {RateRule{7, 1min, 5}, RateRule{3, 1s, 3}, RateRule{977, 1s, 10}}) {
    RateTable table(rule, 100, clock.monotonic());
    const Monotonic first = clock.monotonic();
    const auto step = rule.per / static_cast<std::int64_t>(rule.count) / 3;
    std::uint64_t passed = 0;
    for (int i = 0; i < 300'000; ++i) {
      passed += passes(table) ? 1 : 0;
      const auto ns = static_cast<std::uint64_t>((clock.monotonic() - first) / 1ns);
      const auto exact =
          rule.burst + static_cast<std::uint64_t>(ns * rule.count /
                                                  static_cast<std::uint64_t>(rule.per.count()));
      if (i >= 100) {
        ASSERT_LE(passed, exact);
        ASSERT_GE(passed + 1, exact) << "after " << i << " of " << rule.count;
      }
      clock.advance(step);
    }
  }
}

TEST_F(RateTableTest, many_threads_on_one_key_pass_exactly_the_burst) {
  for (int round = 0; round < 20; ++round) {
    RateTable table({1, 1h, 500}, 100, begin);
    std::atomic<int> passed{0};
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        int own = 0;
        for (int i = 0; i < 400; ++i) own += table.take(key(1), begin + 1s).admitted ? 1 : 0;
        passed += own;
      });
    }
    threads.clear();
    EXPECT_EQ(passed, 500);
  }
}

// Keys come, are made good and lose their slots to others while their owners still ask.
TEST_F(RateTableTest, many_threads_and_many_keys_in_few_slots_pass_no_more_than_the_rate) {
  constexpr std::uint64_t kKeys = 12;  // one set has room for all
  RateTable table({1'000'000, 1s, 2}, 1, begin);
  std::array<std::atomic<std::uint64_t>, kKeys> passed{};
  std::atomic<std::int64_t> ns{0};
  constexpr std::int64_t kEnd = 40'000'000;
  std::vector<std::jthread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = t;; ++i) {
        const std::int64_t now = ns.fetch_add(250) + 250;
        if (now >= kEnd) return;
        const std::uint64_t number = i % kKeys;
        if (table.take(key(number), begin + std::chrono::nanoseconds{now}).admitted) {
          ++passed[number];
        }
      }
    });
  }
  threads.clear();
  EXPECT_EQ(table.full(), 0U);
  for (const auto& one : passed) {
    EXPECT_GT(one, 100U);
    EXPECT_LE(one, static_cast<std::uint64_t>(kEnd / 1000) + 2);
  }
}

TEST_F(RateTableTest, a_key_that_finds_no_room_passes_and_is_counted) {
  RateTable table({1, 1h, 1}, 1, begin);
  std::uint64_t known = 0;
  while (table.take(key(known), begin).known) ASSERT_LE(++known, RateTable::kWays);
  EXPECT_EQ(known, RateTable::kWays);
  EXPECT_TRUE(passes(table, known));
  EXPECT_TRUE(passes(table, known));
  EXPECT_EQ(table.full(), 3U);
  EXPECT_FALSE(passes(table, 0)) << "who has a slot keeps it";
}

TEST_F(RateTableTest, a_slot_that_is_made_good_goes_to_another_key) {
  RateTable table({1, 1h, 1}, 1, begin);
  for (std::uint64_t i = 0; i < RateTable::kWays; ++i) EXPECT_TRUE(passes(table, i));
  clock.advance(1h - 1ns);
  EXPECT_FALSE(table.take(key(99), clock.monotonic()).known);
  clock.advance(1ns);
  EXPECT_TRUE(table.take(key(99), clock.monotonic()).known);
  EXPECT_FALSE(passes(table, 99));
}

TEST_F(RateTableTest, tables_are_found_again_while_somebody_holds_them) {
  RateTables tables(clock);
  {
    const RateTables::Hold one = tables.open("a", {1, 1h, 1}, 100);
    EXPECT_TRUE(passes(*one.get()));
    const RateTables::Hold two = tables.open("a", {1, 1h, 1}, 100);
    EXPECT_EQ(one.get(), two.get());
    EXPECT_FALSE(passes(*two.get()));
    EXPECT_NE(tables.open("b", {1, 1h, 1}, 100).get(), one.get());
    EXPECT_EQ(tables.size(), 1U);
  }
  EXPECT_EQ(tables.size(), 0U);
}

}  // namespace
}  // namespace gatehouse
