// What is promised: counts are exact in the list and within their bound in the sketch; what was
// taken back was never there; equal contents have equal bytes.
#include "behavior/count_list.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <random>

#include "base/stable_hash.h"

namespace gatehouse {
namespace {

constexpr CountShape kSeen{.exact_max = 32};
constexpr CountShape kHours{.exact_max = 168, .has_small_values = true};

std::uint64_t hashed(std::uint64_t number) {
  return sip_hash_128({}, {reinterpret_cast<const char*>(&number), sizeof(number)}).low;
}

using Rows = std::vector<DeltaRow>;

// The slow twin: all units by value and period.
struct Twin {
  std::map<std::uint64_t, std::map<std::uint32_t, std::int64_t>> units;
  std::uint32_t newest = 0;

  void apply(const Rows& rows, std::int64_t sign) {
    for (const DeltaRow& row : rows) {
      newest = std::max(newest, row.period);
      units[row.value][row.period] += sign * row.units;
    }
  }
  DecayCell<std::int64_t> cell(std::uint64_t value) {
    return {units[value][newest], units[value][newest - 1]};
  }
  std::uint32_t distinct() {
    return static_cast<std::uint32_t>(std::ranges::count_if(
        units, [&](const auto& entry) { return !cell(entry.first).is_empty(); }));
  }
};

Rows rows(std::mt19937& random, std::uint32_t period, std::uint64_t values, bool hashes) {
  Rows some;
  const std::size_t count = 1 + random() % 6;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t value = random() % values;
    some.push_back({.value = hashes ? hashed(value) : value,
                    .units = static_cast<std::int64_t>(256 + random() % 65'000),
                    .period = period - static_cast<std::uint32_t>(random() % 2)});
  }
  return some;
}

struct CountListTest : ::testing::Test {
  void apply_to(SlabPool::Handle& at, const Rows& some, Lesson lesson = Lesson::learn) {
    apply(pool, at, shape, some, lesson);
  }
  CountView view(SlabPool::Handle at) { return {pool, at}; }
  // All that can be read, as bytes would be.
  std::string contents(SlabPool::Handle at) {
    const CountView counts = view(at);
    std::string text = std::to_string(count_list_bytes(pool, at)) + ": ";
    for (std::size_t i = 0; i < counts.listed(); ++i) {
      const auto entry = counts.listed(i);
      text += std::to_string(entry.value) + "=" + std::to_string(entry.cell.current) + "+" +
              std::to_string(entry.cell.previous) + " ";
    }
    for (std::uint64_t value = 0; value < 300; ++value) {
      text += std::to_string(counts.cell(hashed(value)).current) + " ";
    }
    return text + std::to_string(counts.distinct()) + " " + std::to_string(counts.total().current);
  }

