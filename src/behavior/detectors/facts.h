// behavior/detectors/facts: the typed table of what a detector may ask about an event.
//
// Place    content makes a FactTable of its features and compiles detectors against its schema;
//          scorer fills Facts for each event and evaluates them.
// Facts    of the event      event.method, event.status, event.sign_in, …
//          of an entity      user.age, user.sessions, user.risk, user.disputed, address.users
//          of a feature      user.routes.surprise, .new, .new_everywhere, .mature, .count, .total,
//                            .distinct; of pace and distinct .amount, the open window's
// Absent   what can't be computed: no such entity in the event, no value, no state yet. has() is
//          false of it. An immature fact is there, with `.mature` false.
// Cost     each is computed when it is asked for, and at most once an event.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "behavior/memory.h"
#include "expr/program.h"

namespace gatehouse {

enum class EventFact : std::uint8_t {
  at,
  method,
  host,
  api,
  route,
  path,
  query_names,
  upstream,
  status,
  outcome,
  fault,
  error_code,
  sign_in,
  sign_in_user,
  user,
  app,
  verified,
  address,
  user_agent,
  request_bytes,
  response_bytes,
  duration,
};
inline constexpr std::size_t kEventFacts = static_cast<std::size_t>(EventFact::duration) + 1;

enum class EntityFact : std::uint8_t { since, age, sessions, risk, disputed, users };
inline constexpr std::size_t kEntityFacts = static_cast<std::size_t>(EntityFact::users) + 1;

enum class FeatureFact : std::uint8_t {
  surprise,
  is_new,
  is_new_everywhere,
  mature,
  count,
  total,
  distinct,
  amount,
};
inline constexpr std::size_t kFeatureFacts = static_cast<std::size_t>(FeatureFact::amount) + 1;

// The kinds of entities that facts, features and detectors may be about.
inline constexpr std::array kFactKinds = {SubjectKind::user,    SubjectKind::app,
                                          SubjectKind::token,   SubjectKind::device,
                                          SubjectKind::address, SubjectKind::api};
std::optional<SubjectKind> fact_kind(std::string_view word);
// Whether a feature's own word would hide a fact of its entity.
bool is_entity_fact(std::string_view word);

// The names of the event's facts alone: what a feature's `where` may ask.
Schema event_fact_schema();
// And those of entities, and of these features by their place in the list.
Schema fact_schema(const std::vector<Feature>& features);

struct FactPlace {
  enum class Of : std::uint8_t { event, entity, feature };
  Of of = Of::event;
  std::uint16_t index = 0;  // of the kind in kFactKinds, or of the feature
  std::uint8_t field = 0;
};
FactPlace fact_place(Slot slot);

class Facts final : public Environment {
 public:
  // What is known of one feature in this event.
  struct FeatureFacts {
    bool is_there = false;
    bool is_mature = false;
    Scopes scopes;
    Surprise surprise;
    std::uint32_t amount = 0;
  };

  // All outlive the facts. `ids` and `values` stand beside the features; a value is absent when the
  // event has none or is none of those that the feature counts.
  Facts(const Memory& memory, const FeatureTable& features) : memory_(memory), table_(features) {}
  void begin(const EventView& event, const Sightings& who, const Memory::Seats& seats,
             std::span<const FeatureId> ids, std::span<const std::optional<std::uint64_t>> values);

  Value get(Slot slot) override;
  const FeatureFacts& feature(std::size_t index);
  // The features that were asked for in this event, in the order of asking.
  std::span<const std::uint16_t> asked() const { return asked_; }
  // The seat of the one that acts, or is acted from or on; none of who is only claimed.
  EntityRef seat_of(SubjectKind kind) const;

 private:
  Value of_event(EventFact fact);
  Value of_entity(SubjectKind kind, EntityFact fact) const;
  Value of_feature(std::size_t index, FeatureFact fact);
  FeatureFacts compute(std::size_t index) const;

  const Memory& memory_;
  const FeatureTable& table_;
  const EventView* event_ = nullptr;
  const Sightings* who_ = nullptr;
  const Memory::Seats* seats_ = nullptr;
  std::span<const FeatureId> ids_;
  std::span<const std::optional<std::uint64_t>> values_;
  std::vector<FeatureFacts> facts_;
  std::vector<std::uint8_t> is_computed_;
  std::vector<std::uint16_t> asked_;
  IpAddress address_;
};

}  // namespace gatehouse
