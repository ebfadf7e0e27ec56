#include "behavior/detectors/prevalence.h"

#include <algorithm>

#include "base/fixed_math.h"

namespace gatehouse {

Prevalence::~Prevalence() {
  for (auto& [kind, one] : seen_) end_distinct(pool_, one.open, kWindowUs);
  for (auto& [detector, one] : fired_) end(one);
}

void Prevalence::end(Fired& one) {
  end_distinct(pool_, one.entities.open, kWindowUs);
  end_distinct(pool_, one.storm, kStormUs);
}

void Prevalence::keep(std::span<const std::uint64_t> detectors) {
  for (auto one = fired_.begin(); one != fired_.end();) {
    const bool is_kept = std::ranges::find(detectors, one->first) != detectors.end();
    if (!is_kept) end(one->second);
    one = is_kept ? std::next(one) : fired_.erase(one);
  }
}

void Prevalence::count(Counted& into, std::uint64_t entity, std::int64_t at_us) {
  const EndedWindow ended = add_distinct(pool_, into.open, kWindowUs, at_us, entity);
  if (ended.count != 0) into.before = ended.count;
}

void Prevalence::saw(SubjectKind kind, std::uint64_t entity, std::int64_t at_us) {
  count(seen_[kind], entity, at_us);
}

bool Prevalence::fired(std::uint64_t detector, std::uint64_t entity, std::int64_t at_us) {
  Fired& one = fired_[detector];
  count(one.entities, entity, at_us);
  add_distinct(pool_, one.storm, kStormUs, at_us, entity);
  return distinct_in(pool_, one.storm) > kStormEntities;
}

void Prevalence::show(Counted& one) const {
  one.shown = std::max(one.before, distinct_in(pool_, one.open));
}

void Prevalence::close_epoch() {
  for (auto& [kind, one] : seen_) show(one);
  for (auto& [detector, one] : fired_) show(one.entities);
}

Part Prevalence::weight(std::uint64_t detector, SubjectKind kind) const {
  const auto fired = fired_.find(detector);
  const auto seen = seen_.find(kind);
  if (fired == fired_.end() || seen == seen_.end()) return {};
  const std::uint32_t population = seen->second.shown;
  const std::uint32_t entities = fired->second.entities.shown;
  if (population < kPopulationMin || entities == 0) return {};
  constexpr Part kWhole;
  const std::int64_t bits_q32 = (log2_of(population) - log2_of(entities)).q32;
  return {std::clamp((bits_q32 >> 16) / 6, kWhole.q16 / 8, kWhole.q16)};
}

}  // namespace gatehouse
