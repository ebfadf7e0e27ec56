// What is promised: lines add up to the total to the thousandth, whoever looks when; a family pays
// its most once a window; what is folded counts on; nothing leaks.
#include "behavior/ledger.h"

#include <cmath>
#include <random>

namespace gatehouse {
namespace {

constexpr std::int64_t kHour = 3'600'000'000;
constexpr std::int64_t kStart = 1'790'000'000'000'000;

struct LedgerTest : ::testing::Test {
  bool pay(std::uint64_t family, std::int32_t milli, std::int64_t at_us, bool is_trusted = true,
           std::int64_t window_us = kHour) {
    return Ledger::pay(pool, names, root,
                       {.detector = family,
                        .family = family,
                        .sequence = ++sequence,
                        .at_us = at_us,
                        .half_life_us = 6 * kHour,
                        .milli = milli,
                        .trusted_milli = is_trusted ? milli : 0,
                        .reason = names.add("reason " + std::to_string(family))},
                       window_us);
  }
  std::int64_t all(std::int64_t at_us) const { return Ledger::total(pool, root, at_us).all.value; }
  std::int64_t trusted(std::int64_t at_us) const {
    return Ledger::total(pool, root, at_us).trusted.value;
  }

  SlabPool pool;
  Names names{{}, pool, 1000};
  SlabPool::Handle root = 0;
  std::uint64_t sequence = 0;
};

TEST_F(LedgerTest, is_empty_without_contributions) {
  EXPECT_EQ(Ledger::total(pool, root, kStart), LedgerTotal{});
  EXPECT_EQ(Ledger::lines(pool, root, kStart).size, 0U);
}

TEST_F(LedgerTest, a_contribution_halves_with_its_half_life) {
  pay(1, 40'000, kStart);
  EXPECT_EQ(all(kStart), 40'000);
  EXPECT_EQ(all(kStart + 6 * kHour), 20'000);
  EXPECT_EQ(all(kStart + 12 * kHour), 10'000);
  EXPECT_EQ(all(kStart + 3 * kHour), 28'284);
  EXPECT_EQ(all(kStart - kHour), 40'000);
  EXPECT_EQ(all(kStart + 6 * 40 * kHour), 0);
}

// The slow twin: the definition in floating point; and lines add up to the total exactly.
TEST_F(LedgerTest, is_what_the_definition_says_and_lines_add_up_exactly) {
  std::mt19937 random(1);
  struct Paid {
    double milli;
    std::int64_t at_us;
  };
  std::vector<Paid> twin;
  std::int64_t now = kStart;
  for (std::uint64_t i = 1; i <= Ledger::kRowsMax; ++i) {
    now += static_cast<std::int64_t>(random() % 600) * 1'000'000;
    const auto milli = static_cast<std::int32_t>(1000 + random() % 30'000);
    ASSERT_TRUE(pay(i, milli, now));
    twin.push_back({static_cast<double>(milli), now});
    for (const std::int64_t later : {std::int64_t{0}, kHour / 3, 20 * kHour}) {
      std::vector<double> worths;
      for (const Paid& paid : twin) {
        const double age = static_cast<double>(now + later - paid.at_us);
        worths.push_back(paid.milli * std::exp2(-age / 6 / static_cast<double>(kHour)));
      }
      std::ranges::sort(worths, std::greater<>());
      double wanted = 0;
      for (std::size_t k = 0; k < worths.size(); ++k) {
        wanted += worths[k] * (k < 4 ? 1 : 4 / static_cast<double>(k + 1));
      }
      ASSERT_NEAR(static_cast<double>(all(now + later)), wanted,
                  2 * static_cast<double>(twin.size()));
      std::int64_t sum = 0;
      for (const Ledger::Line& line : Ledger::lines(pool, root, now + later).each()) {
        sum += line.now.value;
      }
      ASSERT_EQ(sum, all(now + later));
    }
  }
}

TEST_F(LedgerTest, a_family_pays_its_most_once_a_window) {
  EXPECT_TRUE(pay(1, 10'000, kStart));
  EXPECT_FALSE(pay(1, 9'000, kStart));
  EXPECT_TRUE(pay(1, 15'000, kStart + kHour / 2));
  EXPECT_EQ(all(kStart + kHour / 2), 15'000);
  EXPECT_EQ(Ledger::rows(pool, root)[0].times, 3U);
  EXPECT_TRUE(pay(1, 5'000, kStart + kHour));  // a new window, though the row was raised within
  EXPECT_EQ(Ledger::rows(pool, root).size(), 2U);
  EXPECT_EQ(names.size(), 1U);
  EXPECT_EQ(names.users(Ledger::rows(pool, root)[0].reason), 2U);
}

TEST_F(LedgerTest, what_is_not_trusted_raises_all_but_not_the_trusted_part) {
  pay(1, 30'000, kStart, true);
  pay(2, 50'000, kStart, false);
  EXPECT_EQ(all(kStart), 80'000);
  EXPECT_EQ(trusted(kStart), 30'000);
  pay(2, 20'000, kStart, true);  // less than the family's most, but trusted
  EXPECT_EQ(all(kStart), 80'000);
  EXPECT_EQ(trusted(kStart), 50'000);
}

TEST_F(LedgerTest, when_full_the_least_is_folded_and_counts_on) {
  for (std::uint64_t i = 1; i <= Ledger::kRowsMax + 10; ++i) {
    pay(i, static_cast<std::int32_t>(1000 * i), kStart);
  }
  const Ledger::Lines lines = Ledger::lines(pool, root, kStart);
  EXPECT_EQ(lines.size, Ledger::kRowsMax + 1);
  EXPECT_EQ(lines.each().back().row, nullptr);
  EXPECT_EQ(lines.each().back().now.value, 1000 * 55 * 4 / 65);
  EXPECT_EQ(lines.each().front().now.value, 74'000);
  std::int64_t sum = 0;
  for (const Ledger::Line& line : lines.each()) sum += line.now.value;
  EXPECT_EQ(sum, all(kStart));
  EXPECT_EQ(sum, trusted(kStart));
}

TEST_F(LedgerTest, what_is_worth_nothing_is_swept_and_nothing_leaks) {
  for (std::uint64_t i = 1; i <= Ledger::kRowsMax + 10; ++i) pay(i, 10, kStart);
  pay(1000, 1'000'000, kStart);
  Ledger::sweep(pool, names, root, kStart + 6 * 5 * kHour);
  EXPECT_EQ(Ledger::rows(pool, root).size(), 1U);
  EXPECT_EQ(names.size(), 1U);
  Ledger::sweep(pool, names, root, kStart + 6 * 60 * kHour);
  EXPECT_EQ(root, 0U);
  EXPECT_EQ(names.size(), 0U);
  pay(1, 10, kStart);
  Ledger::free(pool, names, root);
  EXPECT_EQ(names.size(), 0U);
}

}  // namespace
}  // namespace gatehouse
