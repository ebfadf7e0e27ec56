#include "behavior/decay.h"

#include <algorithm>

#include "base/fixed_math.h"

namespace gatehouse {
namespace {

// rest / whole with 64 bits after the point; rest < whole.
std::uint64_t fraction(std::int64_t rest, std::int64_t whole) {
  return static_cast<std::uint64_t>((Uint128{static_cast<std::uint64_t>(rest)} << 64) /
                                    static_cast<std::uint64_t>(whole));
}

}  // namespace

Decay::Decay(std::int64_t half_life_us) : half_life_us_(std::max(half_life_us, kHalfLifeMin)) {}

DecayMoment Decay::at(std::int64_t at_us) const {
  const std::int64_t t = std::max<std::int64_t>(at_us, 0);
  const std::int64_t period_us = half_life_us_ <= INT64_MAX / kHalfLivesPerPeriod
                                     ? half_life_us_ * kHalfLivesPerPeriod
                                     : INT64_MAX;
  const std::int64_t since = t % period_us;
  const auto halvings = static_cast<int>(since / half_life_us_);
  const std::uint64_t rest = fraction(since % half_life_us_, half_life_us_);
  // 256 × 2^halvings × 2^rest, to the nearest unit.
  const int shift = 63 - 8 - halvings;
  const std::uint64_t units = ((exp2_fraction(rest) >> (shift - 1)) + 1) >> 1;
  // 2^-rest is 2^(1 - rest) / 2, but for rest = 0.
  const std::uint64_t power_q63 = exp2_fraction(~rest + 1);
  const int fall = 8 + halvings + (rest == 0 ? 0 : 1);
  return {.period = static_cast<std::uint32_t>(t / period_us),
          .units = static_cast<std::uint32_t>(units),
          .fade_q55 = power_q63 >> fall};
}

Weight value_of(DecayCell<std::int64_t> cell, std::uint32_t period, const DecayMoment& now) {
  std::uint64_t fade_q55 = std::uint64_t{1} << 55;
  if (now.period >= period) {
    cell.advance(now.period - period);
    fade_q55 = now.fade_q55;
  }
  // A unit is 2^-8 of an event of its period's start, so 2^-16 of one a period later.
  const Int128 sum_q16 = Int128{cell.current} * kUnitsPerEvent + cell.previous;
  return {static_cast<std::int64_t>((std::min(sum_q16, Int128{INT64_MAX}) * fade_q55) >> 55)};
}

void DecayedSum::advance(std::uint32_t period) {
  if (period <= period_) return;
  cell_.advance(period - period_);
  period_ = period;
}

void DecayedSum::add(std::uint32_t period, std::int64_t units) {
  advance(period);
  cell_.add(period_ - period, units);
}

void DecayedSum::merge(const DecayedSum& other) {
  advance(other.period_);
  cell_.add(period_ - other.period_, other.cell_.current);
  cell_.add(period_ - other.period_ + 1, other.cell_.previous);
}

}  // namespace gatehouse
