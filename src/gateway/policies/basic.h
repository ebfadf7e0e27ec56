// gateway/policies/basic: lets pass who shows the name and password of a known user (RFC 7617).
//
//   Place    identify. Waits: a password is checked on threads of their own (password_checks).
//   Reads    Authorization: Basic.
//   Refuses  401 with WWW-Authenticate: credentials-missing, -malformed, -wrong; 429
//            too-many-failed-sign-ins; 503 password-checks-busy.
//   Holds    a worker's own: what was found right, by keyed digest, for `cache_time` (token_cache);
//            refusals by address (attempt_limit). The users are the config's own.
//   Buffers  nothing of the request.
//   Full     a full cache forgets, a full table of refusals forgets whom it holds for least, and a
//            full queue of checks is 503.
//   Fails    shut. Who is not a user costs the same time as who is. A guess counts before it is
//            checked, so that many at once are no way round the limit.
//   Bytes    a stranger's: strict base64, no control characters, bounded.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/option.h"
#include "config/scalar.h"
#include "gateway/identity/attempt_limit.h"
#include "gateway/identity/basic_credentials.h"
#include "gateway/identity/password_checks.h"
#include "gateway/identity/password_users.h"
#include "gateway/identity/token_cache.h"
#include "gateway/policies.h"

namespace gatehouse {

struct BasicUserConfig {
  static constexpr std::string_view kNoun = "user";
  std::string name;
  std::string hash;
  Origin at;

  static constexpr auto options() {
    using C = BasicUserConfig;
    return std::tuple{
        option("name", &C::name, "The user.").required(),
        option("hash", &C::hash, "Hash of the password, from `gatehouse password hash`.")
            .required(),
    };
  }
};

struct BasicConfig {
  static constexpr std::string_view kNoun = "policy";
  std::string realm = "gatehouse";
  std::vector<BasicUserConfig> users;
  FilePath file;
  bool optional = false;
  bool forward = false;
  std::string user_field;
  Duration cache_time{300'000};
  std::uint32_t cache_entries = 10'000;
  Rate failed_sign_ins{10, Duration{60'000}};
  Origin at;

  // Filled by BasicPolicy::check.
  std::shared_ptr<const PasswordUsers> known{};
  std::string content{};  // digest of the file

  static constexpr auto options() {
    using C = BasicConfig;
    using namespace std::chrono_literals;
    return std::tuple{
        option("realm", &C::realm, "What a browser shows when it asks for the password."),
        option("users", &C::users, "Users, each with the hash of the password."),
        option("file", &C::file, "More users, as `NAME:HASH` lines of a file (htpasswd)."),
        option("optional", &C::optional,
               "Whether a request without credentials passes; a wrong one never does."),
        option("forward", &C::forward, "Whether the backend gets the credentials as well."),
        option("user_field", &C::user_field,
               "Field in which the backend gets the user's name; no client can send it itself."),
        option("cache_time", &C::cache_time,
               "How long a password that was right is not checked anew; 0 is never.")
            .between(Duration{1s}, Duration{24h})
            .or_zero(),
        option("cache_entries", &C::cache_entries, "Of how many users each worker remembers that.")
            .between(1U, 1'000'000U),
        option("failed_sign_ins", &C::failed_sign_ins,
               "Refused passwords of an address on each worker; past them its new ones get 429. A "
               "count of 0 is no limit."),
    };
  }
};

class BasicPolicy final : public Policy {
 public:
  static constexpr std::string_view kName = "basic";
  static constexpr Phase kPhase = Phase::identify;
  using Config = BasicConfig;

  BasicPolicy(const BasicConfig& config, const PolicyParts& parts);

  // Reads the file of users.
  static void check(BasicConfig& config, const std::string& where, Diagnostics& diagnostics);
  static std::vector<std::string> owned_fields(const BasicConfig& config);
  static std::vector<std::string> files(const BasicConfig& config);

  static Foresight foresee(const BasicConfig& config, const AskedRequest& asked);

  Phase phase() const override { return kPhase; }
  bool waits() const override { return true; }
  Task<Decision> on_request_waiting(Exchange& exchange) override;

 private:
  std::optional<Decision> decide_at_once(Exchange& exchange, const BasicCredentials& shown,
                                         const StableHash& digest);
  Decision accept(Exchange& exchange, std::string_view user) const;
  Decision refuse(Exchange& exchange, GateError error, std::string_view detail = {}) const;
  void show(Exchange& exchange, std::string_view user, bool verified) const;

  const BasicConfig config_;
  const std::string challenge_;
  std::optional<PasswordDesk> desk_;
  TokenCache cache_;
  AttemptLimit limit_;
};

}  // namespace gatehouse
