// behavior/risk_levels: from points to a level: where it is entered, where it is left, and when.
//
// Place    scorer asks after every contribution and when a crossing is due. Pure functions.
// Levels   `watch` reads all points, stricter ones the trusted points alone (see ledger). A level
//          is entered at `enter` and left below `leave`, to the highest one that still holds; in
//          between it stays what it was.
// Fuse     a level that stands is given until the moment at which it will be left if nothing more
//          happens, and kFuseSlackUs: so it goes by itself, also when the engine is gone.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "behavior/ledger.h"
#include "verdicts/verdict.h"

namespace gatehouse {

struct RiskThreshold {
  MilliPoints enter;  // 0: the level is not used
  MilliPoints leave;
  bool operator==(const RiskThreshold&) const = default;
};

struct RiskThresholds {
  RiskThreshold watch = {{40'000}, {25'000}};
  RiskThreshold slow = {{60'000}, {40'000}};
  RiskThreshold challenge = {{80'000}, {50'000}};
  RiskThreshold trap = {};
  RiskThreshold block = {{110'000}, {60'000}};
  bool operator==(const RiskThresholds&) const = default;
};

inline constexpr std::int64_t kFuseSlackUs = 5'000'000;
inline constexpr std::int64_t kFuseUsMax = 24LL * 3600 * 1'000'000;

// Nothing: below all of them.
using RiskLevel = std::optional<VerdictLevel>;

RiskLevel risk_level(RiskLevel standing, const LedgerTotal& total,
                     const RiskThresholds& thresholds);

// When `standing` will be another if nothing more is paid: to the second, at most kFuseUsMax from
// `at_us`.
std::int64_t risk_crossing(const SlabPool& pool, SlabPool::Handle ledger, VerdictLevel standing,
                           const RiskThresholds& thresholds, std::int64_t at_us);

}  // namespace gatehouse
