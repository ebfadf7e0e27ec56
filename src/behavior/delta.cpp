#include "behavior/delta.h"

#include <algorithm>
#include <cstring>
#include <tuple>

namespace gatehouse {
namespace {

auto place(const DeltaRow& row) { return std::tuple(row.feature, row.value, row.period); }

}  // namespace

std::span<DeltaRow> Delta::all(SlabPool& pool) {
  return {static_cast<DeltaRow*>(pool.at(at_)), size_};
}

std::span<const DeltaRow> Delta::rows(const SlabPool& pool) const {
  if (at_ == 0) return {};
  return {static_cast<const DeltaRow*>(pool.at(at_)), size_};
}

std::span<const DeltaRow> Delta::rows(const SlabPool& pool, FeatureId feature) const {
  const auto whole = rows(pool);
  const auto part = std::ranges::equal_range(whole, feature, {}, &DeltaRow::feature);
  return {part.begin(), part.end()};
}

bool Delta::add(SlabPool& pool, FeatureId feature, std::uint64_t value, const DecayMoment& when) {
  const DeltaRow row{
      .value = value, .units = when.units, .period = when.period, .feature = feature};
  if (at_ != 0) {
    const std::span<DeltaRow> known = all(pool);
    const auto found = std::ranges::lower_bound(known, place(row), {}, place);
    if (found != known.end() && place(*found) == place(row)) {
      found->units += row.units;
      return true;
    }
  }
  if (size_ == room_) {
    if (size_ == kDeltaRowsMax) return ++overflow_, false;
    grow(pool);
  }
  ++size_;
  const std::span<DeltaRow> known = all(pool);
  const auto before = std::ranges::lower_bound(known.first(size_ - 1U), place(row), {}, place);
  std::move_backward(before, known.end() - 1, known.end());
  *before = row;
  return true;
}

void Delta::grow(SlabPool& pool) {
  const std::size_t bytes = SlabPool::rounded((room_ + 1U) * sizeof(DeltaRow));
  const SlabPool::Handle wider = pool.take(bytes);
  if (at_ != 0) {
    std::memcpy(pool.at(wider), pool.at(at_), size_ * sizeof(DeltaRow));
    pool.give_back(at_, room_ * sizeof(DeltaRow));
  }
  at_ = wider;
  room_ = static_cast<std::uint16_t>(std::min(kDeltaRowsMax, bytes / sizeof(DeltaRow)));
}

void Delta::clear(SlabPool& pool) {
  pool.give_back(at_, room_ * sizeof(DeltaRow));
  *this = {};
}

}  // namespace gatehouse