  SlabPool pool;
  CountShape shape = kSeen;
  SlabPool::Handle root = 0;
};

TEST_F(CountListTest, is_exact_for_as_many_values_as_the_list_has_room_for) {
  for (const bool is_hours : {false, true}) {
    shape = is_hours ? kHours : kSeen;
    std::mt19937 random(1);
    Twin twin;
    SlabPool::Handle at = 0;
    const std::uint64_t values = is_hours ? 168 : 32;
    for (int step = 0; step < 4000; ++step) {
      const auto some =
          rows(random, 5 + static_cast<std::uint32_t>(step) / 1000, values, !is_hours);
      apply_to(at, some);
      twin.apply(some, 1);
      const std::uint64_t asked = is_hours ? random() % values : hashed(random() % values);
      ASSERT_EQ(view(at).cell(asked), twin.cell(asked));
      ASSERT_EQ(view(at).distinct(), twin.distinct());
    }
    EXPECT_TRUE(view(at).is_exact());
    DecayCell<std::int64_t> sum;
    for (const auto& [value, units] : twin.units) {
      const auto cell = twin.cell(value);
      sum = {sum.current + cell.current, sum.previous + cell.previous};
    }
    EXPECT_EQ(view(at).total(), sum);
    EXPECT_EQ(view(at).between(0, ~std::uint64_t{0}), sum);
  }
}

TEST_F(CountListTest, a_sketch_never_counts_too_few_and_rarely_much_too_many) {
  std::mt19937 random(2);
  Twin twin;
  for (int step = 0; step < 3000; ++step) {
    const auto some = rows(random, 5, step < 40 ? 32 : 250, true);
    apply_to(root, some);
    twin.apply(some, 1);
  }
  const CountView counts = view(root);
  EXPECT_FALSE(counts.is_exact());
  EXPECT_EQ(counts.listed(), 32U);
  std::int64_t in_sketch = counts.total().current;
  for (std::size_t i = 0; i < 32; ++i) {
    EXPECT_EQ(counts.listed(i).cell, twin.cell(counts.listed(i).value));
    in_sketch -= counts.listed(i).cell.current;
  }
  std::int64_t all = 0;
  int beyond = 0;
  for (const auto& [value, units] : twin.units) {
    const std::int64_t exact = twin.cell(value).current;
    all += exact;
    ASSERT_GE(counts.cell(value).current, exact);
    if (counts.cell(value).current > exact + in_sketch * 43 / 1000) ++beyond;
  }
  EXPECT_EQ(counts.total().current, all);
  EXPECT_LE(beyond, 250 * 5 / 100);
  EXPECT_NEAR(counts.distinct(), twin.distinct(), 0.35 * 218);
}

TEST_F(CountListTest, counts_the_values_in_a_sketch_within_three_standard_errors) {
  for (const std::uint64_t values : {40U, 64U, 96U, 160U}) {
    Rows all;
    for (std::uint64_t value = 0; value < values; ++value) {
      all.push_back({.value = hashed(7000 + value), .units = 256, .period = 1});
    }
    SlabPool::Handle at = 0;
    apply_to(at, all);
    EXPECT_NEAR(view(at).distinct(), static_cast<double>(values),
                0.33 * static_cast<double>(values - 32) + 2);
  }
  Rows many;
  for (std::uint64_t value = 0; value < 5000; ++value) {
    many.push_back({.value = hashed(value), .units = 256, .period = 1});
  }
  apply_to(root, many);
  EXPECT_EQ(view(root).distinct(), 32 + kSketchDistinctMax);
}

TEST_F(CountListTest, what_is_taken_back_was_never_there) {
  for (const std::uint64_t values : {20U, 200U}) {
    std::mt19937 random(3);
    SlabPool::Handle with = 0, without = 0;
    std::vector<Rows> doubted;
    // The list is full of the same values in both, or has room for all.
    for (int step = 0; step < 300; ++step) {
      const auto period = 7 + static_cast<std::uint32_t>(step) / 150;
      const auto some =
          rows(random, period, step < 100 ? std::min<std::uint64_t>(32, values) : values, true);
      apply_to(with, some);
      if (step > 100 && step % 3 == 0) {
        doubted.push_back(some);
      } else {
        apply_to(without, some);
      }
    }
    EXPECT_NE(contents(with), contents(without));
    for (const Rows& some : doubted) apply_to(with, some, Lesson::take_back);
    EXPECT_EQ(contents(with), contents(without)) << values;
  }
}

TEST_F(CountListTest, equal_contents_have_equal_bytes_and_nothing_takes_nothing) {
  std::mt19937 random(4);
  std::vector<Rows> all;
  for (int step = 0; step < 50; ++step) all.push_back(rows(random, 9, 30, true));
  SlabPool::Handle one = 0, other = 0;
  for (const Rows& some : all) apply_to(one, some);
  std::ranges::reverse(all);
  for (const Rows& some : all) apply_to(other, some);
  EXPECT_EQ(contents(one), contents(other));
  EXPECT_EQ(0, std::memcmp(pool.at(one), pool.at(other), count_list_bytes(pool, one)));
  for (const Rows& some : all) apply_to(one, some, Lesson::take_back);
  EXPECT_EQ(one, 0U);
  free_counts(pool, other);
  EXPECT_EQ(pool.bytes_taken(), 0U);
}

TEST_F(CountListTest, takes_8_16_or_24_bytes_a_value_as_the_counts_need) {
  const auto one = [](std::uint64_t value, std::int64_t units) {
    return Rows{{.value = value, .units = units, .period = 1}};
  };
  apply_to(root, one(7, (1 << 28) - 1));
  apply_to(root, one(9, 256));
  EXPECT_EQ(count_list_bytes(pool, root), 32U);  // 16 + 2 × 8
  apply_to(root, one(9, 1 << 28));
  EXPECT_EQ(count_list_bytes(pool, root), 48U);  // 16 + 2 × 16
  apply_to(root, one(9, std::int64_t{1} << 32));
  EXPECT_EQ(count_list_bytes(pool, root), 64U);  // 16 + 2 × 24
  EXPECT_EQ(view(root).cell(9).current, (std::int64_t{1} << 32) + (1 << 28) + 256);
  EXPECT_EQ(view(root).cell(7).current, (1 << 28) - 1);
  apply_to(root, one(9, std::int64_t{1} << 32), Lesson::take_back);
  EXPECT_EQ(count_list_bytes(pool, root), 48U);
}

TEST_F(CountListTest, a_sketch_grows_wide_and_goes_when_it_is_empty) {
  Rows all;
  for (std::uint64_t value = 0; value < 40; ++value) {
    all.push_back({.value = hashed(value), .units = 300, .period = 1});
  }
  apply_to(root, all);
  EXPECT_EQ(count_list_bytes(pool, root), 528U + 1552U);
  const Rows heavy{{.value = hashed(39), .units = std::int64_t{1} << 33, .period = 1}};
  apply_to(root, heavy);
  EXPECT_EQ(count_list_bytes(pool, root), 528U + 3088U);
  EXPECT_EQ(view(root).cell(hashed(39)).current, (std::int64_t{1} << 33) + 300);
  // Two periods later all of it is forgotten.
  apply_to(root, {{.value = hashed(1), .units = 256, .period = 3}});
  EXPECT_EQ(count_list_bytes(pool, root), 32U);
  EXPECT_EQ(view(root).distinct(), 1U);
  free_counts(pool, root);
  EXPECT_EQ(pool.bytes_taken(), 0U);
}

TEST_F(CountListTest, nothing_is_taken_below_nothing) {
  apply_to(root, {{.value = hashed(1), .units = 256, .period = 3}});
  apply_to(root, {{.value = hashed(1), .units = 999, .period = 3}}, Lesson::take_back);
  apply_to(root, {{.value = hashed(2), .units = 999, .period = 3}}, Lesson::take_back);
  EXPECT_EQ(root, 0U);
  EXPECT_EQ(view(root).cell(hashed(1)), (DecayCell<std::int64_t>{}));
  EXPECT_EQ(view(root).total(), (DecayCell<std::int64_t>{}));
  EXPECT_TRUE(view(root).is_exact());
}

}  // namespace
}  // namespace gatehouse
