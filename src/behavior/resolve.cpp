#include "behavior/resolve.h"

#include <cstring>
#include <optional>

namespace gatehouse {
namespace {

constexpr std::size_t kHashBytes = sizeof(std::uint64_t) * 2;
constexpr std::size_t kDeviceBytesMax = kHashBytes + 256;

bool is_version(char c) { return (c >= '0' && c <= '9') || c == '.' || c == '_'; }

std::optional<std::uint64_t> hex64(std::string_view digits) {
  std::uint64_t value = 0;
  for (const char c : digits) {
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_digit && (c < 'a' || c > 'f')) return std::nullopt;
    value = value << 4 | static_cast<std::uint64_t>(is_digit ? c - '0' : c - 'a' + 10);
  }
  return value;
}

// The record's own text for a credential: 32 hex digits, the high half first.
std::optional<StableHash> credential(std::string_view text) {
  if (text.size() != 32) return std::nullopt;
  const auto high = hex64(text.substr(0, 16));
  const auto low = hex64(text.substr(16));
  return high && low ? std::optional(StableHash{*low, *high}) : std::nullopt;
}

struct Reader {
  const HashKey& key;
  const EventView& event;
  Sightings& found;

  std::optional<Subject> subject(SubjectKind kind, EventText text) const {
    if (const auto hash = event.subject(kind)) return Subject{kind, *hash};
    if (event.text(text).empty()) return std::nullopt;
    return Subject{kind, stable_hash(key, kind, event.text(text))};
  }

  void token() const {
    std::optional<StableHash> hash = event.subject(SubjectKind::token);
    if (!hash) hash = credential(event.text(EventText::credential));
    if (!hash) return;
    found.add({.subject = {SubjectKind::token, *hash},
               .role = EntityRole::actor,
               .is_verified = event.verified(),
               .name = event.text(EventText::credential)});
  }

  void user() const {
    const std::string_view tried = event.text(EventText::sign_in_user);
    const bool signed_in = event.sign_in() == EventSignIn::ok;
    if (event.verified()) {
      if (const auto who = subject(SubjectKind::user, EventText::user)) {
        found.add({*who, EntityRole::actor, true, event.text(EventText::user)});
        return;
      }
    }
    if (signed_in && !tried.empty()) {
      found.add({{SubjectKind::user, stable_hash(key, SubjectKind::user, tried)},
                 EntityRole::actor,
                 true,
                 tried});
    }
  }

  void app() const {
    if (!event.verified()) return;
    if (const auto who = subject(SubjectKind::app, EventText::app)) {
      found.add({*who, EntityRole::actor, true, event.text(EventText::app)});
    }
  }

  bool is_proved() const { return event.verified() || event.sign_in() == EventSignIn::ok; }

  void device(const std::optional<Subject>& address) const {
    const std::string_view agent = event.text(EventText::user_agent);
    const Sighting* owner = found.find(SubjectKind::user);
    if (owner == nullptr) owner = found.find(SubjectKind::app);
    if (agent.empty() || (owner == nullptr && !address)) return;
    const StableHash of = owner != nullptr ? owner->subject.hash : address->hash;
    std::array<char, kDeviceBytesMax> text;
    std::memcpy(text.data(), &of.low, sizeof(of.low));
    std::memcpy(text.data() + sizeof(of.low), &of.high, sizeof(of.high));
    const std::string_view products = device_text(agent, std::span(text).subspan(kHashBytes));
    found.add({{SubjectKind::device,
                stable_hash(key, SubjectKind::device, {text.data(), kHashBytes + products.size()})},
               EntityRole::device,
               is_proved(),
               agent});
  }

  void claimed() const {
    const std::string_view tried = event.text(EventText::sign_in_user);
    if (tried.empty() || event.sign_in() == EventSignIn::ok) return;
    const Subject who{SubjectKind::user, stable_hash(key, SubjectKind::user, tried)};
    const Sighting* const known = found.find(SubjectKind::user);
    if (known != nullptr && known->subject == who) return;
    found.add({who, EntityRole::claimed, false, tried});
  }
};

bool is_request(EventKind kind) {
  return kind == EventKind::final || kind == EventKind::open || kind == EventKind::progress;
}

}  // namespace

void Sightings::add(const Sighting& sighting) {
  if (size_ < kMax) all_[size_++] = sighting;
}

const Sighting* Sightings::find(SubjectKind kind) const {
  for (const Sighting& each : *this) {
    if (each.subject.kind == kind) return &each;
  }
  return nullptr;
}

std::string_view device_text(std::string_view user_agent, std::span<char> into) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < user_agent.size() && size < into.size(); ++i) {
    into[size++] = user_agent[i];
    if (user_agent[i] != '/') continue;
    while (i + 1 < user_agent.size() && is_version(user_agent[i + 1])) ++i;
  }
  return {into.data(), size};
}

Sightings resolve(const HashKey& key, const EventView& event) {
  Sightings found;
  if (!is_request(event.kind())) return found;
  const Reader reader{key, event, found};
  std::optional<Subject> address;
  if (const auto hash = event.subject(SubjectKind::address)) {
    address = Subject{SubjectKind::address, *hash};
  } else if (!event.client().empty()) {
    address = Subject{SubjectKind::address, stable_hash(key, SubjectKind::address, event.client())};
  }
  reader.token();
  reader.user();
  reader.app();
  reader.device(address);
  if (address) {
    found.add({*address, EntityRole::origin, reader.is_proved(), event.client()});
  }
  if (const auto api = reader.subject(SubjectKind::api, EventText::api)) {
    found.add({*api, EntityRole::target, true, event.text(EventText::api)});
  }
  reader.claimed();
  return found;
}

}  // namespace gatehouse
