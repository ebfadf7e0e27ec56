// What is promised: a table shows what was committed before the last closed epoch, exactly while it
// has room, within its bound beyond, the same whoever committed first.
#include "behavior/count_table.h"

#include <algorithm>
#include <map>
#include <random>

namespace gatehouse {
namespace {

using Cell = DecayCell<std::int64_t>;
using Rows = std::vector<DeltaRow>;

Rows random_rows(std::mt19937& random, std::uint64_t values, std::uint32_t period, int count) {
  Rows rows;
  for (int i = 0; i < count; ++i) {
    rows.push_back({.value = random() % values,
                    .units = static_cast<std::int64_t>(256 + random() % 10'000),
                    .period = period - static_cast<std::uint32_t>(random() % 2)});
  }
  return rows;
}

// The slow twin.
struct Twin {
  std::map<std::uint64_t, std::map<std::uint32_t, std::int64_t>> units;
  void add(const Rows& rows, std::int64_t sign = 1) {
    for (const DeltaRow& row : rows) units[row.value][row.period] += sign * row.units;
  }
  Cell cell(std::uint64_t value, std::uint32_t period) {
    return {units[value][period], units[value][period - 1]};
  }
};

TEST(CountTable, shows_nothing_of_the_epoch_that_is_open) {
  CountTable table(100);
  const Rows rows{{.value = 7, .units = 256, .period = 1}};
  table.add(rows, Lesson::learn);
  EXPECT_EQ(table.cell(7), Cell{});
  EXPECT_EQ(table.total(), Cell{});
  EXPECT_TRUE(table.has_waiting());
  table.close_epoch();
  EXPECT_EQ(table.cell(7), (Cell{256, 0}));
  EXPECT_EQ(table.distinct(), 1U);
  EXPECT_FALSE(table.has_waiting());
}

TEST(CountTable, is_exact_while_it_has_room) {
  CountTable table(1000);
  Twin twin;
  std::mt19937 random(1);
  std::vector<Rows> learnt;
  for (std::uint32_t epoch = 0; epoch < 300; ++epoch) {
    learnt.push_back(random_rows(random, 900, 3 + epoch / 100, 50));
    table.add(learnt.back(), Lesson::learn);
    twin.add(learnt.back());
    if (epoch % 4 == 3) {
      table.add(learnt[epoch - 2], Lesson::take_back);
      twin.add(learnt[epoch - 2], -1);
    }
    table.close_epoch();
    Cell sum;
    std::uint32_t distinct = 0;
    for (std::uint64_t value = 0; value < 900; ++value) {
      const Cell exact = twin.cell(value, table.period());
      ASSERT_EQ(table.cell(value), exact) << value;
      if (!exact.is_empty()) ++distinct;
      sum = {sum.current + exact.current, sum.previous + exact.previous};
    }
    ASSERT_EQ(table.total(), sum);
    ASSERT_EQ(table.between(0, 899), sum);
    ASSERT_EQ(table.distinct(), distinct);
  }
  EXPECT_TRUE(table.is_exact());
}

TEST(CountTable, beyond_its_room_never_counts_too_few_and_rarely_much_too_many) {
  CountTable table(200);
  Twin twin;
  std::mt19937 random(2);
  for (int epoch = 0; epoch < 50; ++epoch) {
    const Rows rows = random_rows(random, 2000, 3, 400);
    table.add(rows, Lesson::learn);
    twin.add(rows);
    table.close_epoch();
  }
  EXPECT_FALSE(table.is_exact());
  int beyond = 0;
  Cell sum;
  for (std::uint64_t value = 0; value < 2000; ++value) {
    const Cell exact = twin.cell(value, 3);
    ASSERT_GE(table.cell(value).current, exact.current);
    if (table.cell(value).current > exact.current + table.total().current * 27 / 10'000) ++beyond;
    sum = {sum.current + exact.current, sum.previous + exact.previous};
  }
  EXPECT_EQ(table.total(), sum);
  EXPECT_LE(beyond, 1800 * 2 / 100);
  EXPECT_NEAR(table.distinct(), 2000, 150);
}

TEST(CountTable, who_committed_first_makes_no_difference) {
  std::mt19937 random(3);
  std::vector<Rows> all;
  for (int i = 0; i < 100; ++i) all.push_back(random_rows(random, 500, 3, 20));
  CountTable one(150), other(150);
  for (const Rows& rows : all) one.add(rows, Lesson::learn);
  std::ranges::reverse(all);
  for (const Rows& rows : all) other.add(rows, Lesson::learn);
  one.close_epoch(), other.close_epoch();
  for (std::uint64_t value = 0; value < 500; ++value) {
    ASSERT_EQ(one.cell(value), other.cell(value));
  }
  EXPECT_EQ(one.distinct(), other.distinct());
}

TEST(CountTable, takes_rows_in_early_when_too_many_wait_and_says_so) {
  CountTable table(10);
  Rows rows;
  for (std::uint64_t value = 0; value < 1000; ++value) {
    rows.push_back({.value = value % 5, .units = 256, .period = 1});
  }
  for (int i = 0; i < 100; ++i) table.add(rows, Lesson::learn);
  EXPECT_EQ(table.early(), 0U);  // adding them up was enough
  EXPECT_EQ(table.total(), Cell{});
  table.close_epoch();
  EXPECT_EQ(table.total().current, 100 * 1000 * 256);
  for (std::uint64_t value = 0; value < CountTable::kWaitingMax; ++value) {
    table.add(Rows{{.value = value, .units = 256, .period = 1}}, Lesson::learn);
  }
  EXPECT_EQ(table.early(), CountTable::kWaitingMax);
  EXPECT_EQ(table.total().current, (100 * 1000 + 65'536) * 256);
}

TEST(CountTable, forgets_and_gets_its_room_back) {
  CountTable table(10);
  std::mt19937 random(4);
  table.add(random_rows(random, 100, 3, 500), Lesson::learn);
  table.close_epoch();
  EXPECT_FALSE(table.is_exact());
  table.add(Rows{{.value = 500, .units = 256, .period = 9}}, Lesson::learn);
  table.close_epoch();
  EXPECT_TRUE(table.is_exact());
  EXPECT_EQ(table.distinct(), 1U);
  EXPECT_EQ(table.total(), (Cell{256, 0}));
}

}  // namespace
}  // namespace gatehouse
