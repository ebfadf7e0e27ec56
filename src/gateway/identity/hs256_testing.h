// gateway/identity/hs256_testing: signs tokens for tests, which the product never does.
#pragma once

#include <string>
#include <string_view>

#include "base/base64url.h"
#include "base/digest.h"

namespace gatehouse::testing {

inline std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

// HMAC-SHA-256 (RFC 2104) of a key of any length.
inline std::string hmac_sha256(std::string_view key, std::string_view message) {
  std::string inner = key.size() > 64 ? from_hex(sha256_hex(key)) : std::string(key);
  inner.resize(64, '\0');
  std::string outer = inner;
  for (char& c : inner) c = static_cast<char>(c ^ 0x36);
  for (char& c : outer) c = static_cast<char>(c ^ 0x5c);
  return from_hex(sha256_hex(outer + from_hex(sha256_hex(inner + std::string(message)))));
}

// Header and claims as they are, whatever they are.
inline std::string hs256_token(std::string_view header, std::string_view claims,
                               std::string_view secret) {
  const std::string message = to_base64url(header) + '.' + to_base64url(claims);
  return message + '.' + to_base64url(hmac_sha256(secret, message));
}

}  // namespace gatehouse::testing
