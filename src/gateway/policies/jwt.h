// gateway/policies/jwt: lets pass who shows a signed token (JWT), and says who that is.
//
//   Place    identify.
//   Reads    one field (Authorization: Bearer) and, if told so, one cookie; then the key set.
//   Refuses  401 with WWW-Authenticate (RFC 6750): token-missing, -malformed, -not-trusted,
//            -expired, -not-yet-valid, -not-for-here; 429 too-many-bad-tokens; 503
//            token-keys-unavailable.
//   Holds    a worker's own: tokens that were found good (token_cache), refusals by address
//            (attempt_limit), prepared checks for each key. The key set is the process's
//            (key_sources); a request never waits for it.
//   Buffers  nothing of the request.
//   Full     a full cache forgets; a full table of refusals forgets whom it holds for least.
//   Fails    shut: without keys nobody passes. A claim that can't stand in the field it is
//            forwarded as refuses the request.
//   Bytes    a stranger's: parsed strictly, fuzzed by jwt_fuzz.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/signature.h"
#include "config/option.h"
#include "config/scalar.h"
#include "gateway/identity.h"
#include "gateway/identity/attempt_limit.h"
#include "gateway/identity/key_place.h"
#include "gateway/identity/key_sources.h"
#include "gateway/identity/token_cache.h"
#include "gateway/policies.h"

namespace gatehouse {

template <>
struct Words<SignatureAlgorithm> {
  using A = SignatureAlgorithm;
  static constexpr std::array list{
      Word{"RS256", A::rs256}, Word{"RS384", A::rs384}, Word{"RS512", A::rs512},
      Word{"PS256", A::ps256}, Word{"PS384", A::ps384}, Word{"PS512", A::ps512},
      Word{"ES256", A::es256}, Word{"ES384", A::es384}, Word{"ES512", A::es512},
      Word{"EdDSA", A::eddsa}, Word{"HS256", A::hs256}, Word{"HS384", A::hs384},
      Word{"HS512", A::hs512}};
};

struct JwtConfig {
  static constexpr std::string_view kNoun = "policy";
  KeyPlace jwks;
  FilePath jwks_ca;
  std::string secret;
  std::vector<SignatureAlgorithm> algorithms;
  std::string issuer;
  std::vector<std::string> audience;
  Duration skew{30'000};
  bool expiry_required = true;
  std::string header = "Authorization";
  std::string cookie;
  bool optional = false;
  std::string user_claim = "sub";
  std::string app_claim;
  std::map<std::string, std::string> forward;
  std::uint32_t cache_entries = 10'000;
  Bytes cache_bytes{16 << 20};
  Rate bad_tokens{30, Duration{60'000}};
  Duration refresh_min{60'000};
  Duration refresh_max{3'600'000};
  Duration fetch_timeout{5'000};
  Origin at;

  // Filled by JwtPolicy::check.
  std::shared_ptr<const KeySet> keys{};    // of a secret; of a file as it was at the check
  std::shared_ptr<const TlsClient> tls{};  // for an address of https

  static constexpr auto token_options() {
    using C = JwtConfig;
    using namespace std::chrono_literals;
    return std::tuple{
        option("jwks", &C::jwks, "Key set (JWKS): a file, or an address of https or http."),
        option("jwks_ca", &C::jwks_ca,
               "File with the roots for https in PEM; without it the machine's own."),
        option("secret", &C::secret,
               "Secret of HS signatures in place of `jwks`, at least 32 bytes.")
            .secret(),
        option("algorithms", &C::algorithms,
               "Algorithms allowed; without it RS256, ES256 and EdDSA, with `secret` HS256."),
        option("issuer", &C::issuer, "What `iss` must be; without it any."),
        option("audience", &C::audience, "What `aud` must hold one of; without it any."),
        option("skew", &C::skew, "How far the issuer's clock may be off.")
            .between(Duration{1s}, Duration{10min})
            .or_zero(),
        option("expiry_required", &C::expiry_required, "Whether a token without `exp` is refused."),
        option("header", &C::header, "Field that the token comes in, as `Bearer TOKEN`."),
        option("cookie", &C::cookie, "Cookie that is read where the field has no token."),
        option("optional", &C::optional,
               "Whether a request without a token passes; a bad one never does."),
    };
  }
  static constexpr auto identity_options() {
    using C = JwtConfig;
    return std::tuple{
        option("user_claim", &C::user_claim, "Claim that names the user."),
        option("app_claim", &C::app_claim, "Claim that names the calling app; without it none."),
        option("forward", &C::forward,
               "Claims to forward, each with its field; no client can send such a field itself."),
    };
  }
  static constexpr auto limit_options() {
    using C = JwtConfig;
    using namespace std::chrono_literals;
    return std::tuple{
        option("cache_entries", &C::cache_entries,
               "Tokens found good that each worker remembers; 0 is none.")
            .between(1U, 1'000'000U)
            .or_zero(),
        option("cache_bytes", &C::cache_bytes, "Memory of that on each worker.")
            .between(Bytes{64 << 10}, Bytes{1 << 30}),
        option("bad_tokens", &C::bad_tokens,
               "Refused tokens of an address on each worker; past them its new tokens get 429. A "
               "count of 0 is no limit."),
        option("refresh_min", &C::refresh_min,
               "Least time between two fetches of the key set, also for an unknown `kid`.")
            .between(Duration{1s}, Duration{24h}),
        option("refresh_max", &C::refresh_max,
               "Most time until the key set is fetched again, whatever its answer allows.")
            .between(Duration{1s}, Duration{168h}),
        option("fetch_timeout", &C::fetch_timeout, "Time for a fetch of the key set.")
            .between(Duration{100ms}, Duration{60s}),
    };
  }
  static constexpr auto options() {
    return std::tuple_cat(token_options(), identity_options(), limit_options());
  }
};

class JwtPolicy final : public Policy {
 public:
  static constexpr std::string_view kName = "jwt";
  static constexpr Phase kPhase = Phase::identify;
  using Config = JwtConfig;

  JwtPolicy(const JwtConfig& config, const PolicyParts& parts);

  // Options that don't go together; reads the key set of a file.
  static void check(JwtConfig& config, const std::string& where, Diagnostics& diagnostics);
  static std::vector<std::string> owned_fields(const JwtConfig& config);

  static Foresight foresee(const JwtConfig& config, const AskedRequest& asked);

  Phase phase() const override { return kPhase; }
  Decision on_request(Exchange& exchange) override;

 private:
  struct Shown {
    bool is_there = false;
    bool is_doubled = false;
    std::string_view token;
  };

  static Shown find_token(const JwtConfig& config, const FieldList& fields);
  bool take_keys();
  Decision check_new(Exchange& exchange, std::string_view token, const StableHash& digest);
  Decision accept(Exchange& exchange, const StableHash& digest,
                  const std::shared_ptr<const VerifiedToken>& token) const;
  static Decision refuse(Exchange& exchange, const TokenRefusal& refusal);

  const JwtConfig config_;
  const KeySources::Hold source_;  // none: of a secret
  std::uint64_t version_ = 0;      // of the keys in use; 0: none
  TokenCheck check_;
  TokenCache cache_;
  AttemptLimit limit_;
};

}  // namespace gatehouse
