#include "behavior/risk_levels.h"

#include <algorithm>

namespace gatehouse {
namespace {

constexpr std::array<VerdictLevel, 5> kRising = {VerdictLevel::watch, VerdictLevel::slow,
                                                 VerdictLevel::challenge, VerdictLevel::trap,
                                                 VerdictLevel::block};
constexpr std::int64_t kSecondUs = 1'000'000;

const RiskThreshold& threshold(const RiskThresholds& of, VerdictLevel level) {
  switch (level) {
    case VerdictLevel::slow:
      return of.slow;
    case VerdictLevel::challenge:
      return of.challenge;
    case VerdictLevel::trap:
      return of.trap;
    case VerdictLevel::block:
      return of.block;
    case VerdictLevel::allow:
    case VerdictLevel::watch:
      return of.watch;
  }
  return of.watch;
}

MilliPoints points_for(VerdictLevel level, const LedgerTotal& total) {
  return level == VerdictLevel::watch ? total.all : total.trusted;
}

}  // namespace

RiskLevel risk_level(RiskLevel standing, const LedgerTotal& total,
                     const RiskThresholds& thresholds) {
  RiskLevel level;
  for (const VerdictLevel each : kRising) {
    const RiskThreshold& at = threshold(thresholds, each);
    if (at.enter.value == 0) continue;
    const bool may_stay = standing && each <= *standing;
    const MilliPoints needed = may_stay ? std::min(at.leave, at.enter) : at.enter;
    if (points_for(each, total) >= needed) level = each;
  }
  return level;
}

std::int64_t risk_crossing(const SlabPool& pool, SlabPool::Handle ledger, VerdictLevel standing,
                           const RiskThresholds& thresholds, std::int64_t at_us) {
  const auto stands = [&](std::int64_t seconds) {
    const LedgerTotal total = Ledger::total(pool, ledger, at_us + seconds * kSecondUs);
    return risk_level(standing, total, thresholds) == standing;
  };
  // Points only fall, so it stands up to some second and never again.
  std::int64_t yes = 0, no = kFuseUsMax / kSecondUs;
  if (stands(no)) return at_us + kFuseUsMax;
  while (no - yes > 1) {
    const std::int64_t middle = yes + (no - yes) / 2;
    (stands(middle) ? yes : no) = middle;
  }
  return at_us + no * kSecondUs;
}

}  // namespace gatehouse
