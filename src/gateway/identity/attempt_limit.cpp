#include "gateway/identity/attempt_limit.h"

#include <algorithm>

namespace gatehouse {

AttemptLimit::AttemptLimit(std::uint64_t count, std::chrono::milliseconds per)
    : each_(count == 0 ? Monotonic::duration{0}
                       : Monotonic::duration{per} / static_cast<std::int64_t>(count)),
      most_(each_ * static_cast<std::int64_t>(count)),
      sets_(count == 0 ? 0 : kSets) {}

std::optional<std::chrono::seconds> AttemptLimit::wait_for(const StableHash& address,
                                                           Monotonic now) const {
  if (sets_.empty()) return std::nullopt;
  for (const Way& way : set_of(address)) {
    if (way.address != address.high) continue;
    const Monotonic::duration over = way.full + each_ - now - most_;
    if (over <= Monotonic::duration{0}) return std::nullopt;
    return std::chrono::ceil<std::chrono::seconds>(over);
  }
  return std::nullopt;
}

void AttemptLimit::refused(const StableHash& address, Monotonic now) {
  if (sets_.empty()) return;
  Set& set = sets_[address.low % kSets];
  auto way = std::find_if(set.begin(), set.end(),
                          [&](const Way& one) { return one.address == address.high; });
  if (way == set.end()) {
    way = std::min_element(set.begin(), set.end(),
                           [](const Way& a, const Way& b) { return a.full < b.full; });
    *way = {address.high, now};
  }
  way->full = std::max(way->full, now) + each_;
}

void AttemptLimit::forgive(const StableHash& address) {
  if (sets_.empty()) return;
  for (Way& way : sets_[address.low % kSets]) {
    if (way.address == address.high) way.full -= each_;
  }
}

}  // namespace gatehouse
