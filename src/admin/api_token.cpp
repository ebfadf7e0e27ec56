#include "admin/api_token.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/base64url.h"
#include "base/digest.h"
#include "http/message.h"

namespace gatehouse {
namespace {

constexpr std::size_t kRandomBytes = 32;
constexpr std::size_t kSecretBytes = kTokenPrefix.size() + 43;

bool is_base64url(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

}  // namespace

std::string new_token_secret() {
  std::array<char, kRandomBytes> bytes;
  // A kernel that has no randomness can't be served around.
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    std::abort();
  }
  return std::string(kTokenPrefix) + to_base64url({bytes.data(), bytes.size()});
}

std::string token_digest(std::string_view secret) { return sha256_hex(secret); }

std::string_view bearer_secret(std::string_view field) {
  constexpr std::string_view kScheme = "bearer ";
  if (field.size() < kScheme.size() ||
      !equals_ignoring_case(field.substr(0, kScheme.size()), kScheme)) {
    return {};
  }
  field.remove_prefix(kScheme.size());
  const bool is_one = field.size() == kSecretBytes && field.starts_with(kTokenPrefix) &&
                      std::ranges::all_of(field.substr(kTokenPrefix.size()), is_base64url);
  return is_one ? field : std::string_view();
}

}  // namespace gatehouse
