// gateway/identity/key_place: where a key set comes from: a file, or an address of http or https.
//
//   place := path | ("https" | "http") "://" host (":" port)? ("/" …)?
//
// A user, a password and a fragment have no meaning here and are refused. A path is taken from the
// folder of the file that names it.
#pragma once

#include <optional>
#include <string>

#include "config/scalar.h"

namespace gatehouse {

struct KeyPlace {
  FilePath file;  // empty for an address
  bool tls = false;
  std::string host;  // an IPv6 address without brackets
  std::uint16_t port = 0;
  std::string authority;  // as written
  std::string target;     // "/path?query"

  bool empty() const { return file.path.empty() && host.empty(); }
  bool is_address() const { return !host.empty(); }
  // For logs and metrics: without the query, which may hold a secret.
  std::string shown() const;
  bool operator==(const KeyPlace&) const = default;
};

template <>
struct Scalar<KeyPlace> {
  static constexpr std::string_view kType = "path or address";
  static constexpr std::string_view kExpected = "a path, or an address of https or http";
  static constexpr std::string_view kExample = "https://id.example/.well-known/jwks.json";
  static std::optional<KeyPlace> parse(const Node& node);
  static std::string text(const KeyPlace& value) { return value.shown(); }
};

}  // namespace gatehouse
