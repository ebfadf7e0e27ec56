// gateway/identity/credential_places: where a request may show a key, and how it is taken away.
//
// Reads    one field, else one query parameter, else one cookie; a name that is empty is no place.
// Holds    views into the request, or copies in its arena.
// Errors   a key that is there twice in its place is doubled, and no one of them counts.
#pragma once

#include <string>
#include <string_view>

#include "http/message.h"

namespace gatehouse {

struct CredentialPlaces {
  std::string header;
  std::string query;
  std::string cookie;
};

struct ShownCredential {
  bool is_there = false;
  bool is_doubled = false;
  std::string_view text;
};

// A query's value has its percent escapes decoded.
ShownCredential find_shown(const RequestHead& request, const CredentialPlaces& places,
                           Arena& arena);

// From all places, whichever it was found in; false when the arena is full.
[[nodiscard]] bool remove_shown(RequestHead& request, const CredentialPlaces& places, Arena& arena);

}  // namespace gatehouse
