// What is promised: a delta adds up rows in a fixed order, whatever order they came in, and says
// what it had no room for.
#include "behavior/delta.h"

#include <map>
#include <random>
#include <tuple>

namespace gatehouse {
namespace {

TEST(Delta, does_what_a_map_does_until_it_is_full) {
  SlabPool pool;
  Delta delta;
  std::map<std::tuple<FeatureId, std::uint64_t, std::uint32_t>, std::int64_t> twin;
  std::uint32_t left_out = 0;
  std::mt19937 random(3);
  for (int i = 0; i < 5000; ++i) {
    const auto feature = static_cast<FeatureId>(random() % 4);
    const std::uint64_t value = random() % (i < 1000 ? 20 : 60);
    const DecayMoment when{.period = static_cast<std::uint32_t>(5 + random() % 2),
                           .units = static_cast<std::uint32_t>(256 + random() % 1000)};
    const bool fits = twin.contains({feature, value, when.period}) || twin.size() < kDeltaRowsMax;
    ASSERT_EQ(delta.add(pool, feature, value, when), fits);
    if (fits) twin[{feature, value, when.period}] += when.units;
    if (!fits) ++left_out;
  }
  EXPECT_GT(left_out, 0U);
  EXPECT_EQ(delta.overflow(), left_out);
  std::vector<DeltaRow> expected;
  for (const auto& [place, units] : twin) {
    expected.push_back({.value = std::get<1>(place),
                        .units = units,
                        .period = std::get<2>(place),
                        .feature = std::get<0>(place)});
  }
  const auto rows = delta.rows(pool);
  EXPECT_EQ(std::vector(rows.begin(), rows.end()), expected);
  std::size_t of_features = 0;
  for (FeatureId feature = 0; feature < 5; ++feature) {
    for (const DeltaRow& row : delta.rows(pool, feature)) EXPECT_EQ(row.feature, feature);
    of_features += delta.rows(pool, feature).size();
  }
  EXPECT_EQ(of_features, expected.size());
  delta.clear(pool);
  EXPECT_EQ(pool.bytes_taken(), 0U);
  EXPECT_TRUE(delta.rows(pool).empty());
}

}  // namespace
}  // namespace gatehouse
