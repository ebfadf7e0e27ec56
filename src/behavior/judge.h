// behavior/judge: journal records in, numbered changes of verdicts out; the deterministic heart of
// the engine.
//
// Place    the engine's thread calls it live, `replay` and tests call it on files. It has no clock,
//          no file and no thread: the same records give the same changes to the last bit.
// Scores   what its scorer says stands as a verdict too, unless an operator's or the rule's stands
//          for the subject; when that leaves, the scored one takes its place.
// Reads    final events (count_rule), config records named "behavior" (the rule from there on),
//          verdict_by_hand records, and every record's time, so that a verdict leaves on a tick as
//          on any other record.
// Holds    the counts, and the verdicts that stand, at most kStandingMax.
// Full     at kStandingMax no further verdict is set, but for an operator's (whoever records those
//          bounds them); counted in refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "behavior/count_rule.h"
#include "behavior/scorer.h"
#include "events/event.h"
#include "verdicts/verdict.h"

namespace gatehouse {

// One change: the verdict that stands from now on, or (absent) none.
struct VerdictChange {
  std::uint64_t number = 0;
  std::int64_t at_us = 0;
  VerdictSubject subject;
  std::optional<Verdict> verdict = {};
  std::string who = {};  // the subject in words, for logs

  bool operator==(const VerdictChange&) const = default;
};

struct JudgeCounts {
  std::uint64_t records = 0;
  std::uint64_t evidence = 0;            // events that counted against an address
  std::uint64_t by_verdict_ignored = 0;  // answered because of a verdict: no evidence
  std::uint64_t without_address = 0;     // would have counted, but for whom?
  std::uint64_t verdicts_set = 0;
  std::uint64_t verdicts_cleared = 0;
  std::uint64_t refused = 0;
  std::uint64_t config_unread = 0;  // a config record that this version can't read
  std::uint64_t entities = 0;
  std::uint64_t entities_evicted = 0;
  std::uint64_t standing = 0;
  ScorerCounts scorer;
};

// A config record that makes `detail` the judge's rule; a journal that begins with it replays by
// itself.
inline constexpr std::string_view kBehaviorConfigName = "behavior";

class Judge {
 public:
  static constexpr std::size_t kStandingMax = 50'000;

  // The installation's key names entities, and orders them.
  explicit Judge(const CountRule& rule, const HashKey& key = {});
  Judge(const Judge&) = delete;
  Judge& operator=(const Judge&) = delete;

  // Before the first record: what stood when it began, which the records don't tell.
  void restore(const Verdict& verdict);
  // The same: the content that counts until a record says another.
  void begin_with(std::shared_ptr<const Content> content) { scorer_.use(std::move(content)); }
  // Adds what changes to `changes`.
  void on_record(const EventView& record, std::vector<VerdictChange>& changes);

  const CountRule& rule() const { return rule_; }
  JudgeCounts counts() const;
  // Over all changes so far: equal histories have equal digests.
  StableHash digest() const { return digest_; }
  const Scorer& scorer() const { return scorer_; }

 private:
  using Changes = std::vector<VerdictChange>;

  void leave_until(std::int64_t now_us, Changes& changes);
  void on_final(const EventView& event, Changes& changes);
  void on_config(const EventView& record);
  void on_hand(const EventView& record, Changes& changes);
  void on_level(const LevelChange& change, Changes& changes);
  bool is_scored(const VerdictSubject& subject) const { return scored_.contains(subject); }
  void give_way(std::int64_t at_us, const VerdictSubject& subject, Changes& changes);
  bool counts_as_evidence(const EventView& event) const;
  void set(std::int64_t at_us, Verdict verdict, std::string_view who, Changes& changes);
  void clear(std::int64_t at_us, const VerdictSubject& subject, Changes& changes);
  void emit(VerdictChange change, Changes& changes);

  CountRule rule_;
  std::optional<AddressCounts> addresses_;
  std::map<VerdictSubject, std::int64_t> standing_;  // until when, µs
  std::set<std::pair<std::int64_t, VerdictSubject>> leaving_;
  std::set<VerdictSubject> scored_;  // of those that stand, the scorer's
  Scorer scorer_;
  std::vector<LevelChange> levels_;
  std::uint64_t number_ = 0;
  StableHash digest_;
  JudgeCounts counts_;
};

}  // namespace gatehouse
