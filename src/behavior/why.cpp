#include "behavior/why.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace gatehouse {
namespace {

constexpr std::int64_t kForetoldUs = 100 * Feature::kDayUs;
constexpr std::array kRising = {VerdictLevel::watch, VerdictLevel::slow, VerdictLevel::challenge,
                                VerdictLevel::trap, VerdictLevel::block};

const RiskThreshold& threshold_of(const RiskThresholds& all, VerdictLevel level) {
  switch (level) {
    case VerdictLevel::slow:
      return all.slow;
    case VerdictLevel::challenge:
      return all.challenge;
    case VerdictLevel::trap:
      return all.trap;
    case VerdictLevel::block:
      return all.block;
    case VerdictLevel::allow:
    case VerdictLevel::watch:
      break;
  }
  return all.watch;
}

const Detector* detector_of(const Scorer& scorer, std::uint64_t id) {
  const auto ids = scorer.detector_ids();
  const auto found = std::ranges::find(ids, id);
  if (found == ids.end()) return nullptr;
  return &scorer.content()->detectors[static_cast<std::size_t>(found - ids.begin())];
}

WhyLine line_of(const Scorer& scorer, const Ledger::Line& line, std::size_t rank,
                std::int64_t at_us) {
  WhyLine shown{.rank = rank, .now = line.now, .trusted = line.trusted};
  if (line.row == nullptr) {
    shown.reason = "older and small";
    return shown;
  }
  const Contribution& row = *line.row;
  if (const Detector* const detector = detector_of(scorer, row.detector)) {
    shown.detector = detector->name;
    shown.family = detector->family;
    shown.attack = detector->attack;
  }
  shown.reason = std::string(scorer.memory().names().text(row.reason));
  shown.sequence = row.sequence;
  shown.at_us = row.at_us;
  shown.half_life_us = row.half_life_us;
  shown.times = row.times;
  shown.factors = row.factors;
  shown.paid.value = row.milli;
  shown.faded = row.worth(at_us);
  return shown;
}

std::vector<WhyLine> lines_of(const Scorer& scorer, const EntityState& state, std::int64_t at_us) {
  const Ledger::Lines lines = Ledger::lines(scorer.memory().pool(), state.ledger, at_us);
  std::vector<WhyLine> shown;
  std::size_t rank = 0;
  for (const Ledger::Line& line : lines.each()) {
    shown.push_back(line_of(scorer, line, ++rank, at_us));
  }
  std::ranges::sort(shown, {}, [](const WhyLine& line) {
    return std::tuple(line.at_us, line.sequence, line.rank);
  });
  return shown;
}

std::vector<RiskFall> falls_of(const Scorer& scorer, const EntityState& state, RiskLevel level,
                               std::int64_t at_us) {
  const SlabPool& pool = scorer.memory().pool();
  const RiskThresholds& thresholds = scorer.content()->thresholds;
  std::vector<RiskFall> falls;
  for (std::int64_t now = at_us; level && now - at_us < kForetoldUs;) {
    now = risk_crossing(pool, state.ledger, *level, thresholds, now);
    const RiskLevel then = risk_level(level, Ledger::total(pool, state.ledger, now), thresholds);
    if (then == level) continue;
    level = then;
    falls.push_back({now, level});
  }
  return falls;
}

std::optional<RiskNext> next_of(const RiskThresholds& thresholds, RiskLevel level,
                                const LedgerTotal& total) {
  for (const VerdictLevel each : kRising) {
    const RiskThreshold& threshold = threshold_of(thresholds, each);
    if (threshold.enter.value == 0 || (level && each <= *level)) continue;
    const MilliPoints has = each == VerdictLevel::watch ? total.all : total.trusted;
    return RiskNext{each, threshold.enter, has};
  }
  return std::nullopt;
}

// Cut, not rounded: what is not enough must not look like it.
std::string tenths(Weight events) {
  const auto count = events.q16 * 10 >> 16;
  return fmt::format("{}.{}", count / 10, count % 10);
}

std::string days(std::int64_t us) {
  return fmt::format("{:.1f}", static_cast<double>(us) / static_cast<double>(Feature::kDayUs));
}

// The features of the entity's own that the detector reads and that are not mature, in words.
std::string immature(const Scorer& scorer, const Detector& detector, EntityRef ref,
                     std::int64_t at_us) {
  if (detector.is_fact) return {};
  const Memory& memory = scorer.memory();
  const EntityRow& row = memory.row(ref);
  std::string text;
  for (const std::uint16_t index : detector.reads) {
    const Feature& feature = scorer.content()->features[index];
    if (feature.of != row.kind) continue;
    const FeatureId id = scorer.feature_ids()[index];
    const Scopes scopes = memory.scopes(ref, id, 0);
    if (memory.is_mature(ref, id, scopes, at_us)) continue;
    text +=
        fmt::format("{}{} has learnt {} of {} events in {} of {} days", text.empty() ? "" : "; ",
                    feature.name, tenths(scopes.learnt_total), feature.mature_events,
                    days(at_us - row.first_us), days(feature.mature_age_us));
  }
  return text;
}

std::string times(std::uint32_t count) {
  return count == 1 ? std::string("once") : fmt::format("{} times", count);
}

WhyNot turned_away(const std::string& detector, const Unpaid& unpaid) {
  WhyNot not_fired{.detector = detector, .detail = {}, .at_us = unpaid.at_us};
  switch (unpaid.why) {
    case UnpaidWhy::storm:
      not_fired.why = NotFired::storm;
      not_fired.detail = fmt::format("found {}, while it fired for over {} at once",
                                     times(unpaid.times), Prevalence::kStormEntities);
      break;
    case UnpaidWhy::family:
      not_fired.why = NotFired::family;
      not_fired.detail =
          fmt::format("found {}, when its family had paid as much", times(unpaid.times));
      break;
    case UnpaidWhy::weight:
      not_fired.why = NotFired::weight;
      not_fired.detail =
          fmt::format("found {}; its factors left nothing of its points", times(unpaid.times));
      break;
  }
  return not_fired;
}

WhyNot not_fired(const Scorer& scorer, std::size_t index, EntityRef ref, std::int64_t at_us,
                 std::span<const Contribution> rows) {
  const Detector& detector = scorer.content()->detectors[index];
  const std::uint64_t family = scorer.family_ids()[index];
  if (const auto paid = std::ranges::find(rows, family, &Contribution::family);
      paid != rows.end()) {
    const Detector* const other = detector_of(scorer, paid->detector);
    return {detector.name, NotFired::family,
            fmt::format("its family pays through {}", other == nullptr ? "another" : other->name),
            paid->at_us};
  }
  const StableHash& entity = scorer.memory().row(ref).hash;
  if (const auto unpaid = scorer.unpaid().find(entity, scorer.detector_ids()[index])) {
    return turned_away(detector.name, *unpaid);
  }
  if (std::string young = immature(scorer, detector, ref, at_us); !young.empty()) {
    return {detector.name, NotFired::immature, std::move(young)};
  }
  return {detector.name, NotFired::quiet, "nothing that it looks for was seen of late"};
}

}  // namespace

