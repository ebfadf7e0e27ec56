#include "metrics/series_names.h"

namespace gatehouse {

SeriesNames::Slot SeriesNames::slot_of(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(name);
  if (found != slots_.end()) return found->second;
  if (names_.size() >= slots_max_) {
    ++overflowed_;
    return kOther;
  }
  const auto slot = static_cast<Slot>(names_.size());
  names_.emplace_back(name);
  slots_.emplace(name, slot);
  return slot;
}

std::vector<std::string> SeriesNames::names() const {
  const std::lock_guard lock(mutex_);
  return names_;
}

std::uint64_t SeriesNames::overflowed() const {
  const std::lock_guard lock(mutex_);
  return overflowed_;
}

}  // namespace gatehouse
