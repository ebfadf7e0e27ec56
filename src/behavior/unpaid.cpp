#include "behavior/unpaid.h"

#include <algorithm>
#include <span>

namespace gatehouse {

// Both are keyed hashes already.
std::size_t UnpaidFindings::first_of(const StableHash& entity, std::uint64_t detector) {
  return (entity.high ^ detector) % (kRowsMax / kWays) * kWays;
}

void UnpaidFindings::note(const StableHash& entity, std::uint64_t detector, std::uint64_t sequence,
                          std::int64_t at_us, UnpaidWhy why) {
  if (rows_.empty()) rows_.resize(kRowsMax);
  const auto ways = std::span(rows_).subspan(first_of(entity, detector), kWays);
  auto row = std::ranges::find_if(ways, [&](const Unpaid& one) {
    return one.sequence != 0 && one.entity == entity && one.detector == detector;
  });
  if (row == ways.end()) {
    row = std::ranges::min_element(ways, {}, &Unpaid::sequence);
    if (row->sequence != 0) ++pushed_out_;
    *row = {};
  }
  const std::uint32_t times = row->why == why ? row->times : 0;
  *row = {entity, detector, sequence, at_us, times == UINT32_MAX ? times : times + 1, why};
}

std::optional<Unpaid> UnpaidFindings::find(const StableHash& entity, std::uint64_t detector) const {
  if (rows_.empty()) return std::nullopt;
  const auto ways = std::span(rows_).subspan(first_of(entity, detector), kWays);
  for (const Unpaid& one : ways) {
    if (one.sequence != 0 && one.entity == entity && one.detector == detector) return one;
  }
  return std::nullopt;
}

void UnpaidFindings::forget(const StableHash& entity) {
  for (Unpaid& one : rows_) {
    if (one.entity == entity) one = {};
  }
}

}  // namespace gatehouse
