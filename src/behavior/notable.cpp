#include "behavior/notable.h"

#include <iterator>
#include <ranges>

namespace gatehouse {

bool NotableSearch::step(const Scorer& scorer, std::int64_t now_us) {
  if (question_.at_us == 0) question_.at_us = now_us;
  const Memory& memory = scorer.memory();
  const bool has_more = memory.for_some(
      partition_, slot_, kStepRows,
      [&](const EntityRow& row, const EntityState& state) { look(memory, row, state); });
  slot_ = has_more ? slot_ + kStepRows : 0;
  if (!has_more) ++partition_;
  return partition_ == kPartitions;
}

void NotableSearch::look(const Memory& memory, const EntityRow& row, const EntityState& state) {
  if (state.ledger == 0) return;
  const LedgerTotal total = Ledger::total(memory.pool(), state.ledger, question_.at_us);
  if (total.all.value == 0) return;
  const NotablePlace place{total.all.value, {row.kind, row.hash}};
  if (question_.after && !(*question_.after < place)) return;
  if (found_.size() > question_.rows_max && !(place < *found_.rbegin())) return;
  found_.insert(place);
  if (found_.size() > question_.rows_max + 1) found_.erase(std::prev(found_.end()));
}

NotablePage NotableSearch::page(const Scorer& scorer) const {
  NotablePage page{.at_us = question_.at_us};
  const Memory& memory = scorer.memory();
  const bool has_more = found_.size() > question_.rows_max;
  const auto end = has_more ? std::prev(found_.end()) : found_.end();
  if (has_more) page.last = *std::prev(end);
  for (const NotablePlace& place : std::ranges::subrange(found_.begin(), end)) {
    const auto ref = memory.find({place.subject.kind, place.subject.hash});
    const EntityState* const state = ref ? memory.state(*ref) : nullptr;
    if (state == nullptr || state->ledger == 0) continue;
    NotableRow row{.place = place,
                   .name = std::string(memory.names().text(memory.row(*ref).name)),
                   .trusted = Ledger::total(memory.pool(), state->ledger, page.at_us).trusted,
                   .level = Scorer::level_of(*state),
                   .lines = Ledger::rows(memory.pool(), state->ledger).size(),
                   .reason = scorer.reason_of(*state, page.at_us)};
    if (row.level) row.since_us = state->level_since_us;
    page.rows.push_back(std::move(row));
  }
  return page;
}

}  // namespace gatehouse
