#include "behavior/groups.h"

namespace gatehouse {

Groups::Table* Groups::find_or_make(FeatureId feature, GroupId group) {
  const auto known = tables_.find({feature, group});
  if (known != tables_.end()) return known->second.get();
  // A table for everybody is always made: there are at most kFeaturesMax of them.
  if (tables_.size() >= kTablesMax && group != kEverybody) return ++refused_, nullptr;
  auto& made = tables_[{feature, group}];
  made = std::make_unique<Table>(group == kEverybody ? kValuesOfAll : kValuesOfGroup);
  return made.get();
}

const Groups::Table* Groups::find(FeatureId feature, GroupId group) const {
  const auto known = tables_.find({feature, group});
  return known == tables_.end() ? nullptr : known->second.get();
}

void Groups::wait(Table& table) {
  if (table.is_waiting) return;
  table.is_waiting = true;
  waiting_.push_back(&table);
}

void Groups::add(FeatureId feature, GroupId group, std::span<const DeltaRow> rows, Lesson lesson) {
  if (rows.empty()) return;
  const auto put = [&](GroupId into) {
    Table* const table = find_or_make(feature, into);
    if (table == nullptr) return;
    table->counts.add(rows, lesson);
    wait(*table);
  };
  put(kEverybody);
  if (group != kEverybody) put(group);
}

void Groups::sample(FeatureId feature, GroupId group, std::int64_t strength_q8,
                    const DecayMoment& when) {
  const auto put = [&](GroupId into) {
    Table* const table = find_or_make(feature, into);
    if (table == nullptr) return;
    table->samples.add(when);
    table->strength_q8.add(when, strength_q8);
    wait(*table);
  };
  put(kEverybody);
  if (group != kEverybody) put(group);
}

void Groups::on_time(std::int64_t at_us) {
  const std::int64_t epoch = at_us / kEpochUs;
  if (epoch <= epoch_) return;
  epoch_ = epoch;
  ++epochs_;
  for (Table* const table : waiting_) {
    table->counts.close_epoch();
    table->shown_samples = table->samples;
    table->shown_strength_q8 = table->strength_q8;
    table->is_waiting = false;
  }
  waiting_.clear();
}

const CountTable* Groups::table(FeatureId feature, GroupId group) const {
  const Table* const table = find(feature, group);
  return table == nullptr ? nullptr : &table->counts;
}

Weight Groups::strength(FeatureId feature, GroupId group, const DecayMoment& now) const {
  const Table* table = group == kEverybody ? nullptr : find(feature, group);
  if (table == nullptr || table->shown_samples.value(now) < Weight::whole(1)) {
    table = find(feature, kEverybody);
  }
  if (table == nullptr) return kStrengthUsual;
  const Weight samples = table->shown_samples.value(now);
  if (samples < Weight::whole(1)) return kStrengthUsual;
  return strength_of(table->shown_strength_q8.value(now).q16 / samples.q16);
}

std::size_t Groups::bytes() const {
  std::size_t bytes = 0;
  for (const auto& [key, table] : tables_) bytes += sizeof(Table) + table->counts.bytes();
  return bytes;
}

}  // namespace gatehouse
