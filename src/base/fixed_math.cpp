#include "base/fixed_math.h"

#include <algorithm>
#include <array>
#include <bit>

namespace gatehouse {
namespace {

constexpr int kTableBits = 7;
constexpr std::size_t kTableSize = std::size_t{1} << kTableBits;
constexpr std::uint64_t kTop = std::uint64_t{1} << 63;
constexpr std::uint64_t kLog2OfE_q62 = 6'653'256'548'922'161'246;
constexpr std::uint64_t kLn2_q63 = 6'393'154'322'601'327'830;
constexpr std::uint64_t kLn2_q64 = 12'786'308'645'202'655'660U;
constexpr std::int64_t kHalfLnTwoPi_q40 = 1'010'383'602'470;

constexpr std::uint64_t high(Uint128 product, int shift) {
  return static_cast<std::uint64_t>(product >> shift);
}

// log2 of a number in [1, 2) with 63 bits after the point, bit by bit: squaring doubles the
// logarithm, and where the square reaches 2 the next bit is one. A truncation at step k counts
// 2^-k of itself, so all of them together stay below 2^-61.
constexpr std::uint64_t slow_log2_q62(std::uint64_t x_q63) {
  std::uint64_t log = 0;
  for (int bit = 61; bit >= 0; --bit) {
    const Uint128 square = Uint128{x_q63} * x_q63;  // 126 bits after the point
    const bool is_two = (square >> 127) != 0;
    if (is_two) log |= std::uint64_t{1} << bit;
    x_q63 = high(square, is_two ? 64 : 63);
  }
  return log;
}

constexpr std::uint64_t square_root(Uint128 x) {
  std::uint64_t root = 0;
  for (int bit = 63; bit >= 0; --bit) {
    const std::uint64_t tried = root | (std::uint64_t{1} << bit);
    if (Uint128{tried} * tried <= x) root = tried;
  }
  return root;
}

// For the i-th part of [1, 2): about 1/middle, and minus log2 of exactly that.
struct LogRow {
  std::uint64_t reciprocal_q63;
  std::uint64_t log_q62;
};

constexpr std::array<LogRow, kTableSize> log_rows() {
  std::array<LogRow, kTableSize> rows{};
  for (std::size_t i = 0; i < kTableSize; ++i) {
    const Uint128 middle = 2 * kTableSize + 2 * i + 1;  // of 256
    const auto reciprocal = static_cast<std::uint64_t>((Uint128{kTop} << 8) / middle);
    rows[i] = {reciprocal, (std::uint64_t{1} << 62) - slow_log2_q62(reciprocal << 1)};
  }
  return rows;
}

// 2^(i/128), from square roots of two.
constexpr std::array<std::uint64_t, kTableSize> power_rows() {
  std::array<std::uint64_t, kTableSize> rows{};
  std::array<std::uint64_t, kTableBits> roots{};  // 2^(1/2), 2^(1/4), …
  std::uint64_t root_q63 = square_root(Uint128{1} << 127);
  for (std::uint64_t& each : roots) {
    each = root_q63;
    root_q63 = square_root(Uint128{root_q63} << 63);
  }
  for (std::size_t i = 0; i < kTableSize; ++i) {
    rows[i] = kTop;
    for (std::size_t bit = 0; bit < kTableBits; ++bit) {
      const bool is_set = (i >> (kTableBits - 1 - bit) & 1) != 0;
      if (is_set) rows[i] = high(Uint128{rows[i]} * roots[bit], 63);
    }
  }
  return rows;
}

// (-1)^(n+1) / (n ln 2): the series of log2(1 + r).
constexpr std::array<std::int64_t, 9> log_terms() {
  std::array<std::int64_t, 9> terms{};
  for (int n = 1; n < 9; ++n) {
    const auto term = static_cast<std::int64_t>(kLog2OfE_q62) / n;
    terms[static_cast<std::size_t>(n)] = n % 2 == 1 ? term : -term;
  }
  return terms;
}

// (ln 2)^n / n!: the series of 2^r.
constexpr std::array<std::uint64_t, 9> power_terms() {
  std::array<std::uint64_t, 9> terms{kTop};
  for (std::size_t n = 1; n < 9; ++n) {
    terms[n] = high(Uint128{terms[n - 1]} * kLn2_q63, 63) / n;
  }
  return terms;
}

constexpr std::array<LogRow, kTableSize> kLogRows = log_rows();
constexpr std::array<std::uint64_t, kTableSize> kPowerRows = power_rows();
constexpr std::array<std::int64_t, 9> kLogTerms = log_terms();
constexpr std::array<std::uint64_t, 9> kPowerTerms = power_terms();

// log2 of x >= 1 with 56 bits after the point (so that 64 fits). Its error is below 2^-55 with all
// eight terms of the series, below 2^-41 with four.
template <std::size_t kTerms>
std::int64_t log2_q56(std::uint64_t x) {
  const int exponent = 63 - std::countl_zero(x);
  const std::uint64_t mantissa = x << (63 - exponent);
  const LogRow& row =
      kLogRows[static_cast<std::size_t>(mantissa >> (63 - kTableBits)) - kTableSize];
  // r = mantissa × reciprocal - 1, within ±2^-8, with 64 bits after the point.
  const Uint128 product = Uint128{mantissa} * row.reciprocal_q63;
  const auto r =
      static_cast<std::int64_t>(static_cast<Int128>(product - (Uint128{1} << 126)) >> 62);
  Int128 sum = kLogTerms[kTerms];
  for (std::size_t n = kTerms - 1; n >= 1; --n) sum = kLogTerms[n] + ((sum * r) >> 64);
  const Int128 fraction_q62 = Int128{row.log_q62} + ((sum * r) >> 64);
  return (static_cast<std::int64_t>(exponent) << 56) +
         static_cast<std::int64_t>((fraction_q62 + 32) >> 6);
}

// 1/12 y - 1/360 y^3 + 1/1260 y^5 - 1/1680 y^7 + 1/1188 y^9 with 64 bits after the point: what
// Stirling's formula lacks at 1/y. For y <= 1/8 the next term is below 2^-42.
std::uint64_t stirling_rest(std::uint64_t y) {
  constexpr Uint128 kOne = Uint128{1} << 64;
  constexpr std::array<std::uint64_t, 4> kTerms = {
      static_cast<std::uint64_t>(kOne / 1680), static_cast<std::uint64_t>(kOne / 1260),
      static_cast<std::uint64_t>(kOne / 360), static_cast<std::uint64_t>(kOne / 12)};
  const std::uint64_t square = high(Uint128{y} * y, 64);
  auto sum = static_cast<std::uint64_t>(kOne / 1188);
  for (const std::uint64_t term : kTerms) sum = term - high(Uint128{sum} * square, 64);
  return high(Uint128{sum} * y, 64);
}

}  // namespace

Bits log2_of(std::uint64_t x) {
  if (x == 0) return kLog2OfZero;
  return {(log2_q56<4>(x) + (std::int64_t{1} << 23)) >> 24};
}

Bits log2_of(Share share) {
  return share.q62 == 0 ? kLog2OfZero : log2_of(share.q62) - Bits::whole(62);
}

std::uint64_t exp2_fraction(std::uint64_t fraction) {
  const auto row = static_cast<std::size_t>(fraction >> (64 - kTableBits));
  const std::uint64_t r = fraction & ((std::uint64_t{1} << (64 - kTableBits)) - 1);
  std::uint64_t sum = kPowerTerms[8];
  for (std::size_t n = 7; n >= 1; --n) sum = kPowerTerms[n] + high(Uint128{sum} * r, 64);
  const std::uint64_t more_q63 = high(Uint128{sum} * r, 64);  // 2^r - 1
  const std::uint64_t whole = kPowerRows[row];
  const Uint128 power = Uint128{whole} + ((Uint128{whole} * more_q63) >> 63);
  return power >> 64 == 0 ? static_cast<std::uint64_t>(power) : ~std::uint64_t{0};
}

std::uint64_t exp2_of(Bits x) {
  const std::int64_t whole = x.q32 >> 32;
  if (whole >= 32) return ~std::uint64_t{0};
  if (whole < -33) return 0;
  const std::uint64_t mantissa = exp2_fraction(static_cast<std::uint64_t>(x.q32) << 32);
  const int shift = static_cast<int>(31 - whole);
  if (shift == 0) return mantissa;
  return static_cast<std::uint64_t>((Uint128{mantissa} + (Uint128{1} << (shift - 1))) >> shift);
}

std::int64_t lgamma_of(std::uint64_t x_q32) {
  constexpr std::uint64_t kOne = std::uint64_t{1} << 32;
  std::uint64_t x = std::clamp<std::uint64_t>(x_q32, 1, std::uint64_t{1} << 58);
  // gamma(x) = gamma(x + n) / (x (x + 1) … (x + n - 1)), and Stirling from 8 on.
  Int128 below_q56 = 0;
  for (; x < 8 * kOne; x += kOne) below_q56 += log2_q56<8>(x) - (std::int64_t{32} << 56);
  const Int128 ln_q56 = (Int128{log2_q56<8>(x) - (std::int64_t{32} << 56)} * kLn2_q64) >> 64;
  const auto reciprocal = static_cast<std::uint64_t>((Uint128{1} << 96) / x);
  Int128 sum_q40 = ((Int128{x} - Int128{kOne / 2}) * ln_q56) >> 48;
  sum_q40 -= Int128{x} << 8;
  sum_q40 += kHalfLnTwoPi_q40;
  sum_q40 += stirling_rest(reciprocal) >> 24;
  sum_q40 -= (below_q56 * Int128{kLn2_q64}) >> 80;
  return static_cast<std::int64_t>((sum_q40 + 128) >> 8);
}

}  // namespace gatehouse
