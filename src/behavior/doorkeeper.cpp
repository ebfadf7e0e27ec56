#include "behavior/doorkeeper.h"

#include <algorithm>
#include <array>

namespace gatehouse {
namespace {

constexpr std::uint32_t kCountMax = 3;

std::array<std::uint32_t, 4> cells_of(const StableHash& name) {
  constexpr std::uint64_t kMask = Doorkeeper::kCells - 1;
  // The lowest bits of `low` are the partition's.
  return {static_cast<std::uint32_t>(name.high & kMask),
          static_cast<std::uint32_t>(name.high >> 18 & kMask),
          static_cast<std::uint32_t>(name.high >> 36 & kMask),
          static_cast<std::uint32_t>(name.low >> 46 & kMask)};
}

}  // namespace

Doorkeeper::Doorkeeper(std::int64_t generation_us)
    : generation_us_(generation_us), cells_(kCells / 2) {}

bool Doorkeeper::knock(const StableHash& name, std::int64_t at_us) {
  if (began_us_ == INT64_MIN) began_us_ = at_us;
  if (at_us - began_us_ >= 2 * generation_us_) turn_generation();
  if (at_us - began_us_ >= generation_us_) {
    turn_generation();
    began_us_ = at_us;
  }
  const auto cells = cells_of(name);
  std::array<std::uint32_t, 4> now{}, former{};
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::uint32_t cell = cells_[cells[i] / 2] >> (cells[i] % 2 * 4) & 15U;
    now[i] = cell & 3U;
    former[i] = cell >> 2;
  }
  // Each generation is counted by itself: a cell that is high for others' sake in the former one
  // must still count this one.
  const std::uint32_t seen_now = *std::ranges::min_element(now);
  const std::uint32_t seen = seen_now + *std::ranges::min_element(former);
  if (seen_now == 0) ++names_;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (now[i] > seen_now || seen_now == kCountMax) continue;
    cells_[cells[i] / 2] =
        static_cast<std::uint8_t>(cells_[cells[i] / 2] + (1U << (cells[i] % 2 * 4)));
  }
  if (names_ >= kNamesMax) {
    turn_generation();
    began_us_ = at_us;
  }
  return seen + 1 >= kKnocks;
}

void Doorkeeper::turn_generation() {
  for (std::uint8_t& both : cells_) both = static_cast<std::uint8_t>((both & 0x33) << 2);
  names_ = 0;
  ++generations_;
}

}  // namespace gatehouse
