// behavior/decay: counts that fade with event time, as integers that add up in any order.
//
// How      forward decay (Cormode, Shkapenyuk, Srivastava, Xu: "Forward decay: a practical time
//          decay model for streaming systems", ICDE 2009). Time is cut into periods of
//          kHalfLivesPerPeriod half-lives; an event weighs 2^((t - start of its period) / h), fixed
//          once and for all: 256 units at the period's start, 65,536 at its end. A sum keeps the
//          units of the newest period and of the one before apart and never rescales either, so it
//          is associative, and what was added can be subtracted to the last bit.
// Forgets  an event whole, when the period after the next begins: it is then 8 to 16 half-lives
//          old and weighs at most 1/256.
// Error    a unit is rounded once for each event: a value is within 2^-9 of itself and 2^-16 of
//          what the kept events weigh exactly.
// Full     a sum must stay below 2^55 units. An even stream of R events a second reaches
//          94,200 × R × h: at 300,000 a second a half-life of 14 days (1,209,600 s) fits. Beyond it
//          value() stays at its greatest.
#pragma once

#include <compare>
#include <cstdint>

namespace gatehouse {

inline constexpr int kHalfLivesPerPeriod = 8;
inline constexpr std::int64_t kUnitsPerEvent = 256;  // at its period's start
inline constexpr std::int64_t kUnitsMax = std::int64_t{1} << 55;

// How many events a sum still counts for, with 16 bits after the point.
struct Weight {
  std::int64_t q16 = 0;

  static constexpr Weight whole(std::int64_t events) { return {events * (1 << 16)}; }
  auto operator<=>(const Weight&) const = default;
  constexpr Weight& operator+=(Weight other) { return q16 += other.q16, *this; }
  friend constexpr Weight operator+(Weight a, Weight b) { return a += b; }
  friend constexpr Weight operator-(Weight a, Weight b) { return {a.q16 - b.q16}; }
};

// A moment as one half-life sees it: made once an event, used for every sum with that half-life.
struct DecayMoment {
  std::uint32_t period = 0;
  std::uint32_t units = 0;     // what one event adds
  std::uint64_t fade_q55 = 0;  // 2^-((t - start of the period) / h)
};

class Decay {
 public:
  static constexpr std::int64_t kHalfLifeMin = 1'000'000;  // a second; shorter ones are taken as it

  explicit Decay(std::int64_t half_life_us);

  // Times before 1970 count as 1970.
  DecayMoment at(std::int64_t at_us) const;
  std::int64_t half_life_us() const { return half_life_us_; }

 private:
  std::int64_t half_life_us_;
};

// The two numbers of a sum, without the period that they belong to: a list keeps that once.
template <class T>
struct DecayCell {
  T current = 0;
  T previous = 0;

  bool operator==(const DecayCell&) const = default;
  bool is_empty() const { return current == 0 && previous == 0; }
  // `periods` later.
  void advance(std::uint32_t periods) {
    if (periods == 0) return;
    previous = periods == 1 ? current : T{0};
    current = 0;
  }
  // Units of an event that is `age` periods older than the cell.
  void add(std::uint32_t age, T units) {
    if (age == 0) current = static_cast<T>(current + units);
    if (age == 1) previous = static_cast<T>(previous + units);
  }
};

// What a cell of `period` weighs at `now`; a moment before its period counts as the period's start.
Weight value_of(DecayCell<std::int64_t> cell, std::uint32_t period, const DecayMoment& now);

// A sum that stands alone.
class DecayedSum {
 public:
  // Units as a DecayMoment gives them, times how many; negative ones take back.
  void add(std::uint32_t period, std::int64_t units);
  void add(const DecayMoment& when, std::int64_t events = 1) {
    add(when.period, when.units * events);
  }
  void merge(const DecayedSum& other);
  void advance(std::uint32_t period);
  Weight value(const DecayMoment& now) const { return value_of(cell_, period_, now); }

  std::uint32_t period() const { return period_; }
  const DecayCell<std::int64_t>& cell() const { return cell_; }
  bool operator==(const DecayedSum&) const = default;

 private:
  std::uint32_t period_ = 0;
  DecayCell<std::int64_t> cell_;
};

}  // namespace gatehouse
