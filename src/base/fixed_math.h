// base/fixed_math: logarithms, powers and points as integers: the same bits on every machine.
//
// Place    whatever is stored, compared or shown of the behaviour engine's arithmetic goes through
//          these; libm picks its variant by processor, so its last bits differ between machines.
// How      tables computed by the compiler from integers alone, short polynomials, products of
//          64 × 64 bits; no floating point anywhere. (Table-driven elementary functions: Tang,
//          "Table-driven implementation of the logarithm function", 1990; Stirling's series:
//          Abramowitz and Stegun, 6.1.40.)
// Errors   log2_of       2^-33 + 2^-41 of a bit: half a unit of its last place
//          exp2_fraction 2^-59 of its value; exp2_of half a unit of its last place + 2^-27 of it
//          lgamma_of     2^-29, for 2^-32 <= x <= 2^26
//          checked over dense grids against long double in the test.
#pragma once

#include <compare>
#include <cstdint>

namespace gatehouse {

// Signed and unsigned 128 bits, for products only.
__extension__ using Int128 = __int128;
__extension__ using Uint128 = unsigned __int128;

// Points in thousandths: what a detector gives, what a ledger sums, what a page shows.
struct MilliPoints {
  std::int64_t value = 0;

  auto operator<=>(const MilliPoints&) const = default;
  constexpr MilliPoints& operator+=(MilliPoints other) { return value += other.value, *this; }
  constexpr MilliPoints& operator-=(MilliPoints other) { return value -= other.value, *this; }
  friend constexpr MilliPoints operator+(MilliPoints a, MilliPoints b) { return a += b; }
  friend constexpr MilliPoints operator-(MilliPoints a, MilliPoints b) { return a -= b; }
};

// A logarithm to base 2 (information in bits) with 32 bits after the point.
struct Bits {
  std::int64_t q32 = 0;

  static constexpr Bits whole(std::int64_t bits) { return {bits * (std::int64_t{1} << 32)}; }

  auto operator<=>(const Bits&) const = default;
  constexpr Bits& operator+=(Bits other) { return q32 += other.q32, *this; }
  constexpr Bits& operator-=(Bits other) { return q32 -= other.q32, *this; }
  friend constexpr Bits operator+(Bits a, Bits b) { return a += b; }
  friend constexpr Bits operator-(Bits a, Bits b) { return a -= b; }
  constexpr Bits operator-() const { return {-q32}; }

  // The nearest thousandth; of two equally near ones the greater.
  constexpr std::int64_t milli() const {
    return static_cast<std::int64_t>((Int128{q32} * 1000 + (Int128{1} << 31)) >> 32);
  }
};

// A share of something, 0 to 1: 62 bits after the point, so that 1 itself fits.
struct Share {
  static constexpr std::uint64_t kOne = std::uint64_t{1} << 62;
  std::uint64_t q62 = 0;

  // part / whole; 0 of nothing is nothing. `part` is at most `whole`.
  static constexpr Share of(std::uint64_t part, std::uint64_t whole) {
    if (whole == 0) return {};
    return {static_cast<std::uint64_t>((Uint128{part} << 62) / whole)};
  }
  // The greatest share that is not above this many thousandths.
  static constexpr Share milli(std::uint64_t thousandths) { return of(thousandths, 1000); }

  auto operator<=>(const Share&) const = default;
  constexpr Share operator*(Share other) const {
    return {static_cast<std::uint64_t>((Uint128{q62} * other.q62) >> 62)};
  }
  constexpr std::uint64_t of_whole(std::uint64_t whole) const {
    return static_cast<std::uint64_t>((Uint128{q62} * whole) >> 62);
  }
};

// log2 of x; of 0 it is kLog2OfZero, below all others.
inline constexpr Bits kLog2OfZero = Bits::whole(-1024);
Bits log2_of(std::uint64_t x);
// The same of a share: 0 bits for all, -62 for the smallest there is.
Bits log2_of(Share share);

// 2^(fraction / 2^64) with 63 bits after the point: from 2^63 up to 2^64 - 1.
std::uint64_t exp2_fraction(std::uint64_t fraction);

// 2^x with 32 bits after the point: 0 when too small for it, all ones when too great.
std::uint64_t exp2_of(Bits x);

// The natural logarithm of gamma(x), both with 32 bits after the point. x is taken into
// [2^-32, 2^26] first.
std::int64_t lgamma_of(std::uint64_t x_q32);

}  // namespace gatehouse
