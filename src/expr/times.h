// expr/times: durations and timestamps: read, printed, added, taken apart.
//
// Zones    UTC, or a fixed offset such as "+08:00"; names of places need a database that the gate
//          doesn't carry, and are not_convertible.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "expr/ast.h"
#include "expr/value.h"

namespace gatehouse {

using TimeText = std::array<char, 40>;

// "1h30m", "-1.5s", "250ms", "0": a sign, then numbers with h, m, s, ms, us or ns.
Value read_duration(std::string_view text);
// RFC 3339: "2026-03-01T12:00:00.5+01:00".
Value parse_timestamp(std::string_view text);
// Seconds since 1970; an overflow outside the years 1 to 9999.
Value timestamp_of(std::int64_t seconds);

std::string_view print_duration(std::int64_t nanoseconds, TimeText& to);  // "5400s", "-1.5s"
std::string_view print_timestamp(const Value& timestamp, TimeText& to);   // in UTC

// Durations and timestamps alone; other kinds have no such overload.
Value add_times(const Value& one, const Value& other);
Value subtract_times(const Value& one, const Value& other);

// getHours() and its like, of a timestamp in a zone or of a duration.
Value time_field(Op op, const Value& time);
Value time_field(Op op, const Value& time, std::string_view zone);

}  // namespace gatehouse
