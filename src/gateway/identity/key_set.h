// gateway/identity/key_set: the keys that may have signed a token (JWK and JWKS, RFC 7517).
//
// Place    read from a file, an answer of the issuer or a secret; immutable, shared by all workers.
// Strict   a key that is private only in name (`use` other than sig, `key_ops` without verify) or
//          of a kind that signs nothing here is passed over; one that claims to be ours and is weak
//          or broken makes the whole set unreadable, since somebody counts on it.
// Full     more than kKeysMax keys or kBytesMax bytes: the set is not read.
// Errors   E0420.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/signature.h"

namespace gatehouse {

struct TokenKey {
  std::string kid;  // empty: it has none
  // What the key is bound to; without it the policy's first algorithm for the key's type counts.
  std::optional<SignatureAlgorithm> algorithm;
  std::unique_ptr<const SignatureKey> key;

  // The one algorithm that the key serves under a policy that allows these; none: not used at all.
  std::optional<SignatureAlgorithm> bound_to(std::span<const SignatureAlgorithm> allowed) const;
};

class KeySet {
 public:
  static constexpr std::size_t kBytesMax = 512 * 1024;
  static constexpr std::size_t kKeysMax = 64;
  static constexpr std::size_t kKidBytesMax = 256;

  // A JWKS, or one JWK alone.
  [[nodiscard]] static Result<std::shared_ptr<const KeySet>> read(std::string_view text);
  [[nodiscard]] static Result<std::shared_ptr<const KeySet>> of_secret(std::string_view secret);

  const std::vector<TokenKey>& keys() const { return keys_; }
  std::size_t passed_over() const { return passed_over_; }
  // SHA-256 of the text that it was read from: the same text is the same set.
  const std::string& digest() const { return digest_; }

 private:
  std::vector<TokenKey> keys_;
  std::size_t passed_over_ = 0;
  std::string digest_;
};

}  // namespace gatehouse
