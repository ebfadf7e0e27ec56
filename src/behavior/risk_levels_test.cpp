// What is promised: a level is entered and left at its own thresholds, immature points watch at
// most, and the crossing that is foretold is the one that comes.
#include "behavior/risk_levels.h"

namespace gatehouse {
namespace {

constexpr std::int64_t kHour = 3'600'000'000;
constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kStart = 1'790'000'000'000'000;
using enum VerdictLevel;

RiskLevel level(RiskLevel standing, std::int64_t all, std::int64_t trusted) {
  return risk_level(standing, {{all * 1000}, {trusted * 1000}}, {});
}

TEST(RiskLevels, are_entered_at_one_number_and_left_below_another) {
  EXPECT_EQ(level({}, 39, 39), RiskLevel{});
  EXPECT_EQ(level({}, 40, 40), watch);
  EXPECT_EQ(level(watch, 25, 25), watch);
  EXPECT_EQ(level(watch, 24, 24), RiskLevel{});
  EXPECT_EQ(level({}, 60, 60), slow);
  EXPECT_EQ(level(watch, 59, 59), watch);
  EXPECT_EQ(level({}, 110, 110), block);
  EXPECT_EQ(level(block, 60, 60), block);
  EXPECT_EQ(level(block, 59, 59), challenge);
  EXPECT_EQ(level(block, 49, 49), slow);
  EXPECT_EQ(level(block, 30, 30), watch);
  EXPECT_EQ(level(block, 20, 20), RiskLevel{});
}

TEST(RiskLevels, points_that_are_not_trusted_watch_at_most) {
  EXPECT_EQ(level({}, 500, 0), watch);
  EXPECT_EQ(level({}, 500, 70), slow);
}

TEST(RiskLevels, a_trap_is_used_only_if_it_is_asked_for) {
  RiskThresholds thresholds;
  thresholds.trap = {{90'000}, {70'000}};
  EXPECT_EQ(risk_level({}, {{95'000}, {95'000}}, {}), challenge);
  EXPECT_EQ(risk_level({}, {{95'000}, {95'000}}, thresholds), trap);
}

TEST(RiskLevels, the_crossing_that_is_foretold_comes) {
  SlabPool pool;
  Names names({}, pool, 10);
  SlabPool::Handle root = 0;
  for (std::uint64_t family = 1; family <= 3; ++family) {
    Ledger::pay(pool, names, root,
                {.family = family,
                 .at_us = kStart,
                 .half_life_us = 2 * kHour,
                 .milli = 40'000,
                 .trusted_milli = 40'000},
                kHour);
  }
  RiskLevel standing = block;
  std::int64_t now = kStart;
  std::string path;
  while (standing) {
    const std::int64_t then = risk_crossing(pool, root, *standing, {}, now);
    ASSERT_GT(then, now);
    EXPECT_EQ(risk_level(standing, Ledger::total(pool, root, then - kSecond), {}), standing);
    standing = risk_level(standing, Ledger::total(pool, root, then), {});
    path += std::to_string((then - kStart) / kSecond) + (standing ? " " : "");
    now = then;
  }
  // 120 points that halve in 7,200 s: below 60 after it, below 50, 40, 25 after log2(120 / x) of
  // it.
  EXPECT_EQ(path, "7201 9094 11412 16294");
}

TEST(RiskLevels, a_fuse_is_never_longer_than_a_day) {
  SlabPool pool;
  Names names({}, pool, 10);
  SlabPool::Handle root = 0;
  Ledger::pay(pool, names, root, {.at_us = kStart, .half_life_us = 1000 * kHour, .milli = 50'000},
              kHour);
  EXPECT_EQ(risk_crossing(pool, root, watch, {}, kStart), kStart + kFuseUsMax);
}

}  // namespace
}  // namespace gatehouse
