// behavior/models/seen: which values somebody uses, and how often.
//
// Reads    one text of an event: a country, a route, a device.
// Learns   one event of the text's keyed hash, of which the low 64 bits are the value: two texts
//          share one with probability 2^-64.
// Facts    how often this one and any were seen, and how many different ones.
// Memory   16 bytes a value for the first 32, a sketch of 1.5 KiB for what is beyond; see
//          count_list.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/stable_hash.h"
#include "behavior/evidence.h"

namespace gatehouse {

inline constexpr CountShape kSeenShape{.exact_max = 32, .has_small_values = false};

std::uint64_t seen_value(const HashKey& key, std::string_view text);

// The base is one more than all values that are known, so read `all` for it.
Evidence read_seen(const CountSource& counts, std::uint64_t value);

}  // namespace gatehouse
