// gateway/policies/api_key: lets pass who shows the key of a known app, and says which app that is.
//
//   Place    identify.
//   Reads    one field (X-Api-Key) and, if told so, one query parameter and one cookie.
//   Refuses  401 with WWW-Authenticate: api-key-missing, api-key-unknown.
//   Holds    SHA-256 of each key, never a key. That is right for keys alone, which nobody can
//            guess; words that people choose belong to `basic`.
//   Buffers  nothing of the request.
//   Full     nothing fills: the table is the config's own.
//   Fails    shut. The key is taken from what goes on to the backend unless `forward` is set.
//   Bytes    a stranger's: hashed as they are, compared in constant time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/digest.h"
#include "config/option.h"
#include "config/scalar.h"
#include "gateway/identity/api_keys.h"
#include "gateway/identity/credential_places.h"
#include "gateway/policies.h"

namespace gatehouse {

struct AppKeyConfig {
  static constexpr std::string_view kNoun = "app";
  std::string name;
  std::string id;
  std::string digest;
  std::string key;
  Origin at;

  static constexpr auto options() {
    using C = AppKeyConfig;
    return std::tuple{
        option("name", &C::name, "The app; events, limits and `app_field` have it.").required(),
        option("id", &C::id, "Tells several keys of one app apart, for those who read the config."),
        option("digest", &C::digest, "`sha256:HEX` of the key, from `gatehouse key hash`."),
        option("key", &C::key, "The key itself in place of `digest`: `${env:NAME}`.").secret(),
    };
  }
};

struct ApiKeyConfig {
  static constexpr std::string_view kNoun = "policy";
  std::string header = "X-Api-Key";
  std::string query;
  std::string cookie;
  std::vector<AppKeyConfig> apps;
  bool optional = false;
  bool forward = false;
  std::string app_field;
  Origin at;

  // Filled by ApiKeyPolicy::check; the keys themselves are forgotten then.
  std::shared_ptr<const ApiKeys> keys{};

  static constexpr auto options() {
    using C = ApiKeyConfig;
    return std::tuple{
        option("header", &C::header, "Field that the key comes in; empty is none."),
        option("query", &C::query, "Query parameter that is read where the field isn't there."),
        option("cookie", &C::cookie, "Cookie that is read where neither is there."),
        option("apps", &C::apps, "The apps, each with the digest of its key.").required(),
        option("optional", &C::optional,
               "Whether a request without a key passes; an unknown one never does."),
        option("forward", &C::forward, "Whether the backend gets the key as well."),
        option("app_field", &C::app_field,
               "Field in which the backend gets the app's name; no client can send it itself."),
    };
  }
};

class ApiKeyPolicy final : public Policy {
 public:
  static constexpr std::string_view kName = "api_key";
  static constexpr Phase kPhase = Phase::identify;
  using Config = ApiKeyConfig;

  ApiKeyPolicy(const ApiKeyConfig& config, const PolicyParts&);

  static void check(ApiKeyConfig& config, const std::string& where, Diagnostics& diagnostics);
  static std::vector<std::string> owned_fields(const ApiKeyConfig& config);

  static Foresight foresee(const ApiKeyConfig& config, const AskedRequest& asked);

  Phase phase() const override { return kPhase; }
  Decision on_request(Exchange& exchange) override;

 private:
  Decision refuse(Exchange& exchange, std::string_view text, std::string_view why) const;

  const ApiKeyConfig config_;
  const CredentialPlaces places_;
  Sha256 sha256_;
};

}  // namespace gatehouse
