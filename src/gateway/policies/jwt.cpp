#include "gateway/policies/jwt.h"

#include <algorithm>

#include "config/surroundings.h"
#include "gateway/exchange.h"
#include "http/characters.h"

namespace gatehouse {
namespace {

constexpr std::string_view kBearer = "Bearer";
constexpr std::uint64_t kSecretVersion = 1;

std::vector<SignatureAlgorithm> algorithms_of(const JwtConfig& config) {
  using enum SignatureAlgorithm;
  if (!config.algorithms.empty()) return config.algorithms;
  if (!config.secret.empty()) return {hs256};
  return {rs256, es256, eddsa};
}

TokenRules rules_of(const JwtConfig& config) {
  TokenRules rules;
  rules.algorithms = algorithms_of(config);
  rules.issuer = config.issuer;
  rules.audiences = config.audience;
  rules.skew = std::chrono::duration_cast<std::chrono::seconds>(config.skew);
  rules.needs_expiry = config.expiry_required;
  rules.user_claim = config.user_claim;
  rules.app_claim = config.app_claim;
  for (const auto& [claim, field] : config.forward) rules.forwarded.push_back(claim);
  return rules;
}

KeySources::Hold open_source(const JwtConfig& config, KeySources* keys) {
  if (keys == nullptr || config.jwks.empty()) return {};
  return keys->open({config.jwks, config.jwks_ca.path, config.refresh_min, config.refresh_max,
                     config.fetch_timeout},
                    config.tls, config.keys);
}

GateError error_of(TokenFault fault) {
  switch (fault) {
    case TokenFault::malformed:
      return GateError::token_malformed;
    case TokenFault::unknown_key:
    case TokenFault::bad_signature:
      return GateError::token_not_trusted;
    case TokenFault::expired:
      return GateError::token_expired;
    case TokenFault::not_yet_valid:
      return GateError::token_not_yet_valid;
    case TokenFault::wrong_issuer:
    case TokenFault::wrong_audience:
      return GateError::token_not_for_here;
  }
  return GateError::token_malformed;
}

// What follows "Bearer" and blanks; nothing when it is another scheme.
std::optional<std::string_view> bearer(std::string_view value) {
  if (!equals_ignoring_case(value.substr(0, kBearer.size()), kBearer)) return std::nullopt;
  value.remove_prefix(kBearer.size());
  if (!value.empty() && value.front() != ' ') return std::nullopt;
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  return value;
}

}  // namespace

JwtPolicy::JwtPolicy(const JwtConfig& config, const PolicyParts& parts)
    : config_(config),
      source_(open_source(config, parts.keys)),
      check_(rules_of(config)),
      cache_(config.cache_entries, config.cache_bytes.count),
      limit_(config.bad_tokens.count, config.bad_tokens.per) {
  if (config_.secret.empty()) return;
  check_.use(config_.keys);
  version_ = kSecretVersion;
}

void JwtPolicy::check(JwtConfig& config, const std::string& where, Diagnostics& diagnostics) {
  const auto report = [&](std::string code, std::string what, std::string help) {
    diagnostics.error({std::move(code), std::move(what), std::move(help), config.at.position()});
  };
  if (config.jwks.empty() == config.secret.empty()) {
    report("E0305",
           where + " has " + (config.secret.empty() ? "neither" : "both") + " `jwks` and `secret`",
           "set one of them");
    return;
  }
  for (const auto& [claim, field] : config.forward) {
    if (!may_be_owned(field)) {
      report("E0427", "`" + field + "` is no field that " + where + " may set",
             "take a name of your own, such as `X-User-Id`");
    }
    const auto same =
        std::count_if(config.forward.begin(), config.forward.end(),
                      [&](const auto& one) { return equals_ignoring_case(one.second, field); });
    if (same > 1) {
      report("E0305", "two claims of " + where + " are forwarded as `" + field + '`',
             "give each a field of its own");
      return;
    }
  }
  if (!is_token(config.header) || (!config.cookie.empty() && !is_token(config.cookie))) {
    report("E0427", "`header` or `cookie` of " + where + " is no name",
           "take a name such as `Authorization`");
  }
  if (config.jwks.is_address()) {
    if (!config.jwks.tls) return;
    auto tls = TlsClient::build({true, config.jwks_ca.path, config.jwks.host});
    if (tls) {
      config.tls = *std::move(tls);
    } else {
      diagnostics.error(std::move(tls).error().while_doing("reading " + where));
    }
    return;
  }
  auto keys = [&]() -> Result<std::shared_ptr<const KeySet>> {
    if (!config.secret.empty()) return KeySet::of_secret(config.secret);
    const std::string& path = config.jwks.file.path;
    const auto text = SystemSurroundings{}.file(path, KeySet::kBytesMax);
    if (!text) {
      return fail({"E0501", "`" + path + "` " + text.error().what,
                   "mend the path; it is taken from the folder of this file"});
    }
    return KeySet::read(*text);
  }();
  const std::vector<SignatureAlgorithm> algorithms = algorithms_of(config);
  if (!keys) {
    Error error = std::move(keys).error();
    error.at = config.secret.empty() ? config.jwks.file.at.position() : config.at.position();
    diagnostics.error(std::move(error).while_doing("reading the keys of " + where));
  } else if (std::none_of((*keys)->keys().begin(), (*keys)->keys().end(),
                          [&](const auto& key) { return key.bound_to(algorithms).has_value(); })) {
    report("E0305", "no key of " + where + " serves one of its `algorithms`",
           "name the algorithm that the issuer signs with");
  } else {
    config.keys = *std::move(keys);
  }
}

std::vector<std::string> JwtPolicy::owned_fields(const JwtConfig& config) {
  std::vector<std::string> names;
  for (const auto& [claim, field] : config.forward) names.push_back(field);
  return names;
}

Foresight JwtPolicy::foresee(const JwtConfig& config, const AskedRequest& asked) {
  const Shown shown = find_token(config, asked.head.fields);
  if (!shown.is_there && config.optional) return Foresight::passes("passes without a token");
  if (!shown.is_there) return Foresight::refuses(GateError::token_missing, {});
  if (shown.is_doubled)
    return Foresight::refuses(GateError::token_malformed, "there are two of it");
  return Foresight::open("the token's signature and claims would be checked");
}

Decision JwtPolicy::on_request(Exchange& exchange) {
  const Shown shown = find_token(config_, exchange.request().fields);
  if (!shown.is_there) {
    if (config_.optional) return Decision::pass();
    exchange.add_to_refusal("WWW-Authenticate", kBearer);
    return Decision::refuse(GateError::token_missing);
  }
  if (shown.is_doubled) return refuse(exchange, {TokenFault::malformed, "there are two of it"});
  if (!take_keys()) {
    exchange.add_to_refusal("Retry-After", "5");
    return Decision::refuse(GateError::token_keys_unavailable);
  }
  if (shown.token.size() > TokenCheck::kBytesMax) {
    limit_.refused(exchange.client_hash(), exchange.parts().loop.now());
    return refuse(exchange, {TokenFault::malformed, "it is longer than 8 KiB"});
  }
  const WorkerParts& parts = exchange.parts();
  const StableHash digest = stable_hash(parts.key, SubjectKind::token, shown.token);
  if (auto known = cache_.find(digest, version_, parts.clock.wall())) {
    return accept(exchange, digest, known);
  }
  return check_new(exchange, shown.token, digest);
}

JwtPolicy::Shown JwtPolicy::find_token(const JwtConfig& config, const FieldList& fields) {
  Shown shown;
  const FieldId id = field_id(config.header);
  const bool is_bare = id != FieldId::authorization;  // a field of its own may hold it alone
  for (const Field& field : fields) {
    if (field.id != id || !equals_ignoring_case(field.name, config.header)) continue;
    const auto token = bearer(field.value);
    if (!token && !is_bare) continue;
    shown.is_doubled = shown.is_there;
    shown.is_there = true;
    shown.token = token.value_or(field.value);
  }
  if (shown.is_there || config.cookie.empty()) return shown;
  for (const Field& field : fields) {
    if (field.id != FieldId::cookie) continue;
    for (std::string_view rest = field.value; !rest.empty();) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      std::string_view pair = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
      const std::size_t equals = pair.find('=');
      if (equals == pair.npos || pair.substr(0, equals) != config.cookie) continue;
      shown.is_doubled = shown.is_there;
      shown.is_there = true;
      shown.token = pair.substr(equals + 1);
    }
  }
  return shown;
}

