// admin/api_token: the secret of a token of the admin API.
//
//   secret := "ghk_" and 43 characters of base64url, which are 32 random bytes
//
// Only its SHA-256 is kept. No salt and no slow hash: nobody guesses 256 random bits.
#pragma once

#include <string>
#include <string_view>

namespace gatehouse {

inline constexpr std::string_view kTokenPrefix = "ghk_";

std::string new_token_secret();
std::string token_digest(std::string_view secret);  // 64 hex digits
// What a field `Authorization: Bearer ghk_…` shows; empty if it shows no such secret.
std::string_view bearer_secret(std::string_view field);

}  // namespace gatehouse
