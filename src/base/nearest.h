// base/nearest: the known word that a mistyped one most resembles, for "did you mean".
//
// Distance is counted in edits: insert, delete, replace, or swap of neighbours. A word further off
// than a third of its length (at least one edit, and at most three) is not offered.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace gatehouse {

inline constexpr std::size_t kNearestBytesMax = 64;  // longer words are compared with nothing

std::size_t edit_distance(std::string_view one, std::string_view other);

// The nearest of `known`, the first of equals; empty when none is near enough.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

}  // namespace gatehouse
