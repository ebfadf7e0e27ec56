// What is promised: the number of different values is exact up to 32 and within its error beyond,
// whatever their order and however often each comes.
#include "behavior/models/distinct.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "base/stable_hash.h"

namespace gatehouse {
namespace {

constexpr std::int64_t kWindow = 600'000'000;

std::uint64_t hashed(std::uint64_t number) {
  return sip_hash_128({}, {reinterpret_cast<const char*>(&number), sizeof(number)}).low;
}

TEST(Distinct, is_exact_up_to_32_values) {
  SlabPool pool;
  std::mt19937 random(1);
  DistinctWindow window;
  std::set<std::uint64_t> twin;
  for (int i = 0; i < 3000; ++i) {
    const std::uint64_t value = hashed(random() % kDistinctExactMax);
    add_distinct(pool, window, kWindow, 1, value);
    twin.insert(value);
    ASSERT_EQ(distinct_in(pool, window), twin.size());
  }
  EXPECT_FALSE(window.is_sketch);
  EXPECT_LE(pool.bytes_taken(), 272U);
  EXPECT_EQ(end_distinct(pool, window, kWindow).count, kDistinctExactMax);
  EXPECT_EQ(pool.bytes_taken(), 0U);
}

// Against the exact number, over many sets of each size: the mean error and the worst.
TEST(Distinct, is_within_its_error_beyond) {
  SlabPool pool;
  for (const std::uint64_t values : {33U, 100U, 500U, 700U, 1000U, 5000U, 100'000U}) {
    double squares = 0, sum = 0;
    const int sets = values > 10'000 ? 30 : 200;
    for (int set = 0; set < sets; ++set) {
      DistinctWindow window;
      for (std::uint64_t i = 0; i < values; ++i) {
        add_distinct(pool, window, kWindow, 1,
                     hashed(static_cast<std::uint64_t>(set) * 1'000'000 + i));
      }
      const double off = distinct_in(pool, window) / static_cast<double>(values) - 1;
      squares += off * off;
      sum += off;
      end_distinct(pool, window, kWindow);
    }
    EXPECT_LT(std::sqrt(squares / sets), 0.085) << values;
    EXPECT_LT(std::fabs(sum / sets), 0.025) << values;
  }
}

TEST(Distinct, order_and_repetition_make_no_difference) {
  SlabPool pool;
  std::vector<std::uint64_t> values;
  for (std::uint64_t i = 0; i < 400; ++i) values.push_back(hashed(i % 300));
  DistinctWindow one, other;
  for (const std::uint64_t value : values) add_distinct(pool, one, kWindow, 1, value);
  std::ranges::reverse(values);
  for (const std::uint64_t value : values) add_distinct(pool, other, kWindow, 1, value);
  EXPECT_EQ(distinct_in(pool, one), distinct_in(pool, other));
}

TEST(Distinct, a_window_ends_with_its_number_and_late_values_enter_none) {
  SlabPool pool;
  DistinctWindow window;
  EXPECT_EQ(add_distinct(pool, window, kWindow, 3 * kWindow, 1).count, 0U);
  add_distinct(pool, window, kWindow, 3 * kWindow + 1, 2);
  add_distinct(pool, window, kWindow, 2 * kWindow, 3);
  const EndedWindow ended = add_distinct(pool, window, kWindow, 9 * kWindow, 1);
  EXPECT_EQ(ended.count, 2U);
  EXPECT_EQ(ended.end_us, 4 * kWindow);
  EXPECT_EQ(distinct_in(pool, window), 1U);
}

}  // namespace
}  // namespace gatehouse
