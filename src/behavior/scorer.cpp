#include "behavior/scorer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace gatehouse {
namespace {

// Below it a later fuse isn't published at once, but when the standing one is about to burn.
constexpr std::int64_t kRenewUs = 60'000'000;

std::uint8_t stored(RiskLevel level) {
  return level ? static_cast<std::uint8_t>(1 + static_cast<int>(*level)) : std::uint8_t{0};
}

bool is_amount(ModelKind model) { return model == ModelKind::pace || model == ModelKind::distinct; }

template <std::size_t kSize>
void chain(StableHash& digest, const std::array<std::uint64_t, kSize>& numbers) {
  digest = chain_hash(digest, {reinterpret_cast<const char*>(numbers.data()), sizeof numbers});
}

constexpr std::uint16_t kWholePart = UINT16_MAX;
std::uint16_t part_q16(std::int64_t q16) {
  return static_cast<std::uint16_t>(std::clamp<std::int64_t>(q16, 0, kWholePart));
}

std::uint64_t bits(std::int64_t number) { return static_cast<std::uint64_t>(number); }

// By whom the entity of a kind is compared.
GroupId group_for(SubjectKind kind, const Sightings& who) {
  if (kind != SubjectKind::user && kind != SubjectKind::token && kind != SubjectKind::device) {
    return kEverybody;
  }
  const Sighting* const app = who.find(SubjectKind::app);
  return app == nullptr ? kEverybody : app->subject.hash.low;
}

}  // namespace

Scorer::Scorer(const HashKey& key, std::size_t entities_max)
    : key_(key),
      memory_(key, features_, entities_max),
      prevalence_(memory_.pool()),
      facts_(memory_, features_) {}

RiskLevel Scorer::level_of(const EntityState& state) {
  if (state.level == 0) return std::nullopt;
  return static_cast<VerdictLevel>(state.level - 1);
}

void Scorer::on_record(const EventView& record, Changes& changes) {
  if (content_ != nullptr) {
    run_due(record.at_us(), changes);
    memory_.groups().on_time(record.at_us());
    features_.set_moment(record.at_us());
    const std::int64_t epoch = record.at_us() / Groups::kEpochUs;
    if (epoch > epoch_) {
      prevalence_.close_epoch();
      calibration_.close_epoch();
    }
    calibration_.set_moment(record.at_us());
    epoch_ = std::max(epoch_, epoch);
  }
  switch (record.kind()) {
    case EventKind::final:
      if (content_ != nullptr) on_event(record, changes);
      return;
    case EventKind::content:
      on_content(record);
      return features_.set_moment(record.at_us());
    case EventKind::feedback:
      return on_feedback(record, changes);
    case EventKind::context:
      return on_context(record);
    case EventKind::erasure:
      return on_erasure(record, changes);
    case EventKind::none:
    case EventKind::open:
    case EventKind::progress:
    case EventKind::gap:
    case EventKind::tick:
    case EventKind::config:
    case EventKind::threat:
    case EventKind::verdict_by_hand:
    case EventKind::challenge_passed:
      return;
  }
}

void Scorer::run_due(std::int64_t now_us, Changes& changes) {
  while (const auto due = memory_.take_due(now_us)) {
    const auto ref = memory_.find(due->subject);
    EntityState* const state = ref ? memory_.state(*ref) : nullptr;
    if (state == nullptr || state->due_us != due->at_us) continue;
    state->due_us = INT64_MAX;
    memory_.on_due(*ref, due->at_us);
    if (state->crossing_us <= due->at_us) {
      Ledger::sweep(memory_.pool(), memory_.names(), state->ledger, due->at_us);
      relevel(*ref, due->at_us, changes);
    }
    memory_.schedule(*ref);
  }
}

void Scorer::on_content(const EventView& record) {
  switch (pieces_.take(record)) {
    case ContentPieces::Taken::other:
    case ContentPieces::Taken::piece:
      return;
    case ContentPieces::Taken::fault:
      ++counts_.content_unread;
      content_fault_ = "its pieces don't follow each other";
      return;
    case ContentPieces::Taken::whole:
      break;
  }
  content_said_ = pieces_.text();
  if (pieces_.text().empty()) return use(std::make_shared<const Content>());
  Diagnostics found;
  auto content = read_content(pieces_.text(), "detectors", found);
  if (content == nullptr) {
    ++counts_.content_unread;
    content_fault_ = found.text("the detectors are unchanged");
    return;
  }
  use(std::move(content));
}

