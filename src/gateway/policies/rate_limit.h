// gateway/policies/rate_limit: so many requests in so much time, for each caller.
//
//   Place    limit.
//   Reads    the client's address, who was proved to call, or what an expression says; the clock.
//   Refuses  429 rate-limited with Retry-After; each answer tells what is left in RateLimit and
//            RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-10).
//   Holds    a table of keys (rate_table) that all workers share: the limit is one for the whole
//            gate. It lives on over reloads while name, `per`, `limit`, `burst` and `keys` stay.
//   Buffers  nothing.
//   Full     a key without room passes, counted in gatehouse_limits_reached_total{rate_limit_keys}.
//   Fails    open: where the expression comes to no answer the request passes, counted in
//            gatehouse_undecided_total, unless `on_error: reject`.
#pragma once

#include <optional>
#include <string>

#include "config/option.h"
#include "config/scalar.h"
#include "expr/program.h"
#include "gateway/policies.h"
#include "gateway/policies/rate_table.h"

namespace gatehouse {

enum class WhenOver : std::uint8_t { reject, pass };
enum class Uncounted : std::uint8_t { admit, reject };

template <>
struct Words<WhenOver> {
  static constexpr std::array list{Word{"reject", WhenOver::reject}, Word{"pass", WhenOver::pass}};
};
template <>
struct Words<Uncounted> {
  static constexpr std::array list{Word{"admit", Uncounted::admit},
                                   Word{"reject", Uncounted::reject}};
};

struct RateLimitConfig {
  static constexpr std::string_view kNoun = "policy";
  ExpressionText per{"address", {}, false};
  Rate limit{};
  std::uint32_t burst = 0;
  WhenOver when_over = WhenOver::reject;
  Uncounted on_error = Uncounted::admit;
  bool fields = true;
  std::uint32_t keys = 100'000;
  Origin at;

  // Filled by RateLimitPolicy::check.
  std::optional<Program> key{};  // none: `per` is one of the words

  RateRule rule() const;

  static constexpr auto options() {
    using C = RateLimitConfig;
    return std::tuple{
        option("per", &C::per,
               "Whose requests are counted together: `address`, `user`, `app`, or an expression."),
        option("limit", &C::limit, "Requests in a time, such as `100/s`.").required(),
        option("burst", &C::burst,
               "Requests that may come at once after a rest; 0 is as many as `limit` counts.")
            .between(1U, 1'000'000'000U)
            .or_zero(),
        option("when_over", &C::when_over,
               "Whether what is too much is rejected, or passes and the answer's fields tell."),
        option("on_error", &C::on_error,
               "What becomes of a request of which `per` comes to no answer."),
        option("fields", &C::fields, "Whether answers tell the limit and what is left of it."),
        option("keys", &C::keys, "Callers that are counted at a time, 24 to 48 bytes each.")
            .between(100U, 10'000'000U),
    };
  }
};

class RateLimitPolicy final : public Policy {
 public:
  static constexpr std::string_view kName = "rate_limit";
  static constexpr Phase kPhase = Phase::limit;
  using Config = RateLimitConfig;

  RateLimitPolicy(const RateLimitConfig& config, const PolicyParts& parts);

  static void check(RateLimitConfig& config, const std::string& where, Diagnostics& diagnostics);

  Phase phase() const override { return kPhase; }
  Decision on_request(Exchange& exchange) override;

 private:
  enum class Per : std::uint8_t { address, user, app, expression };

  std::optional<StableHash> key_of(Exchange& exchange) const;
  std::optional<StableHash> asked_key(Exchange& exchange) const;
  void tell(Exchange& exchange, const RateAnswer& answer) const;

  const RateLimitConfig config_;
  const Per per_;
  const Clock& clock_;
  const HashKey& key_;
  const std::string quoted_;  // the policy's name, as the fields have it
  const std::string stated_;  // the value of RateLimit-Policy
  const RateTables::Hold table_;
};

}  // namespace gatehouse
