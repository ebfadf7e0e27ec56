// behavior/models/hours: at which hours of the week somebody is active.
//
// Reads    the event's time, in UTC; hour 0 is Monday 00:00 to 01:00.
// Learns   that a session touched the hour, once however many events it had there.
// Facts    the hour's share, smoothed: three quarters from the hour and its neighbours (1, 2, 1),
//          one quarter from the same three hours of all workdays, or of the weekend's days. So a
//          first Tuesday evening is not new to one who works every other evening.
// Memory   8 bytes an hour that was ever used: 16 to 1,360 bytes, no sketch.
#pragma once

#include <cstdint>

#include "behavior/evidence.h"

namespace gatehouse {

inline constexpr std::uint64_t kHoursOfWeek = 168;
inline constexpr CountShape kHoursShape{.exact_max = kHoursOfWeek, .has_small_values = true};

std::uint64_t hour_of_week(std::int64_t at_us);

// Once a session and hour; false when the delta is full.
bool note_hour(SlabPool& pool, Delta& delta, FeatureId feature, std::int64_t at_us,
               const DecayMoment& when);

Evidence read_hours(const CountSource& counts, std::uint64_t hour);

}  // namespace gatehouse
