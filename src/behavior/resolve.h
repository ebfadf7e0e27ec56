// behavior/resolve: who and what takes part in an event, in a fixed order.
//
// Place    first thing done with a record; a pure function of it and the installation's key.
// Order    the narrowest first: token, user, app, device, address, API, claimed user. Each at most
//          once; what an event doesn't tell is left out.
// Proved   token, user and app, and with them the device and the address that they came from, when
//          the gate checked the proof; also the user and the address of a sign-in that went well.
//          An API is named by the config, so it is. Everything else is not: see entity.
// Device   the events have no fingerprint of TLS or of the order of headers; the one here is the
//          User-Agent without its version numbers (a browser's update is no new device), bound to
//          whom it belongs: the user, else the app, else the address. So it tells one user's
//          devices apart, and never says that two users share one. No User-Agent, no device.
// Hash     each (kind, name) under the key, as the gate makes them; what the gate has hashed is
//          taken as it is. A claimed name too long for a record hashes as what was kept of it.
#pragma once

#include <array>
#include <cstddef>

#include "base/stable_hash.h"
#include "behavior/entity.h"
#include "events/event.h"

namespace gatehouse {

class Sightings {
 public:
  static constexpr std::size_t kMax = 8;

  void add(const Sighting& sighting);
  std::size_t size() const { return size_; }
  const Sighting* begin() const { return all_.data(); }
  const Sighting* end() const { return all_.data() + size_; }
  // The first of that kind; nullptr if there is none.
  const Sighting* find(SubjectKind kind) const;

 private:
  std::array<Sighting, kMax> all_{};
  std::size_t size_ = 0;
};

// Of final, open and progress records; of others it is empty. The names are views into the record.
Sightings resolve(const HashKey& key, const EventView& event);

// The text that a device is known by: products without versions. At most `into.size()` bytes.
std::string_view device_text(std::string_view user_agent, std::span<char> into);

}  // namespace gatehouse
