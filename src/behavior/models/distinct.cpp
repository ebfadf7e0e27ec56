#include "behavior/models/distinct.h"

#include <algorithm>
#include <array>
#include <bit>
#include <span>

#include "base/fixed_math.h"

namespace gatehouse {
namespace {

constexpr std::size_t kRegisters = 256;
constexpr std::size_t kBlockMin = 32;

// Hashes come in keyed; this parts them from what other places take of the same bits.
std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ value >> 32) * 0x9E3779B97F4A7C15U;
  return value ^ value >> 32;
}

std::span<std::uint64_t> values_of(SlabPool& pool, const DistinctWindow& window) {
  return {static_cast<std::uint64_t*>(pool.at(window.at)), window.size};
}

void raise(SlabPool& pool, const DistinctWindow& window, std::uint64_t value) {
  auto* const registers = static_cast<std::uint8_t*>(pool.at(window.at));
  const std::uint64_t hash = mixed(value);
  const auto rank =
      static_cast<std::uint8_t>(1 + std::min(32, std::countl_zero(hash << 8 | 0x80U)));
  std::uint8_t& kept = registers[hash >> 56];
  kept = std::max(kept, rank);
}

void become_sketch(SlabPool& pool, DistinctWindow& window) {
  std::array<std::uint64_t, kDistinctExactMax> values{};
  std::ranges::copy(values_of(pool, window), values.begin());
  pool.give_back(window.at, window.bytes);
  window.at = pool.take(kRegisters);
  window.bytes = kRegisters;
  window.is_sketch = true;
  for (const std::uint64_t value : values) raise(pool, window, value);
}

void add_exact(SlabPool& pool, DistinctWindow& window, std::uint64_t value) {
  if (window.at == 0) {
    window.at = pool.take(kBlockMin);
    window.bytes = kBlockMin;
  }
  const auto known = values_of(pool, window);
  const auto found = std::ranges::lower_bound(known, value);
  if (found != known.end() && *found == value) return;
  if (window.size == kDistinctExactMax) {
    become_sketch(pool, window);
    return raise(pool, window, value);
  }
  const auto before = static_cast<std::size_t>(found - known.begin());
  if ((window.size + 1U) * sizeof(value) > window.bytes) {
    const std::size_t bytes =
        SlabPool::rounded(std::min<std::size_t>(window.bytes * 2U, kDistinctExactMax * 8));
    const SlabPool::Handle wider = pool.take(bytes);
    std::ranges::copy(values_of(pool, window), static_cast<std::uint64_t*>(pool.at(wider)));
    pool.give_back(window.at, window.bytes);
    window.at = wider;
    window.bytes = static_cast<std::uint16_t>(bytes);
  }
  ++window.size;
  const auto grown = values_of(pool, window);
  std::move_backward(grown.begin() + static_cast<long>(before), grown.end() - 1, grown.end());
  grown[before] = value;
}

// alpha m^2 / sum of 2^-register, or m ln(m / empty) while that is below 2.5 m.
std::uint32_t estimate(const std::uint8_t* registers) {
  constexpr std::uint64_t kAlphaSquares_q8 = 12'050'614;  // 0.7213 / (1 + 1.079 / 256) × 2^24
  constexpr std::uint64_t kRegistersLn2_q16 = 11'629'080;
  std::uint64_t sum_q33 = 0, empty = 0;
  for (std::size_t i = 0; i < kRegisters; ++i) {
    sum_q33 += std::uint64_t{1} << (33 - registers[i]);
    if (registers[i] == 0) ++empty;
  }
  const auto raw = static_cast<std::uint64_t>((Uint128{kAlphaSquares_q8} << 25) / sum_q33);
  if (raw > kRegisters * 5 / 2 || empty == 0) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(raw, UINT32_MAX));
  }
  const auto bits = static_cast<std::uint64_t>((log2_of(kRegisters) - log2_of(empty)).q32);
  return static_cast<std::uint32_t>((Uint128{bits} * kRegistersLn2_q16 + (Uint128{1} << 47)) >> 48);
}

}  // namespace

EndedWindow add_distinct(SlabPool& pool, DistinctWindow& window, std::int64_t window_us,
                         std::int64_t at_us, std::uint64_t value) {
  const auto number = static_cast<std::uint32_t>(std::max<std::int64_t>(at_us, 0) / window_us);
  if (window.at != 0 && number < window.number) return {};
  EndedWindow ended;
  if (number != window.number) {
    ended = end_distinct(pool, window, window_us);
    window.number = number;
  }
  if (window.is_sketch) {
    raise(pool, window, value);
  } else {
    add_exact(pool, window, value);
  }
  return ended;
}

EndedWindow end_distinct(SlabPool& pool, DistinctWindow& window, std::int64_t window_us) {
  const EndedWindow ended{distinct_in(pool, window), (std::int64_t{window.number} + 1) * window_us};
  pool.give_back(window.at, window.bytes);
  window = {};
  return ended;
}

std::uint32_t distinct_in(const SlabPool& pool, const DistinctWindow& window) {
  if (!window.is_sketch) return window.size;
  return estimate(static_cast<const std::uint8_t*>(pool.at(window.at)));
}

}  // namespace gatehouse
