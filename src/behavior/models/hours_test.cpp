// What is promised: hours are counted once a session, neighbours and like days lend a share, and
// all shares together are one.
#include "behavior/models/hours.h"

#include <random>

namespace gatehouse {
namespace {

constexpr std::int64_t kHour = 3'600'000'000;
constexpr std::int64_t kMonday = 1'789'948'800'000'000;  // Monday, 21 September 2026, 00:00

struct HoursTest : ::testing::Test {
  void learn(std::int64_t at_us) {
    Delta delta;
    note_hour(pool, delta, 1, at_us, decay.at(at_us));
    apply(pool, root, kHoursShape, delta.rows(pool, 1), Lesson::learn);
    delta.clear(pool);
  }
  // Of all hours as they weigh a week later.
  Evidence read(std::int64_t at_us) {
    const DecayMoment later = decay.at(kMonday + 168 * kHour);
    return read_hours(SelfCounts(CountView(pool, root), {}, later), hour_of_week(at_us));
  }

  SlabPool pool;
  Decay decay{28 * 24 * kHour};
  SlabPool::Handle root = 0;
};

TEST_F(HoursTest, the_week_begins_on_monday_at_midnight) {
  EXPECT_EQ(hour_of_week(kMonday), 0U);
  EXPECT_EQ(hour_of_week(kMonday - 1), 167U);
  EXPECT_EQ(hour_of_week(kMonday + 25 * kHour), 25U);
  EXPECT_EQ(hour_of_week(0), 72U);  // a Thursday
  EXPECT_EQ(hour_of_week(-5), 72U);
}

TEST_F(HoursTest, an_hour_counts_once_a_session) {
  Delta delta;
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(note_hour(pool, delta, 1, kMonday + i * kHour / 25, decay.at(kMonday)));
  }
  const auto rows = delta.rows(pool, 1);
  ASSERT_EQ(rows.size(), 2U);
  for (const DeltaRow& row : rows) EXPECT_EQ(row.units, decay.at(kMonday).units);
}

TEST_F(HoursTest, neighbours_and_like_days_lend_a_share) {
  for (int day = 0; day < 4; ++day) learn(kMonday + (24 * day + 19) * kHour);  // Mon-Thu 19 h
  const std::int64_t friday = kMonday + 24 * 4 * kHour;
  const std::int64_t saturday = friday + 24 * kHour;
  const auto at = [&](std::int64_t day, int hour) { return read(day + hour * kHour).count; };
  EXPECT_GT(at(kMonday, 19), at(kMonday, 20));
  EXPECT_EQ(at(kMonday, 18), at(kMonday, 20));
  EXPECT_GT(at(friday, 19), Weight{});
  EXPECT_GT(at(kMonday, 19), at(friday, 19));
  EXPECT_EQ(at(friday, 3), Weight{});
  EXPECT_EQ(at(saturday, 19), Weight{});
}

// The slow twin: the definition, on exact counts; and nothing is lost by smoothing.
TEST_F(HoursTest, is_what_the_definition_says_and_shares_add_up_to_the_whole) {
  std::mt19937 random(1);
  std::vector<std::int64_t> exact(168);
  const DecayMoment moment = decay.at(kMonday);
  SlabPool::Handle at = 0;
  std::vector<DeltaRow> rows;
  for (std::uint64_t hour = 0; hour < 168; ++hour) {
    exact[hour] = static_cast<std::int64_t>(random() % 50);
    rows.push_back({.value = hour,
                    .units = exact[hour] * moment.units,
                    .period = moment.period,
                    .feature = 1});
  }
  apply(pool, at, kHoursShape, rows, Lesson::learn);
  const SelfCounts counts(CountView(pool, at), {}, moment);
  double sum = 0;
  for (int hour = 0; hour < 168; ++hour) {
    const auto kernel = [&](int h) {
      const auto of = [&](int x) {
        return static_cast<double>(exact[static_cast<std::size_t>((x + 168) % 168)]);
      };
      return (of(h - 1) + 2 * of(h) + of(h + 1)) / 4;
    };
    const bool is_workday = hour < 120;
    double days = 0;
    for (int day = is_workday ? 0 : 5; day < (is_workday ? 5 : 7); ++day) {
      days += kernel(day * 24 + hour % 24) / (is_workday ? 5 : 2);
    }
    const double wanted = 0.75 * kernel(hour) + 0.25 * days;
    const Evidence read = read_hours(counts, static_cast<std::uint64_t>(hour));
    const double got = static_cast<double>(read.count.q16) / 65536;
    ASSERT_NEAR(got, wanted, 0.001 + wanted / 512) << hour;  // decay's error
    sum += got;
  }
  EXPECT_NEAR(sum, static_cast<double>(read_hours(counts, 0).total.q16) / 65536, 0.05);
  EXPECT_LE(count_list_bytes(pool, at), 1552U);
}

}  // namespace
}  // namespace gatehouse
