// gateway/identity/token: a signed token in compact form (RFC 7515, 7519), taken apart and checked.
//
// Place    one TokenCheck a policy and worker; it holds a prepared SignatureCheck for each key.
// Strict   three parts of strict base64url, header and claims strict JSON objects. The algorithm is
//          the key's: the token's must equal it. `none`, `crit`, `b64`, nested and encrypted
//          tokens are refused; keys that the header brings or points to (`jwk`, `jku`, `x5u`,
//          `x5c`) mean nothing. The signature is checked before any claim is believed.
// Full     a token longer than kBytesMax; at most kTriesMax keys are tried where no `kid` decides.
// Errors   a TokenFault and a fixed sentence for it; never a word of the token.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "gateway/identity/json.h"
#include "gateway/identity/key_set.h"

namespace gatehouse {

struct TokenRules {
  std::vector<SignatureAlgorithm> algorithms;
  std::string issuer;                  // empty: any
  std::vector<std::string> audiences;  // none: any
  std::chrono::seconds skew{30};
  bool needs_expiry = true;
  std::string user_claim = "sub";
  std::string app_claim;                 // empty: none
  std::vector<std::string> forwarded{};  // claims whose values become fields
};

enum class TokenFault : std::uint8_t {
  malformed,
  unknown_key,  // no key of the set has its `kid`, or none serves its algorithm
  bad_signature,
  expired,
  not_yet_valid,
  wrong_issuer,
  wrong_audience,
};

struct TokenRefusal {
  TokenFault fault = TokenFault::malformed;
  std::string_view why;  // a literal
};

// A token whose signature and claims hold, until `until`.
struct VerifiedToken {
  std::shared_ptr<const JsonDocument> claims;
  std::string user;
  std::string app;
  std::vector<std::string> forwarded;  // as TokenRules names them; empty: no such claim
  WallTime until;

  std::size_t bytes() const;  // of memory, about
};

class TokenCheck {
 public:
  static constexpr std::size_t kBytesMax = 8 * 1024;
  static constexpr std::size_t kTriesMax = 4;
  static constexpr std::size_t kNameBytesMax = 256;  // of a user or an app
  static constexpr std::size_t kFieldBytesMax = 1'024;

  explicit TokenCheck(TokenRules rules) : rules_(std::move(rules)) {}

  // From now on these keys count; what was prepared for others is forgotten.
  void use(std::shared_ptr<const KeySet> keys);
  const KeySet* keys() const { return keys_.get(); }

  std::expected<std::shared_ptr<const VerifiedToken>, TokenRefusal> check(std::string_view token,
                                                                          WallTime now);

 private:
  struct Parts;
  struct Prepared {
    std::optional<SignatureAlgorithm> algorithm;  // what the key is bound to under these rules
    std::unique_ptr<SignatureCheck> check;        // made when first needed
  };

  std::expected<void, TokenRefusal> check_signature(const Parts& parts);
  std::expected<std::shared_ptr<const VerifiedToken>, TokenRefusal> read_claims(
      std::string_view text, WallTime now) const;

  const TokenRules rules_;
  std::shared_ptr<const KeySet> keys_;
  std::vector<Prepared> prepared_;  // by the key's place in the set
};

}  // namespace gatehouse