void Scorer::use(std::shared_ptr<const Content> content) {
  std::vector<FeatureId> ids(content->features.size());
  std::vector<FeatureId> active;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!content->is_read[i]) continue;
    const auto id = features_.add(content->features[i]);
    if (!id) {
      ++counts_.content_unread;
      content_fault_ = "there have been too many different features; start the engine anew";
      return;
    }
    ids[i] = *id;
    active.push_back(*id);
  }
  features_.activate(active);
  ids_ = std::move(ids);
  content_ = std::move(content);
  detector_ids_.clear();
  family_ids_.clear();
  for (const Detector& one : content_->detectors) {
    detector_ids_.push_back(stable_hash(key_, SubjectKind::none, one.name).low);
    family_ids_.push_back(stable_hash(key_, SubjectKind::none, one.family).low);
  }
  prevalence_.keep(detector_ids_);
  calibration_.keep(detector_ids_);
  ++counts_.content_read;
}

void Scorer::on_event(const EventView& event, Changes& changes) {
  if (event.by_verdict()) {
    ++counts_.by_verdict_ignored;
    return;
  }
  if (content_->detectors.empty()) return;
  ++counts_.events;
  const Sightings who = resolve(key_, event);
  const Memory::Seats seats = memory_.seat(who, event.at_us());
  for (std::size_t i = 0; i < seats.size; ++i) {
    const Sighting& each = who.begin()[i];
    if (seats.at[i].is_none() || each.role == EntityRole::claimed) continue;
    prevalence_.saw(each.subject.kind, each.subject.hash.low, event.at_us());
    if (features_.active(each.subject.kind).empty()) continue;
    memory_.touch(seats.at[i], group_for(each.subject.kind, who), event.at_us());
  }
  arena_.reset();
  facts_.begin(event, who, seats, ids_, values_);
  read_values(event, who);
  facts_.begin(event, who, seats, ids_, values_);
  note(event.at_us(), true);
  detect(event, changes);
  digest_scores(event);
  note(event.at_us(), false);
  for (std::size_t i = 0; i < seats.size; ++i) {
    if (!seats.at[i].is_none()) memory_.schedule(seats.at[i]);
  }
}

void Scorer::read_values(const EventView& event, const Sightings& who) {
  values_.assign(ids_.size(), std::nullopt);
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    if (!content_->is_read[i]) continue;
    if (const auto& where = content_->where[i]) {
      Scratch scratch(arena_);
      if (!where->evaluate(facts_, scratch).is_true()) continue;
    }
    values_[i] = value_in(content_->features[i], key_, event, who);
  }
}

void Scorer::note(std::int64_t at_us, bool is_window) {
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    const Feature& feature = content_->features[i];
    if (!values_[i] || is_amount(feature.model) != is_window) continue;
    const EntityRef ref = facts_.seat_of(feature.of);
    if (!ref.is_none()) memory_.note(ref, ids_[i], *values_[i], at_us);
  }
}

void Scorer::detect(const EventView& event, Changes& changes) {
  for (std::size_t i = 0; i < content_->detectors.size(); ++i) {
    const Detector& detector = content_->detectors[i];
    const EntityRef ref = facts_.seat_of(detector.about);
    if (ref.is_none()) continue;
    score_ = score_of(detector);
    if (score_) calibration_.note(detector_ids_[i], *score_);
    Scratch scratch(arena_);
    const Value holds = detector.when->evaluate(facts_, scratch);
    if (holds.is_error() && holds.reason() != Reason::absent) ++counts_.faults;
    if (!holds.is_true()) continue;
    ++counts_.findings;
    pay(i, ref, event, changes);
  }
}

std::optional<double> Scorer::score_of(const Detector& detector) {
  if (!detector.score) return std::nullopt;
  Scratch scratch(arena_);
  const Value score = detector.score->evaluate(facts_, scratch);
  return score.is(Kind::number) ? std::optional(score.number()) : std::nullopt;
}

Scorer::Price Scorer::price_of(std::size_t index, SubjectKind kind) {
  const Detector& detector = content_->detectors[index];
  const std::uint64_t id = detector_ids_[index];
  const std::int64_t share = share_q16(detector);
  Price price{.milli = detector.points.value * share >> 16,
              .factors = {.points = static_cast<std::uint16_t>(detector.points.value / 1000),
                          .share = part_q16(share),
                          .rarity = kWholePart,
                          .prevalence = kWholePart}};
  if (detector.is_fact) return price;
  if (score_) {
    const Share rare = calibration_.weight(id, *score_);
    price.milli = static_cast<std::int64_t>(rare.of_whole(static_cast<std::uint64_t>(price.milli)));
    price.factors.rarity = part_q16(static_cast<std::int64_t>(rare.of_whole(1 << 16)));
  }
  const std::int64_t prevalence = prevalence_.weight(id, kind).q16;
  price.milli = price.milli * prevalence >> 16;
  price.factors.prevalence = part_q16(prevalence);
  return price;
}

