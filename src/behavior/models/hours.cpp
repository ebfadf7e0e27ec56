#include "behavior/models/hours.h"

#include <algorithm>

namespace gatehouse {
namespace {

constexpr std::int64_t kHourUs = 3'600'000'000;
constexpr std::int64_t kThursday = 3 * 24;  // 1970 began on one
constexpr std::uint64_t kHoursOfDay = 24;
constexpr std::uint64_t kWorkdays = 5;
constexpr std::uint64_t kDays = 7;

Weight at_hour(const CountSource& counts, std::uint64_t hour) {
  return counts.count(hour % kHoursOfWeek);
}

// Four times the smoothed count: 1, 2, 1 over the hour and its neighbours.
std::int64_t around(const CountSource& counts, std::uint64_t hour) {
  return at_hour(counts, hour + kHoursOfWeek - 1).q16 + 2 * at_hour(counts, hour).q16 +
         at_hour(counts, hour + 1).q16;
}

}  // namespace

std::uint64_t hour_of_week(std::int64_t at_us) {
  const std::int64_t hours = std::max<std::int64_t>(at_us, 0) / kHourUs;
  return static_cast<std::uint64_t>(hours + kThursday) % kHoursOfWeek;
}

bool note_hour(SlabPool& pool, Delta& delta, FeatureId feature, std::int64_t at_us,
               const DecayMoment& when) {
  const std::uint64_t hour = hour_of_week(at_us);
  for (const DeltaRow& row : delta.rows(pool, feature)) {
    if (row.value == hour && row.period == when.period) return true;
  }
  return delta.add(pool, feature, hour, when);
}

Evidence read_hours(const CountSource& counts, std::uint64_t hour) {
  const std::uint64_t day = hour / kHoursOfDay;
  const bool is_workday = day < kWorkdays;
  const std::uint64_t first = is_workday ? 0 : kWorkdays;
  const std::uint64_t end = is_workday ? kWorkdays : kDays;
  std::int64_t of_days = 0;
  for (std::uint64_t each = first; each < end; ++each) {
    of_days += around(counts, each * kHoursOfDay + hour % kHoursOfDay);
  }
  const std::int64_t days = of_days / static_cast<std::int64_t>(end - first);
  return {.count = {(3 * around(counts, hour) + days) / 16},
          .total = counts.total(),
          .distinct = 0,
          .base = Share::of(1, kHoursOfWeek)};
}

}  // namespace gatehouse
