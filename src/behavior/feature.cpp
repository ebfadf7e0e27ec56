#include "behavior/feature.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/ip_address.h"
#include "behavior/models/hours.h"
#include "behavior/models/seen.h"

namespace gatehouse {
namespace {

struct ValueWord {
  EventValue value;
  std::string_view word;
};

constexpr std::array kWords = {
    ValueWord{EventValue::none, "none"},
    ValueWord{EventValue::method, "method"},
    ValueWord{EventValue::host, "host"},
    ValueWord{EventValue::api, "api"},
    ValueWord{EventValue::route, "route"},
    ValueWord{EventValue::path, "path"},
    ValueWord{EventValue::query_names, "query_names"},
    ValueWord{EventValue::upstream, "upstream"},
    ValueWord{EventValue::status, "status"},
    ValueWord{EventValue::error_code, "error_code"},
    ValueWord{EventValue::user_agent, "user_agent"},
    ValueWord{EventValue::sign_in_user, "sign_in_user"},
    ValueWord{EventValue::address, "address"},
    ValueWord{EventValue::network, "network"},
    ValueWord{EventValue::user, "user"},
    ValueWord{EventValue::app, "app"},
    ValueWord{EventValue::token, "token"},
    ValueWord{EventValue::device, "device"},
};

std::string_view print(std::span<char> room, std::string_view format, auto... values) {
  const auto end =
      fmt::vformat_to_n(room.data(), room.size(), format, fmt::make_format_args(values...));
  return {room.data(), std::min(end.size, room.size())};
}

std::string_view network_of(std::string_view address, std::span<char> room) {
  const auto parsed = IpAddress::parse(address);
  if (!parsed) return {};
  const auto& bytes = parsed->bytes;
  if (parsed->is_v4()) return print(room, "{}.{}.{}.0/24", bytes[12], bytes[13], bytes[14]);
  const auto pair = [&bytes](std::size_t i) { return bytes[i] << 8 | bytes[i + 1]; };
  return print(room, "{:x}:{:x}:{:x}::/48", pair(0), pair(2), pair(4));
}

// Of values that are entities themselves.
SubjectKind kind_of(EventValue value) {
  switch (value) {
    case EventValue::address:
      return SubjectKind::address;
    case EventValue::user:
      return SubjectKind::user;
    case EventValue::app:
      return SubjectKind::app;
    case EventValue::token:
      return SubjectKind::token;
    case EventValue::device:
      return SubjectKind::device;
    case EventValue::none:
    case EventValue::method:
    case EventValue::host:
    case EventValue::api:
    case EventValue::route:
    case EventValue::path:
    case EventValue::query_names:
    case EventValue::upstream:
    case EventValue::status:
    case EventValue::error_code:
    case EventValue::user_agent:
    case EventValue::sign_in_user:
    case EventValue::network:
      return SubjectKind::none;
  }
  return SubjectKind::none;
}

}  // namespace

std::string_view to_text(EventValue value) { return kWords[static_cast<std::size_t>(value)].word; }

std::optional<EventValue> event_value(std::string_view word) {
  const auto found = std::ranges::find(kWords, word, &ValueWord::word);
  return found == kWords.end() ? std::nullopt : std::optional(found->value);
}

std::string_view text_in(EventValue value, const EventView& event, std::span<char> room) {
  switch (value) {
    case EventValue::none:
      return {};
    case EventValue::method:
      return event.text(EventText::method);
    case EventValue::host:
      return event.text(EventText::host);
    case EventValue::api:
      return event.text(EventText::api);
    case EventValue::route: {
      const std::string_view named = event.text(EventText::route);
      return named.empty() ? event.text(EventText::route_pattern) : named;
    }
    case EventValue::path:
      return event.text(EventText::path);
    case EventValue::query_names:
      return event.text(EventText::query_names);
    case EventValue::upstream:
      return event.text(EventText::upstream);
    case EventValue::status:
      return event.status() == 0 ? std::string_view{} : print(room, "{}", event.status());
    case EventValue::error_code:
      return event.text(EventText::error_code);
    case EventValue::user_agent:
      return device_text(event.text(EventText::user_agent), room);
    case EventValue::sign_in_user:
      return event.text(EventText::sign_in_user);
    case EventValue::address:
      return event.client();
    case EventValue::network:
      return network_of(event.client(), room);
    case EventValue::user:
      return event.text(EventText::user);
    case EventValue::app:
      return event.text(EventText::app);
    case EventValue::token:
      return event.text(EventText::credential);
    case EventValue::device:
      return device_text(event.text(EventText::user_agent), room);
  }
  return {};
}

std::optional<std::uint64_t> value_in(const Feature& feature, const HashKey& key,
                                      const EventView& event, const Sightings& who) {
  if (feature.model == ModelKind::hours) return hour_of_week(event.at_us());
  if (feature.model == ModelKind::pace) return 0;
  if (const SubjectKind kind = kind_of(feature.value); kind != SubjectKind::none) {
    const Sighting* const sighting = who.find(kind);
    return sighting == nullptr ? std::nullopt : std::optional(sighting->subject.hash.low);
  }
  std::array<char, 256> room;
  const std::string_view text = text_in(feature.value, event, room);
  if (text.empty()) return std::nullopt;
  return seen_value(key, text);
}

std::optional<FeatureId> FeatureTable::add(const Feature& feature) {
  const auto known = std::ranges::find(rows_, feature, &Row::feature);
  if (known != rows_.end()) return static_cast<FeatureId>(known - rows_.begin());
  if (rows_.size() == kFeaturesMax) return std::nullopt;
  const Decay decay(feature.half_life_us);
  auto same = std::ranges::find(decays_, decay.half_life_us(), &Decay::half_life_us);
  if (same == decays_.end()) same = decays_.insert(same, decay);
  const auto id = static_cast<FeatureId>(rows_.size());
  auto& slots = slots_[static_cast<std::size_t>(feature.of)];
  rows_.push_back({.feature = feature,
                   .slot = static_cast<std::uint16_t>(slots.size()),
                   .decay = static_cast<std::uint16_t>(same - decays_.begin())});
  slots.push_back(id);
  moment_us_ = INT64_MIN;
  return id;
}

void FeatureTable::activate(std::span<const FeatureId> ids) {
  for (Row& row : rows_) row.is_active = false;
  for (const FeatureId id : ids) rows_[id].is_active = true;
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    active_[kind].clear();
    for (const FeatureId id : slots_[kind]) {
      if (rows_[id].is_active) active_[kind].push_back(id);
    }
  }
}

void FeatureTable::set_moment(std::int64_t at_us) {
  if (at_us == moment_us_) return;
  moment_us_ = at_us;
  moments_.clear();
  for (const Decay& decay : decays_) moments_.push_back(decay.at(at_us));
}

}  // namespace gatehouse
