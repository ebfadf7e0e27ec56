// behavior/scorer: journal records in, changes of risk levels out.
//
// Place    the Judge owns one and turns its changes into verdicts. No clock, no file, no thread:
//          the same records give the same changes, ledgers and scores to the last bit.
// Order    of one record: what is due by its time (sessions, held evidence, crossings), then the
//          record. Of one event: who takes part, the open windows, the detectors in order of name,
//          and last what the event adds to the sessions: a value never vouches for itself.
// Echo     what the gate answered because of a verdict is neither evidence nor learnt.
// Content  comes in content records; without any nothing is resolved, kept or scored.
// Points   of a detector, times its share, its calibration and its prevalence; a fact's, times its
//          share alone.
// Trusted  points of a fact, or of a detector whose features are all mature; others watch at most.
// Storm    a detector that fires for over 50 entities in five minutes pays no more to those that
//          are not notable already; counted as muted.
// Full     see memory, groups and ledger. Content that can't be read changes nothing, counted.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/arena.h"
#include "behavior/detectors/calibration.h"
#include "behavior/detectors/content.h"
#include "behavior/detectors/content_records.h"
#include "behavior/detectors/facts.h"
#include "behavior/detectors/prevalence.h"
#include "behavior/memory.h"
#include "behavior/risk_levels.h"
#include "behavior/unpaid.h"

namespace gatehouse {

// The names of records that scorer reads besides content.
inline constexpr std::string_view kDismissed = "dismiss";  // feedback: learn what was held
inline constexpr std::string_view kAccepted = "accept";    // feedback: it was what it looked like
inline constexpr std::string_view kRole = "role";          // context: detail is the group of peers

struct LevelChange {
  std::int64_t at_us = 0;
  Subject subject = {};
  RiskLevel level = {};       // nothing: it ended
  std::int64_t until_us = 0;  // the fuse
  std::string reason = {};
  std::string who = {};
};

struct ScorerCounts {
  std::uint64_t events = 0;  // scored
  std::uint64_t by_verdict_ignored = 0;
  std::uint64_t findings = 0;  // detectors that held
  std::uint64_t paid = 0;      // of these, more than their family had paid already
  std::uint64_t muted = 0;     // in a storm
  std::uint64_t faults = 0;    // conditions that ended in an error other than an absent fact
  std::uint64_t shared = 0;    // levels that no verdict could tell: the subject has several users
  std::uint64_t content_read = 0;
  std::uint64_t content_unread = 0;
  MemoryCounts memory;
};

// Chains over all that happened: equal histories have equal ones.
struct ScorerDigests {
  StableHash scores;   // every surprise that was asked for
  StableHash ledgers;  // every contribution
  StableHash levels;   // every change
  bool operator==(const ScorerDigests&) const = default;
};

class Scorer {
 public:
  static constexpr int kAddressUsersMax = 3;

  explicit Scorer(const HashKey& key, std::size_t entities_max = EntityTable::kEntitiesMax);
  Scorer(const Scorer&) = delete;
  Scorer& operator=(const Scorer&) = delete;

  // Adds what changes to `changes`.
  void on_record(const EventView& record, std::vector<LevelChange>& changes);

  // What stands of a subject by now, as the change that said so.
  std::optional<LevelChange> standing(const Subject& subject, std::int64_t at_us) const;

  // What content records do; who wants the same bits again begins with the same.
  void use(std::shared_ptr<const Content> content);

  const Content* content() const { return content_.get(); }
  const Memory& memory() const { return memory_; }
  const FeatureTable& features() const { return features_; }
  const UnpaidFindings& unpaid() const { return unpaid_; }
  // Beside the content's detectors and features.
  std::span<const std::uint64_t> detector_ids() const { return detector_ids_; }
  std::span<const std::uint64_t> family_ids() const { return family_ids_; }
  std::span<const FeatureId> feature_ids() const { return ids_; }
  static RiskLevel level_of(const EntityState& state);
  // The greatest line's reason, and how many more there are.
  std::string reason_of(const EntityState& state, std::int64_t at_us) const;
  // Too many share it for a verdict to tell its level.
  bool is_for_many(EntityRef ref) const;
  ScorerCounts counts() const;
  const ScorerDigests& digests() const { return digests_; }
  // What the last content that could not be read lacked.
  const std::string& content_fault() const { return content_fault_; }
  // The text of the last whole content record, whether it could be read or not.
  const std::optional<std::string>& content_said() const { return content_said_; }

 private:
  using Changes = std::vector<LevelChange>;

  void run_due(std::int64_t now_us, Changes& changes);
  void on_event(const EventView& event, Changes& changes);
  void on_content(const EventView& record);
  void on_feedback(const EventView& record, Changes& changes);
  void on_context(const EventView& record);
  void on_erasure(const EventView& record, Changes& changes);

  void read_values(const EventView& event, const Sightings& who);
  void note(std::int64_t at_us, bool is_window);
  void detect(const EventView& event, Changes& changes);
  bool is_trusted(const Detector& detector);
  std::int64_t share_q16(const Detector& detector);
  std::optional<double> score_of(const Detector& detector);
  struct Price {
    std::int64_t milli = 0;
    PaidFactors factors = {};
  };
  Price price_of(std::size_t index, SubjectKind kind);
  void pay(std::size_t index, EntityRef ref, const EventView& event, Changes& changes);
  void relevel(EntityRef ref, std::int64_t at_us, Changes& changes);
  void publish(EntityRef ref, RiskLevel level, std::int64_t at_us, Changes& changes);
  LevelChange change_of(EntityRef ref, std::int64_t at_us) const;
  void digest_scores(const EventView& event);

  const HashKey key_;
  FeatureTable features_;
  Memory memory_;
  Prevalence prevalence_;
  Calibration calibration_;
  UnpaidFindings unpaid_;
  Facts facts_;
  Arena arena_;
  std::shared_ptr<const Content> content_;
  ContentPieces pieces_;
  std::string content_fault_;
  std::optional<std::string> content_said_;
  std::vector<FeatureId> ids_;                        // beside the content's features
  std::vector<std::optional<std::uint64_t>> values_;  // of this event, beside them
  std::vector<std::uint64_t> detector_ids_;           // beside the detectors
  std::vector<std::uint64_t> family_ids_;
  std::optional<double> score_;  // of the detector at hand
  std::int64_t epoch_ = 0;
  ScorerDigests digests_;
  ScorerCounts counts_;
};

}  // namespace gatehouse