std::int64_t Scorer::share_q16(const Detector& detector) {
  constexpr std::int64_t kWhole = 1 << 16;
  if (!detector.share) return kWhole;
  Scratch scratch(arena_);
  const Value share = detector.share->evaluate(facts_, scratch);
  if (!share.is(Kind::number)) return 0;
  return static_cast<std::int64_t>(std::clamp(share.number(), 0.0, 1.0) * kWhole);
}

bool Scorer::is_trusted(const Detector& detector) {
  if (detector.is_fact) return true;
  return std::ranges::all_of(detector.reads, [this](std::uint16_t index) {
    const Facts::FeatureFacts& facts = facts_.feature(index);
    return !facts.is_there || facts.is_mature;
  });
}

void Scorer::pay(std::size_t index, EntityRef ref, const EventView& event, Changes& changes) {
  const Detector& detector = content_->detectors[index];
  const std::uint64_t id = detector_ids_[index];
  const EntityRow& row = memory_.row(ref);
  const bool is_storm = prevalence_.fired(id, row.hash.low, event.at_us());
  EntityState& state = memory_.make_state(ref);
  if (is_storm && !detector.is_fact && state.level == 0) {
    ++counts_.muted;
    return unpaid_.note(row.hash, id, event.sequence(), event.at_us(), UnpaidWhy::storm);
  }
  const Price price = price_of(index, row.kind);
  if (price.milli <= 0) {
    return unpaid_.note(row.hash, id, event.sequence(), event.at_us(), UnpaidWhy::weight);
  }
  const auto points = static_cast<std::int32_t>(price.milli);
  const bool is_paid = Ledger::pay(memory_.pool(), memory_.names(), state.ledger,
                                   {.detector = id,
                                    .family = family_ids_[index],
                                    .factors = price.factors,
                                    .sequence = event.sequence(),
                                    .at_us = event.at_us(),
                                    .half_life_us = detector.half_life_us,
                                    .milli = points,
                                    .trusted_milli = is_trusted(detector) ? points : 0,
                                    .reason = memory_.names().add(detector.reason.text(facts_))},
                                   detector.window_us);
  chain(digests_.ledgers, std::array{event.sequence(), id, row.hash.low, row.hash.high,
                                     bits(price.milli), std::uint64_t{is_paid}});
  if (!is_paid) {
    return unpaid_.note(row.hash, id, event.sequence(), event.at_us(), UnpaidWhy::family);
  }
  ++counts_.paid;
  relevel(ref, event.at_us(), changes);
}

void Scorer::relevel(EntityRef ref, std::int64_t at_us, Changes& changes) {
  EntityState& state = *memory_.state(ref);
  const RiskThresholds& thresholds = content_->thresholds;
  const LedgerTotal total = Ledger::total(memory_.pool(), state.ledger, at_us);
  const RiskLevel before = level_of(state);
  const RiskLevel level = risk_level(before, total, thresholds);
  state.level = stored(level);
  if (level != before) state.level_since_us = at_us;
  if (!level) {
    // Nothing stands: the ledger is looked after once a day until it is empty.
    state.crossing_us = state.ledger == 0 ? INT64_MAX : at_us + kFuseUsMax;
    if (before) publish(ref, level, at_us, changes);
    return;
  }
  state.crossing_us = risk_crossing(memory_.pool(), state.ledger, *level, thresholds, at_us);
  const bool is_much_later = state.crossing_us + kFuseSlackUs >= state.standing_us + kRenewUs;
  const bool is_burning = at_us + kFuseSlackUs >= state.standing_us;
  if (level != before || is_much_later || is_burning) return publish(ref, level, at_us, changes);
  state.crossing_us = std::min(state.crossing_us, state.standing_us - kFuseSlackUs);
}

bool Scorer::is_for_many(EntityRef ref) const {
  const int users = memory_.users(ref);
  switch (memory_.row(ref).kind) {
    case SubjectKind::app:
      return users > 1;
    case SubjectKind::address:
    case SubjectKind::device:
      return users > kAddressUsersMax;
    case SubjectKind::none:
    case SubjectKind::user:
    case SubjectKind::token:
      return false;
    case SubjectKind::host:
    case SubjectKind::api:
    case SubjectKind::account:
      return true;
  }
  return true;
}

