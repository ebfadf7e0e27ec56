#include <array>
#include <utility>

#include "app/house.h"
#include "app/log.h"
#include "events/journal_reader.h"

namespace gatehouse {
namespace {

// The time of the record with that number; the end of time where there is none.
std::int64_t time_of(const std::string& journal, std::uint64_t sequence) {
  JournalReader reader(journal, sequence);
  const auto record = reader.next();
  return record ? record->at_us() : INT64_MAX;
}

// What people have set before that time, and still stands.
std::vector<Verdict> standing_in(Records& records, std::int64_t before_us) {
  std::vector<Verdict> standing;
  for (HandVerdict& one : records.standing(before_us)) {
    const auto level = verdict_level(one.level);
    if (!level) continue;
    Verdict verdict;
    verdict.subject = {one.kind, one.hash};
    verdict.level = *level;
    verdict.by_operator = true;
    verdict.expires = WallTime{std::chrono::microseconds{one.until_us}};
    verdict.reason = std::move(one.reason);
    verdict.since = WallTime{std::chrono::microseconds{one.at_us}};
    standing.push_back(std::move(verdict));
  }
  return standing;
}

}  // namespace

void House::open_records() {
  records_ = std::make_unique<Records>(
      RecordsOptions{.path = folder_ + "/records.sqlite",
                     .journal = journal_folder(),
                     .passed =
                         [this] {
                           if (engine_ == nullptr) return JournalPosition{};
                           const EngineCounts counts = engine_->counts();
                           return JournalPosition{counts.last_sequence, counts.last_at_us};
                         },
                     .log = [](std::string_view text) { log_line(text); }},
      clock_);
}

std::vector<Verdict> House::standing_by_hand(std::uint64_t from) {
  return standing_in(*records_, time_of(journal_folder(), from));
}

// The engine's own as they stood at the end, and over them what people say.
std::vector<Verdict> House::in_force_at_start() {
  std::vector<Verdict> standing = standing_->read();
  for (Verdict& one : standing_in(*records_, INT64_MAX)) standing.push_back(std::move(one));
  return standing;
}

std::optional<Verdict> House::verdict(const VerdictSubject& subject) const {
  return verdicts_.find(subject, clock_.wall());
}

bool House::ask_records(Records::Job job) { return records_->ask(std::move(job)); }

// While the journal can't be written nothing is begun that a restart would forget.
bool House::order_verdict(const HandOrder& order, Sequencer::Written written) {
  if (sequencer_->counts().is_failing) return false;
  const std::array of{Subject{order.subject.kind, order.subject.hash}};
  SystemEvent event;
  event.kind = EventKind::verdict_by_hand;
  event.count = static_cast<std::uint64_t>(order.until_us);
  event.name = order.level;
  event.detail = order.reason;
  event.about = order.name;
  event.by = order.by;
  event.subjects = of;
  return sequencer_->record(event, std::move(written));
}

// The engine has read it, and then every worker has what the feed had.
bool House::in_force(std::uint64_t sequence, std::optional<std::uint64_t>& change) const {
  if (!change && engine_->counts().last_sequence >= sequence) change = verdicts_.number();
  return change && verdicts_.applied() >= *change;
}

}  // namespace gatehouse
