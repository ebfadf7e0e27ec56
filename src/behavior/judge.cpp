#include "behavior/judge.h"

#include <fmt/core.h>

namespace gatehouse {
namespace {

// The digest of all changes up to and with this one.
StableHash chain(const StableHash& before, const VerdictChange& change) {
  const std::string text = fmt::format(
      "{} {} {} {:x} {:x} {}", change.number, change.at_us, to_text(change.subject.kind),
      change.subject.hash.low, change.subject.hash.high,
      change.verdict
          ? fmt::format("{} {} {} {}", to_text(change.verdict->level), change.verdict->by_operator,
                        change.verdict->expires.time_since_epoch().count(), change.verdict->reason)
          : "cleared");
  return chain_hash(before, text);
}

WallTime wall(std::int64_t us) { return WallTime{std::chrono::microseconds{us}}; }

}  // namespace

Judge::Judge(const CountRule& rule, const HashKey& key) : rule_(rule), scorer_(key) {
  addresses_.emplace(rule.window_us);
}

void Judge::restore(const Verdict& verdict) {
  const std::int64_t until_us = verdict.expires.time_since_epoch().count();
  if (standing_.try_emplace(verdict.subject, until_us).second) {
    leaving_.insert({until_us, verdict.subject});
  }
}

void Judge::on_record(const EventView& record, Changes& changes) {
  ++counts_.records;
  levels_.clear();
  scorer_.on_record(record, levels_);
  for (const LevelChange& change : levels_) on_level(change, changes);
  leave_until(record.at_us(), changes);
  switch (record.kind()) {
    case EventKind::final:
      return on_final(record, changes);
    case EventKind::config:
      return on_config(record);
    case EventKind::verdict_by_hand:
      return on_hand(record, changes);
    case EventKind::none:
    case EventKind::open:
    case EventKind::progress:
    case EventKind::gap:
    case EventKind::tick:
    case EventKind::content:
    case EventKind::context:
    case EventKind::threat:
    case EventKind::feedback:
    case EventKind::challenge_passed:
    case EventKind::erasure:
      return;
  }
}

void Judge::leave_until(std::int64_t now_us, Changes& changes) {
  while (!leaving_.empty() && leaving_.begin()->first <= now_us) {
    const VerdictSubject subject = leaving_.begin()->second;
    const bool was_scored = is_scored(subject);
    clear(now_us, subject, changes);
    if (!was_scored) give_way(now_us, subject, changes);
  }
}

// What the scorer says of a subject whose other verdict has left.
void Judge::give_way(std::int64_t at_us, const VerdictSubject& subject, Changes& changes) {
  const auto standing = scorer_.standing({subject.kind, subject.hash}, at_us);
  if (standing) on_level(*standing, changes);
}

void Judge::on_level(const LevelChange& change, Changes& changes) {
  const VerdictSubject subject{change.subject.kind, change.subject.hash};
  if (standing_.contains(subject) && !is_scored(subject)) return;
  if (!change.level) return clear(change.at_us, subject, changes);
  set(change.at_us,
      {.subject = subject,
       .level = *change.level,
       .expires = wall(change.until_us),
       .reason = change.reason.substr(0, kVerdictReasonBytesMax)},
      change.who, changes);
  if (standing_.contains(subject)) scored_.insert(subject);
}

void Judge::on_final(const EventView& event, Changes& changes) {
  if (!counts_as_evidence(event)) return;
  if (event.by_verdict()) {
    ++counts_.by_verdict_ignored;
    return;
  }
  const std::optional<StableHash> address = event.subject(SubjectKind::address);
  if (!address) {
    ++counts_.without_address;
    return;
  }
  const VerdictSubject subject{SubjectKind::address, *address};
  if (standing_.contains(subject) && !is_scored(subject)) return;
  ++counts_.evidence;
  const std::uint32_t count = addresses_->add(*address, event.at_us());
  if (count < rule_.limit) return;
  addresses_->forget(*address);
  set(event.at_us(),
      {.subject = subject,
       .level = VerdictLevel::block,  // what that does is the gate's to know, route by route
       .expires = wall(event.at_us() + rule_.block_us),
       .reason = count_rule_reason(rule_, count)},
      event.client(), changes);
}

bool Judge::counts_as_evidence(const EventView& event) const {
  const EventOutcome outcome = event.outcome();
  return (outcome == EventOutcome::refused || outcome == EventOutcome::served) &&
         event.status() >= rule_.status_min && event.status() <= rule_.status_max;
}

// What was counted under another window means nothing in this one.
void Judge::on_config(const EventView& record) {
  if (record.text(EventText::name) != kBehaviorConfigName) return;
  const std::optional<CountRule> rule = count_rule(record.text(EventText::detail));
  if (!rule) {
    ++counts_.config_unread;
    return;
  }
  if (rule->window_us != rule_.window_us) addresses_.emplace(rule->window_us);
  rule_ = *rule;
}

// name: a level, or "clear"; count: until when (µs); detail: why; the subject: of whom.
void Judge::on_hand(const EventView& record, Changes& changes) {
  if (record.subjects() == 0) return;
  const Subject of = record.subject(std::size_t{0});
  const VerdictSubject subject{of.kind, of.hash};
  const std::string_view word = record.text(EventText::name);
  if (word == "clear") {
    clear(record.at_us(), subject, changes);
    return give_way(record.at_us(), subject, changes);
  }
  const std::optional<VerdictLevel> level = verdict_level(word);
  const auto until_us = static_cast<std::int64_t>(record.count());
  if (!level || until_us <= record.at_us()) return;
  set(record.at_us(),
      {.subject = subject,
       .level = *level,
       .by_operator = true,
       .expires = wall(until_us),
       .reason = std::string(record.text(EventText::detail).substr(0, kVerdictReasonBytesMax))},
      record.text(EventText::about), changes);
}

void Judge::set(std::int64_t at_us, Verdict verdict, std::string_view who, Changes& changes) {
  const auto known = standing_.find(verdict.subject);
  if (known == standing_.end() && !verdict.by_operator && standing_.size() >= kStandingMax) {
    ++counts_.refused;
    return;
  }
  if (known != standing_.end()) leaving_.erase({known->second, verdict.subject});
  const std::int64_t until_us = verdict.expires.time_since_epoch().count();
  standing_.insert_or_assign(verdict.subject, until_us);
  scored_.erase(verdict.subject);
  leaving_.insert({until_us, verdict.subject});
  ++counts_.verdicts_set;
  verdict.since = wall(at_us);
  const VerdictSubject subject = verdict.subject;
  emit({.at_us = at_us, .subject = subject, .verdict = std::move(verdict), .who = std::string(who)},
       changes);
}

void Judge::clear(std::int64_t at_us, const VerdictSubject& subject, Changes& changes) {
  const auto known = standing_.find(subject);
  if (known == standing_.end()) return;
  leaving_.erase({known->second, subject});
  standing_.erase(known);
  scored_.erase(subject);
  ++counts_.verdicts_cleared;
  emit({.at_us = at_us, .subject = subject}, changes);
}

void Judge::emit(VerdictChange change, Changes& changes) {
  change.number = ++number_;
  digest_ = chain(digest_, change);
  changes.push_back(std::move(change));
}

JudgeCounts Judge::counts() const {
  JudgeCounts counts = counts_;
  counts.entities = addresses_->size();
  counts.entities_evicted = addresses_->evicted();
  counts.standing = standing_.size();
  counts.scorer = scorer_.counts();
  return counts;
}

}  // namespace gatehouse