void Scorer::publish(EntityRef ref, RiskLevel level, std::int64_t at_us, Changes& changes) {
  EntityState& state = *memory_.state(ref);
  const EntityRow& row = memory_.row(ref);
  const bool stood = state.standing_us > at_us;
  state.standing_us = 0;
  if (level && is_for_many(ref)) {
    ++counts_.shared;
    level.reset();
    if (!stood) return;
  }
  if (level) state.standing_us = state.crossing_us + kFuseSlackUs;
  LevelChange change = change_of(ref, at_us);
  chain(digests_.levels, std::array{bits(at_us), row.hash.low, row.hash.high,
                                    std::uint64_t{stored(level)}, bits(change.until_us)});
  changes.push_back(std::move(change));
}

LevelChange Scorer::change_of(EntityRef ref, std::int64_t at_us) const {
  const EntityState& state = *memory_.state(ref);
  const EntityRow& row = memory_.row(ref);
  LevelChange change{.at_us = at_us,
                     .subject = {row.kind, row.hash},
                     .who = std::string(memory_.names().text(row.name))};
  if (state.standing_us <= at_us) return change;
  change.level = level_of(state);
  change.until_us = state.standing_us;
  change.reason = reason_of(state, at_us);
  return change;
}

std::optional<LevelChange> Scorer::standing(const Subject& subject, std::int64_t at_us) const {
  const auto ref = memory_.find(subject);
  if (!ref || memory_.state(*ref) == nullptr) return std::nullopt;
  LevelChange change = change_of(*ref, at_us);
  return change.level ? std::optional(std::move(change)) : std::nullopt;
}

std::string Scorer::reason_of(const EntityState& state, std::int64_t at_us) const {
  const Ledger::Lines lines = Ledger::lines(memory_.pool(), state.ledger, at_us);
  if (lines.size == 0 || lines.all[0].row == nullptr) return "many small things";
  const std::string_view first = memory_.names().text(lines.all[0].row->reason);
  if (lines.size == 1) return std::string(first);
  return fmt::format("{}; and {} more", first, lines.size - 1);
}

void Scorer::digest_scores(const EventView& event) {
  for (const std::uint16_t index : facts_.asked()) {
    const Facts::FeatureFacts& facts = facts_.feature(index);
    if (!facts.is_there) continue;
    chain(digests_.scores,
          std::array{event.sequence(), std::uint64_t{index}, bits(facts.surprise.bits.q32),
                     bits(facts.scopes.self.total.q16), std::uint64_t{facts.amount}});
  }
}

void Scorer::on_feedback(const EventView& record, Changes& changes) {
  if (record.subjects() == 0 || content_ == nullptr) return;
  const std::string_view word = record.text(EventText::name);
  const bool is_dismissed = word == kDismissed;
  const auto ref = memory_.find(record.subject(std::size_t{0}));
  if (!ref || (!is_dismissed && word != kAccepted)) return;
  EntityState* const state = memory_.state(*ref);
  if (state == nullptr) return;
  memory_.decide(*ref, is_dismissed);
  if (is_dismissed) Ledger::free(memory_.pool(), memory_.names(), state->ledger);
  relevel(*ref, record.at_us(), changes);
  memory_.schedule(*ref);
}

// name "role", detail the group, the subject a user.
void Scorer::on_context(const EventView& record) {
  if (record.subjects() == 0 || record.text(EventText::name) != kRole) return;
  Sightings who;
  who.add({record.subject(std::size_t{0}), EntityRole::actor, true, {}});
  const EntityRef ref = memory_.seat(who, record.at_us()).at[0];
  const std::string_view role = record.text(EventText::detail);
  if (ref.is_none()) return;
  memory_.set_role(ref, role.empty() ? kEverybody : stable_hash(key_, SubjectKind::none, role).low);
}

void Scorer::on_erasure(const EventView& record, Changes& changes) {
  for (std::size_t i = 0; i < record.subjects(); ++i) {
    unpaid_.forget(record.subject(i).hash);
    const auto ref = memory_.find(record.subject(i));
    if (!ref) continue;
    EntityState* const state = memory_.state(*ref);
    if (state != nullptr && state->standing_us > record.at_us()) {
      publish(*ref, std::nullopt, record.at_us(), changes);
    }
    memory_.forget(*ref);
  }
}

ScorerCounts Scorer::counts() const {
  ScorerCounts counts = counts_;
  counts.memory = memory_.counts();
  return counts;
}

}  // namespace gatehouse