std::string_view to_text(NotFired why) {
  switch (why) {
    case NotFired::storm:
      return "storm";
    case NotFired::family:
      return "family";
    case NotFired::weight:
      return "weight";
    case NotFired::immature:
      return "immature";
    case NotFired::quiet:
      break;
  }
  return "quiet";
}

std::optional<Why> why(const Scorer& scorer, const Subject& subject, std::int64_t at_us) {
  const Memory& memory = scorer.memory();
  const auto ref = memory.find(subject);
  if (!ref || scorer.content() == nullptr) return std::nullopt;
  const EntityRow& row = memory.row(*ref);
  Why why{.subject = subject,
          .name = std::string(memory.names().text(row.name)),
          .at_us = at_us,
          .first_us = row.first_us,
          .last_us = row.last_us,
          .users = memory.users(*ref)};
  const EntityState* const state = memory.state(*ref);
  std::span<const Contribution> rows;
  if (state != nullptr) {
    rows = Ledger::rows(memory.pool(), state->ledger);
    why.sessions = state->sessions;
    why.is_for_many = scorer.is_for_many(*ref);
    why.total = Ledger::total(memory.pool(), state->ledger, at_us);
    why.level = scorer.level_of(*state);
    if (why.level) why.since_us = state->level_since_us;
    why.lines = lines_of(scorer, *state, at_us);
    why.falls = falls_of(scorer, *state, why.level, at_us);
  }
  why.next = next_of(scorer.content()->thresholds, why.level, why.total);
  const auto& detectors = scorer.content()->detectors;
  for (std::size_t i = 0; i < detectors.size(); ++i) {
    const bool has_paid =
        std::ranges::find(rows, scorer.detector_ids()[i], &Contribution::detector) != rows.end();
    if (detectors[i].about != row.kind || has_paid) continue;
    why.not_fired.push_back(not_fired(scorer, i, *ref, at_us, rows));
  }
  return why;
}

}  // namespace gatehouse
