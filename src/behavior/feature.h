// behavior/feature: what a model learns, and of whom: `user.routes`, `address.failures`.
//
// Place    content declares features; FeatureTable keeps each once for as long as the engine runs,
//          so that what was learnt outlives a change of content that still names the feature.
// Holds    kFeaturesMax features, the half-lives among them once each.
// Full     at kFeaturesMax another one is refused; the content that brought it is not taken.
// Idle     a feature that no content names any more is neither fed nor read, and what was learnt of
//          it goes at each entity's next commit.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/stable_hash.h"
#include "behavior/decay.h"
#include "behavior/delta.h"
#include "behavior/models.h"
#include "behavior/resolve.h"
#include "events/event.h"

namespace gatehouse {

// The part of an event that a feature is about.
enum class EventValue : std::uint8_t {
  none,  // of hours and pace: that it happened
  method,
  host,
  api,
  route,
  path,
  query_names,
  upstream,
  status,
  error_code,
  user_agent,
  sign_in_user,
  address,
  network,  // the address's /24, or /48 of IPv6
  user,
  app,
  token,
  device,
};

std::string_view to_text(EventValue value);
std::optional<EventValue> event_value(std::string_view word);

struct Feature {
  static constexpr std::int64_t kDayUs = 24LL * 3600 * 1'000'000;

  std::string name;  // "user.routes": the kind of entity, a dot, and a word
  SubjectKind of = SubjectKind::user;
  ModelKind model = ModelKind::seen;
  EventValue value = EventValue::none;
  std::int64_t half_life_us = 14 * kDayUs;
  std::int64_t window_us = 60'000'000;  // of pace and distinct
  // Mature: this old and with so much learnt.
  std::int64_t mature_age_us = 7 * kDayUs;
  std::int64_t mature_events = 30;
  std::string where = {};  // an expression over the event: which ones count; empty: all

  bool operator==(const Feature&) const = default;
};

// Its value in an event, as `seen` and `distinct` take it; nothing when the event has none.
std::optional<std::uint64_t> value_in(const Feature& feature, const HashKey& key,
                                      const EventView& event, const Sightings& who);
// The same for a person to read. `room` holds what must be made.
std::string_view text_in(EventValue value, const EventView& event, std::span<char> room);

class FeatureTable {
 public:
  static constexpr std::size_t kFeaturesMax = 320;

  // The id of an equal feature, or a new one; nothing when full.
  std::optional<FeatureId> add(const Feature& feature);
  // Only these are active from now on.
  void activate(std::span<const FeatureId> ids);

  const Feature& at(FeatureId id) const { return rows_[id].feature; }
  bool is_active(FeatureId id) const { return rows_[id].is_active; }
  // Its place among the features of its kind of entity.
  std::uint16_t slot(FeatureId id) const { return rows_[id].slot; }
  const Decay& decay(FeatureId id) const { return decays_[rows_[id].decay]; }
  // The active ones of a kind, in order of id.
  std::span<const FeatureId> active(SubjectKind kind) const {
    return active_[static_cast<std::size_t>(kind)];
  }
  // All of a kind by slot.
  std::span<const FeatureId> by_slot(SubjectKind kind) const {
    return slots_[static_cast<std::size_t>(kind)];
  }
  std::size_t size() const { return rows_.size(); }

  // The moment as each feature's half-life sees it: made once an event.
  void set_moment(std::int64_t at_us);
  const DecayMoment& moment(FeatureId id) const { return moments_[rows_[id].decay]; }

 private:
  struct Row {
    Feature feature;
    std::uint16_t slot = 0;
    std::uint16_t decay = 0;
    bool is_active = false;
  };
  static constexpr std::size_t kKinds = static_cast<std::size_t>(SubjectKind::account) + 1;

  std::vector<Row> rows_;
  std::vector<Decay> decays_;
  std::vector<DecayMoment> moments_;
  std::int64_t moment_us_ = INT64_MIN;
  std::vector<FeatureId> active_[kKinds];
  std::vector<FeatureId> slots_[kKinds];
};

}  // namespace gatehouse
