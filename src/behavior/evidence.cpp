#include "behavior/evidence.h"

#include <algorithm>

namespace gatehouse {
namespace {

Weight weight_of(const DeltaRow& row, const DecayMoment& now) {
  return value_of({row.units, 0}, row.period, now);
}

}  // namespace

Weight SelfCounts::count(std::uint64_t value) const {
  Weight sum = value_of(learnt_.cell(value), learnt_.period(), now_);
  const auto own = std::ranges::equal_range(own_, value, {}, &DeltaRow::value);
  for (const DeltaRow& row : own) sum += weight_of(row, now_);
  return sum;
}

Weight SelfCounts::between(std::uint64_t first, std::uint64_t last) const {
  Weight sum = value_of(learnt_.between(first, last), learnt_.period(), now_);
  for (const DeltaRow& row : own_) {
    if (row.value >= first && row.value <= last) sum += weight_of(row, now_);
  }
  return sum;
}

Weight SelfCounts::total() const {
  Weight sum = value_of(learnt_.total(), learnt_.period(), now_);
  for (const DeltaRow& row : own_) sum += weight_of(row, now_);
  return sum;
}

std::uint32_t SelfCounts::distinct() const {
  std::uint32_t sum = learnt_.distinct();
  for (std::size_t i = 0; i < own_.size(); ++i) {
    if (i > 0 && own_[i].value == own_[i - 1].value) continue;
    if (learnt_.cell(own_[i].value).is_empty()) ++sum;
  }
  return sum;
}

Weight GroupCounts::count(std::uint64_t value) const {
  return table_ == nullptr ? Weight{} : value_of(table_->cell(value), table_->period(), now_);
}

Weight GroupCounts::between(std::uint64_t first, std::uint64_t last) const {
  return table_ == nullptr ? Weight{}
                           : value_of(table_->between(first, last), table_->period(), now_);
}

Weight GroupCounts::total() const {
  return table_ == nullptr ? Weight{} : value_of(table_->total(), table_->period(), now_);
}

std::uint32_t GroupCounts::distinct() const { return table_ == nullptr ? 0 : table_->distinct(); }

}  // namespace gatehouse