// Looks whether the keys are still those in use; false while there are none.
bool JwtPolicy::take_keys() {
  KeySource* const source = source_.get();
  if (source == nullptr || source->version() == version_) return version_ != 0;
  const KeySource::Current now = source->current();
  check_.use(now.keys);
  version_ = now.version;
  return true;
}

Decision JwtPolicy::check_new(Exchange& exchange, std::string_view token,
                              const StableHash& digest) {
  WorkerParts& parts = exchange.parts();
  const Monotonic now = parts.loop.now();
  if (const auto wait = limit_.wait_for(exchange.client_hash(), now)) {
    exchange.retry_after(*wait);
    return Decision::refuse(GateError::too_many_bad_tokens);
  }
  auto checked = check_.check(token, parts.clock.wall());
  if (checked) {
    cache_.add(digest, version_, *checked);
    return accept(exchange, digest, *checked);
  }
  limit_.refused(exchange.client_hash(), now);
  const TokenRefusal refusal = checked.error();
  if (refusal.fault == TokenFault::unknown_key && source_.get() != nullptr) source_.get()->missed();
  Identity shown;
  shown.proof = kName;
  shown.credential = digest;
  exchange.identify(std::move(shown));
  exchange.signed_in({}, false);
  return refuse(exchange, refusal);
}

Decision JwtPolicy::accept(Exchange& exchange, const StableHash& digest,
                           const std::shared_ptr<const VerifiedToken>& token) const {
  Arena& arena = exchange.arena();
  FieldList& fields = exchange.request().fields;
  const bool is_first = !exchange.identity().verified;
  std::size_t i = 0;
  for (const auto& [claim, field] : config_.forward) {
    const std::string& value = token->forwarded[i++];
    if (!is_first) fields.remove(field);  // of another policy
    if (value.empty()) continue;
    const std::string_view copy = arena.copy(value);
    if (copy.data() == nullptr || !fields.add(FieldId::other, field, copy)) {
      return Decision::refuse(GateError::head_too_large);
    }
  }
  Identity found;
  found.user = arena.copy(token->user);
  found.app = arena.copy(token->app);
  found.proof = kName;
  found.credential = digest;
  found.verified = true;
  found.claims = token->claims;
  exchange.identify(std::move(found));
  return Decision::pass();
}

Decision JwtPolicy::refuse(Exchange& exchange, const TokenRefusal& refusal) {
  exchange.add_to_refusal(
      "WWW-Authenticate",
      exchange.arena().join(
          {"Bearer error=\"invalid_token\", error_description=\"", refusal.why, "\""}));
  return Decision::refuse(error_of(refusal.fault), refusal.why);
}

}  // namespace gatehouse
