#include "behavior/detectors/facts.h"

#include <algorithm>

#include "behavior/models/buckets.h"

namespace gatehouse {
namespace {

struct FactName {
  std::string_view name;
  Kind kind;
};

constexpr std::array<FactName, kEventFacts> kOfEvent = {{
    {"at", Kind::timestamp},
    {"method", Kind::text},
    {"host", Kind::text},
    {"api", Kind::text},
    {"route", Kind::text},
    {"path", Kind::text},
    {"query_names", Kind::text},
    {"upstream", Kind::text},
    {"status", Kind::integer},
    {"outcome", Kind::text},
    {"fault", Kind::text},
    {"error_code", Kind::text},
    {"sign_in", Kind::text},
    {"sign_in_user", Kind::text},
    {"user", Kind::text},
    {"app", Kind::text},
    {"verified", Kind::boolean},
    {"address", Kind::address},
    {"user_agent", Kind::text},
    {"request_bytes", Kind::integer},
    {"response_bytes", Kind::integer},
    {"duration", Kind::duration},
}};

constexpr std::array<FactName, kEntityFacts> kOfEntity = {{
    {"since", Kind::timestamp},
    {"age", Kind::duration},
    {"sessions", Kind::integer},
    {"risk", Kind::number},
    {"disputed", Kind::boolean},
    {"users", Kind::integer},
}};

constexpr std::array<FactName, kFeatureFacts> kOfFeature = {{
    {"surprise", Kind::number},
    {"new", Kind::boolean},
    {"new_everywhere", Kind::boolean},
    {"mature", Kind::boolean},
    {"count", Kind::number},
    {"total", Kind::number},
    {"distinct", Kind::integer},
    {"amount", Kind::integer},
}};

constexpr std::uint64_t kDurationUsMax = INT64_MAX / 1000;  // µs that fit as nanoseconds

constexpr std::size_t kEntityFactsAll = kFactKinds.size() * kEntityFacts;

Value timestamp(std::int64_t at_us) {
  constexpr std::int64_t kSecond = 1'000'000;
  return Value::timestamp(at_us / kSecond, static_cast<std::uint32_t>(at_us % kSecond) * 1000);
}

Value events(Weight weight) { return Value::number(static_cast<double>(weight.q16) / 65'536.0); }
Value integer(std::uint64_t number) {
  return Value::integer(static_cast<std::int64_t>(std::min<std::uint64_t>(number, INT64_MAX)));
}
// An empty text is none.
Value text(std::string_view text) { return text.empty() ? Value{} : Value::text(text); }

bool is_amount(ModelKind model) { return model == ModelKind::pace || model == ModelKind::distinct; }

}  // namespace

std::optional<SubjectKind> fact_kind(std::string_view word) {
  for (const SubjectKind kind : kFactKinds) {
    if (to_text(kind) == word) return kind;
  }
  return std::nullopt;
}

bool is_entity_fact(std::string_view word) {
  return std::ranges::find(kOfEntity, word, &FactName::name) != kOfEntity.end();
}

Schema event_fact_schema() {
  Schema schema;
  for (const FactName& fact : kOfEvent) {
    schema.add("event." + std::string(fact.name), Type(fact.kind));
  }
  return schema;
}

Schema fact_schema(const std::vector<Feature>& features) {
  Schema schema = event_fact_schema();
  for (const SubjectKind kind : kFactKinds) {
    for (const FactName& fact : kOfEntity) {
      schema.add(std::string(to_text(kind)) + '.' + std::string(fact.name), Type(fact.kind));
    }
  }
  for (const Feature& feature : features) {
    for (const FactName& fact : kOfFeature) {
      schema.add(feature.name + '.' + std::string(fact.name), Type(fact.kind));
    }
  }
  return schema;
}

FactPlace fact_place(Slot slot) {
  using enum FactPlace::Of;
  std::size_t at = slot;
  if (at < kEventFacts) return {event, 0, static_cast<std::uint8_t>(at)};
  at -= kEventFacts;
  const bool is_entity = at < kEntityFactsAll;
  if (!is_entity) at -= kEntityFactsAll;
  const std::size_t fields = is_entity ? kEntityFacts : kFeatureFacts;
  return {is_entity ? entity : feature, static_cast<std::uint16_t>(at / fields),
          static_cast<std::uint8_t>(at % fields)};
}

void Facts::begin(const EventView& event, const Sightings& who, const Memory::Seats& seats,
                  std::span<const FeatureId> ids,
                  std::span<const std::optional<std::uint64_t>> values) {
  event_ = &event;
  who_ = &who;
  seats_ = &seats;
  ids_ = ids;
  values_ = values;
  facts_.resize(std::max(facts_.size(), ids.size()));
  is_computed_.assign(ids.size(), 0);
  asked_.clear();
}

Value Facts::get(Slot slot) {
  const FactPlace place = fact_place(slot);
  switch (place.of) {
    case FactPlace::Of::event:
      return of_event(static_cast<EventFact>(place.field));
    case FactPlace::Of::entity:
      return of_entity(kFactKinds[place.index], static_cast<EntityFact>(place.field));
    case FactPlace::Of::feature:
      return of_feature(place.index, static_cast<FeatureFact>(place.field));
  }
  return {};
}

EntityRef Facts::seat_of(SubjectKind kind) const {
  for (std::size_t i = 0; i < seats_->size; ++i) {
    const Sighting& each = who_->begin()[i];
    if (each.subject.kind == kind && each.role != EntityRole::claimed) return seats_->at[i];
  }
  return {};
}

Value Facts::of_event(EventFact fact) {
  const auto of = [this](EventText which) { return text(event_->text(which)); };
  switch (fact) {
    case EventFact::at:
      return timestamp(event_->at_us());
    case EventFact::method:
      return of(EventText::method);
    case EventFact::host:
      return of(EventText::host);
    case EventFact::api:
      return of(EventText::api);
    case EventFact::route:
      return text(text_in(EventValue::route, *event_, {}));
    case EventFact::path:
      return of(EventText::path);
    case EventFact::query_names:
      return of(EventText::query_names);
    case EventFact::upstream:
      return of(EventText::upstream);
    case EventFact::status:
      return Value::integer(event_->status());
    case EventFact::outcome:
      return Value::text(to_text(event_->outcome()));
    case EventFact::fault:
      return Value::text(to_text(event_->fault()));
    case EventFact::error_code:
      return of(EventText::error_code);
    case EventFact::sign_in:
      return Value::text(to_text(event_->sign_in()));
    case EventFact::sign_in_user:
      return of(EventText::sign_in_user);
    case EventFact::user:
      return of(EventText::user);
    case EventFact::app:
      return of(EventText::app);
    case EventFact::verified:
      return Value::boolean(event_->verified());
    case EventFact::address: {
      const auto parsed = IpAddress::parse(event_->client());
      if (!parsed) return {};
      address_ = *parsed;
      return Value::address(address_);
    }
    case EventFact::user_agent:
      return of(EventText::user_agent);
    case EventFact::request_bytes:
      return integer(event_->request_bytes());
    case EventFact::response_bytes:
      return integer(event_->response_bytes());
    case EventFact::duration: {
      const std::uint64_t us = std::min(event_->duration_us(), kDurationUsMax);
      return Value::duration_ns(static_cast<std::int64_t>(us) * 1000);
    }
  }
  return {};
}

Value Facts::of_entity(SubjectKind kind, EntityFact fact) const {
  const EntityRef ref = seat_of(kind);
  if (ref.is_none()) return {};
  const EntityRow& row = memory_.row(ref);
  const EntityState* const state = memory_.state(ref);
  switch (fact) {
    case EntityFact::since:
      return timestamp(row.first_us);
    case EntityFact::age:
      return Value::duration_ns((event_->at_us() - row.first_us) * 1000);
    case EntityFact::sessions:
      return integer(state == nullptr ? 0 : state->sessions);
    case EntityFact::risk: {
      if (state == nullptr) return Value::number(0);
      const LedgerTotal total = Ledger::total(memory_.pool(), state->ledger, event_->at_us());
      return Value::number(static_cast<double>(total.all.value) / 1000.0);
    }
    case EntityFact::disputed:
      return Value::boolean(state != nullptr && memory_.is_disputed(*state));
    case EntityFact::users:
      return Value::integer(memory_.users(ref));
  }
  return {};
}

Facts::FeatureFacts Facts::compute(std::size_t index) const {
  const FeatureId id = ids_[index];
  const Feature& feature = table_.at(id);
  const EntityRef ref = seat_of(feature.of);
  if (ref.is_none()) return {};
  FeatureFacts facts;
  if (is_amount(feature.model)) {
    facts.amount = memory_.amount(ref, id);
    if (facts.amount == 0) return {};
    facts.scopes = memory_.scopes(ref, id, bucket_of(facts.amount));
    facts.surprise = surprise_of_amount(facts.scopes);
  } else {
    if (!values_[index]) return {};
    facts.scopes = memory_.scopes(ref, id, *values_[index]);
    facts.surprise = surprise_of_value(facts.scopes);
  }
  facts.is_there = true;
  facts.is_mature = memory_.is_mature(ref, id, facts.scopes, event_->at_us());
  return facts;
}

const Facts::FeatureFacts& Facts::feature(std::size_t index) {
  if (is_computed_[index] == 0) {
    is_computed_[index] = 1;
    facts_[index] = compute(index);
    asked_.push_back(static_cast<std::uint16_t>(index));
  }
  return facts_[index];
}

Value Facts::of_feature(std::size_t index, FeatureFact fact) {
  const FeatureFacts& facts = feature(index);
  if (!facts.is_there) return {};
  switch (fact) {
    case FeatureFact::surprise:
      return Value::number(static_cast<double>(facts.surprise.bits.q32) / 4'294'967'296.0);
    case FeatureFact::is_new:
      return Value::boolean(facts.surprise.is_new);
    case FeatureFact::is_new_everywhere:
      return Value::boolean(facts.surprise.is_new_everywhere);
    case FeatureFact::mature:
      return Value::boolean(facts.is_mature);
    case FeatureFact::count:
      return events(facts.scopes.self.count);
    case FeatureFact::total:
      return events(facts.scopes.self.total);
    case FeatureFact::distinct:
      return integer(facts.scopes.self.distinct);
    case FeatureFact::amount:
      return is_amount(table_.at(ids_[index]).model) ? integer(facts.amount) : Value{};
  }
  return {};
}

}  // namespace gatehouse
