#include "gateway/policies/rate_limit.h"

#include <algorithm>
#include <charconv>

#include "gateway/exchange.h"
#include "gateway/request_facts.h"

namespace gatehouse {
namespace {

constexpr std::chrono::hours kOwedMax{24 * 366};  // to make a whole burst good

std::uint64_t seconds_up(std::chrono::nanoseconds time) {
  return static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::seconds>(time).count());
}

// What a limit costs, told as the declaration that its state belongs to.
std::string declaration(const RateLimitConfig& config, std::string_view name) {
  const RateRule rule = config.rule();
  return std::string(name) + '\n' + config.per.text + '\n' + std::to_string(rule.count) + '/' +
         std::to_string(rule.per.count()) + ' ' + std::to_string(rule.burst) + ' ' +
         std::to_string(config.keys);
}

bool may_be_key(const Type& type) {
  switch (type.kind()) {
    case Kind::dyn:
    case Kind::boolean:
    case Kind::integer:
    case Kind::unsigned_integer:
    case Kind::text:
    case Kind::bytes:
    case Kind::address:
      return true;
    case Kind::absent:
    case Kind::error:
    case Kind::null:
    case Kind::number:
    case Kind::duration:
    case Kind::timestamp:
    case Kind::prefix:
    case Kind::list:
    case Kind::map:
      return false;
  }
  return false;
}

}  // namespace

RateRule RateLimitConfig::rule() const {
  return {limit.count, limit.per, burst == 0 ? std::max<std::uint64_t>(limit.count, 1) : burst};
}

RateLimitPolicy::RateLimitPolicy(const RateLimitConfig& config, const PolicyParts& parts)
    : config_(config),
      per_(config.key                     ? Per::expression
           : config.per.text == "address" ? Per::address
           : config.per.text == "user"    ? Per::user
                                          : Per::app),
      clock_(parts.clock),
      key_(parts.key),
      quoted_('"' + std::string(parts.name) + '"'),
      stated_(quoted_ + ";q=" + std::to_string(config.limit.count) +
              ";w=" + std::to_string(seconds_up(config.limit.per))),
      table_(parts.rates == nullptr
                 ? RateTables::Hold{}
                 : parts.rates->open(declaration(config, parts.name), config.rule(), config.keys)) {
}

void RateLimitPolicy::check(RateLimitConfig& config, const std::string& where,
                            Diagnostics& diagnostics) {
  const RateRule rule = config.rule();
  if (rule.count == 0) {
    diagnostics.error({"E0303", "the limit of " + where + " lets nothing pass",
                       "set at least 1, or refuse everything with a `condition`",
                       config.at.position()});
    return;
  }
  const auto owed = static_cast<long double>(rule.per.count()) /
                    static_cast<long double>(rule.count) * static_cast<long double>(rule.burst);
  if (owed > static_cast<long double>(std::chrono::nanoseconds(kOwedMax).count())) {
    diagnostics.error({"E0303", "the burst of " + where + " takes more than a year to be made good",
                       "set a smaller `burst`", config.at.position()});
  }
  const std::string& per = config.per.text;
  if (per == "address" || per == "user" || per == "app") return;
  config.key = compile_for_request(config.per, Kind::dyn, where, diagnostics);
  if (config.key && !may_be_key(config.key->type())) {
    diagnostics.error({"E0438",
                       "`per` of " + where + " is of the type " + config.key->type().text() +
                           ", by which nothing can be counted",
                       "use an expression that gives a text, a number or an address",
                       config.per.at.position()});
  }
}

Decision RateLimitPolicy::on_request(Exchange& exchange) {
  const std::optional<StableHash> key = key_of(exchange);
  if (!key || table_.get() == nullptr) {
    exchange.parts().metrics.undecided.add();
    if (config_.on_error == Uncounted::admit) return Decision::pass();
    exchange.add_to_refusal("Retry-After", "1");
    return Decision::refuse(GateError::rate_limited, "whose request it is can't be told");
  }
  const RateAnswer answer = table_.get()->take(*key, clock_.monotonic());
  if (!answer.known) {
    exchange.parts().metrics.limits.reached(Limit::rate_limit_keys);
    return Decision::pass();
  }
  if (config_.fields) tell(exchange, answer);
  if (answer.admitted || config_.when_over == WhenOver::pass) return Decision::pass();
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits,
                                 std::max<std::uint64_t>(seconds_up(answer.wait), 1))
                       .ptr;
  exchange.add_to_refusal("Retry-After", exchange.arena().copy({digits, end}));
  return Decision::refuse(GateError::rate_limited);
}

// Who isn't known by the name that is counted is counted by address.
std::optional<StableHash> RateLimitPolicy::key_of(Exchange& exchange) const {
  const Identity& caller = exchange.identity();
  switch (per_) {
    case Per::expression:
      return asked_key(exchange);
    case Per::user:
      if (!caller.verified || caller.user.empty()) break;
      return stable_hash(key_, SubjectKind::user, caller.user);
    case Per::app:
      if (!caller.verified || caller.app.empty()) break;
      return stable_hash(key_, SubjectKind::app, caller.app);
    case Per::address:
      break;
  }
  return exchange.client_hash();
}

std::optional<StableHash> RateLimitPolicy::asked_key(Exchange& exchange) const {
  RequestFacts facts(exchange);
  const Value value = facts.evaluate(*config_.key);
  char digits[24];
  const auto number = [&](auto whole) {
    const char* const end = std::to_chars(digits, digits + sizeof digits, whole).ptr;
    return stable_hash(key_, SubjectKind::none, {digits, end});
  };
  if (value.is(Kind::text) || value.is(Kind::bytes)) {
    return stable_hash(key_, SubjectKind::none, value.text());
  }
  if (value.is(Kind::integer)) return number(value.integer());
  if (value.is(Kind::unsigned_integer)) return number(value.natural());
  if (value.is(Kind::boolean)) return number(value.boolean() ? 1 : 0);
  if (!value.is(Kind::address)) return std::nullopt;
  const auto& bytes = value.address().bytes;
  return stable_hash(key_, SubjectKind::none,
                     {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void RateLimitPolicy::tell(Exchange& exchange, const RateAnswer& answer) const {
  char text[64];
  char* at = std::copy_n(";r=", 3, text);
  at = std::to_chars(at, text + sizeof text, answer.left).ptr;
  at = std::copy_n(";t=", 3, at);
  const auto wait = answer.left == 0 ? answer.wait : answer.reset;
  at = std::to_chars(at, text + sizeof text, seconds_up(wait)).ptr;
  exchange.add_to_answer("RateLimit-Policy", stated_);
  exchange.add_to_answer("RateLimit", exchange.arena().join({quoted_, {text, at}}));
}

}  // namespace gatehouse
