#include "gateway/policies/basic.h"

#include "base/digest.h"
#include "config/surroundings.h"
#include "gateway/policy_wait.h"
#include "http/characters.h"

namespace gatehouse {
namespace {

constexpr std::size_t kCacheBytesMax = 64 << 20;  // the entries are the limit
constexpr std::uint64_t kVersion = 1;             // other users are another policy

bool is_realm(std::string_view text) {
  return text.size() <= 128 && all_in(text, kValue) && text.find_first_of("\"\\\t") == text.npos;
}

}  // namespace

BasicPolicy::BasicPolicy(const BasicConfig& config, const PolicyParts& parts)
    : config_(config),
      challenge_("Basic realm=\"" + config.realm + "\", charset=\"UTF-8\""),
      cache_(config.cache_time.count() == 0 ? 0 : config.cache_entries, kCacheBytesMax),
      limit_(config.failed_sign_ins.count, config.failed_sign_ins.per) {
  if (parts.passwords != nullptr) desk_.emplace(*parts.passwords);
}

void BasicPolicy::check(BasicConfig& config, const std::string& where, Diagnostics& diagnostics) {
  const auto report = [&](Error error, const Origin& at) {
    error.at = at.position();
    diagnostics.error(std::move(error).while_doing("reading " + where));
  };
  if (!is_realm(config.realm)) {
    report({"E0305", "`realm` has a quote, a backslash or a control character, or is too long",
            "write a few plain words"},
           config.at);
  }
  if (!config.user_field.empty() && !may_be_owned(config.user_field)) {
    report({"E0427", "`" + config.user_field + "` is no field that it may set",
            "take a name of your own, such as `X-User`"},
           config.at);
  }
  auto users = std::make_unique<PasswordUsers>();
  for (const BasicUserConfig& user : config.users) {
    if (Status added = users->add(user.name, user.hash); !added) {
      report(std::move(added).error(), user.at);
    }
  }
  if (const std::string& path = config.file.path; !path.empty()) {
    const auto text = SystemSurroundings{}.file(path, PasswordUsers::kBytesMax);
    if (!text) {
      report({"E0501", "`" + path + "` " + text.error().what,
              "mend the path; it is taken from the folder of this file"},
             config.file.at);
      return;
    }
    config.content = sha256_hex(*text);
    if (Status read = users->read(*text, path); !read) {
      report(std::move(read).error(), config.file.at);
    }
  }
  if (users->empty() && !diagnostics.has_errors()) {
    report({"E0305", "it has no users", "set `users` or `file`"}, config.at);
  }
  config.known = std::move(users);
}

std::vector<std::string> BasicPolicy::owned_fields(const BasicConfig& config) {
  if (config.user_field.empty()) return {};
  return {config.user_field};
}

std::vector<std::string> BasicPolicy::files(const BasicConfig& config) {
  if (config.file.path.empty()) return {};
  return {config.file.path};
}

Foresight BasicPolicy::foresee(const BasicConfig& config, const AskedRequest& asked) {
  const BasicCredentials shown = find_basic(asked.head.fields, asked.arena);
  if (!shown.is_there && config.optional) return Foresight::passes("passes without credentials");
  if (!shown.is_there) return Foresight::refuses(GateError::credentials_missing, {});
  if (!shown.fault.empty()) {
    return Foresight::refuses(GateError::credentials_malformed, std::string(shown.fault));
  }
  return Foresight::open("the password would be checked, unless it was a short while ago");
}

Task<Decision> BasicPolicy::on_request_waiting(Exchange& exchange) {
  WorkerParts& parts = exchange.parts();
  const BasicCredentials shown = find_basic(exchange.request().fields, exchange.arena());
  const StableHash digest = stable_hash(parts.key, SubjectKind::token, shown.both);
  if (const auto decision = decide_at_once(exchange, shown, digest)) co_return *decision;

  PolicyWait wait(exchange);
  PasswordDesk::Question question(*desk_, [&wait] { wait.resume(); });
  const std::string* const known = config_.known->hash_of(shown.user);
  const StableHash name = stable_hash(parts.key, SubjectKind::user, shown.user);
  const std::string& hash = known != nullptr ? *known : config_.known->decoy_for(name.low);
  const auto asked = question.ask(parts.loop, digest, shown.password, hash);
  if (asked == PasswordDesk::Asked::full) {
    exchange.retry_after(std::chrono::seconds{1});
    co_return Decision::refuse(GateError::password_checks_busy);
  }
  const bool anew = asked == PasswordDesk::Asked::anew;
  if (anew) limit_.refused(exchange.client_hash(), parts.loop.now());
  Task<bool> waiting = wait.resumed();
  const bool came = co_await waiting;
  if (!came) co_return Decision::pass();  // the exchange ends by itself, and passes nowhere
  if (known == nullptr || !question.holds().value_or(false)) {
    if (!anew) limit_.refused(exchange.client_hash(), parts.loop.now());
    show(exchange, shown.user, false);
    exchange.signed_in(shown.user, false);
    co_return refuse(exchange, GateError::credentials_wrong);
  }
  if (anew) limit_.forgive(exchange.client_hash());
  auto token = std::make_unique<VerifiedToken>();
  token->user = shown.user;
  token->until = parts.clock.wall() + config_.cache_time;
  cache_.add(digest, kVersion, std::move(token));
  exchange.signed_in(shown.user, true);
  co_return accept(exchange, shown.user);
}

// Nothing: the password must be checked.
std::optional<Decision> BasicPolicy::decide_at_once(Exchange& exchange,
                                                    const BasicCredentials& shown,
                                                    const StableHash& digest) {
  if (!shown.is_there) {
    if (config_.optional) return Decision::pass();
    return refuse(exchange, GateError::credentials_missing);
  }
  WorkerParts& parts = exchange.parts();
  if (shown.fault.empty() && cache_.find(digest, kVersion, parts.clock.wall()) != nullptr) {
    return accept(exchange, shown.user);
  }
  if (const auto wait = limit_.wait_for(exchange.client_hash(), parts.loop.now())) {
    exchange.signed_in(shown.user, false);
    exchange.retry_after(*wait);
    return Decision::refuse(GateError::too_many_failed_sign_ins);
  }
  if (!shown.fault.empty()) {
    limit_.refused(exchange.client_hash(), parts.loop.now());
    exchange.signed_in({}, false);
    return refuse(exchange, GateError::credentials_malformed, shown.fault);
  }
  if (!desk_) return Decision::refuse(GateError::password_checks_busy);
  return std::nullopt;
}

Decision BasicPolicy::accept(Exchange& exchange, std::string_view user) const {
  FieldList& fields = exchange.request().fields;
  show(exchange, user, true);
  if (!config_.forward) remove_basic(fields);
  if (config_.user_field.empty()) return Decision::pass();
  fields.remove(config_.user_field);  // of another policy
  if (!fields.add(FieldId::other, config_.user_field, user)) {
    return Decision::refuse(GateError::head_too_large);
  }
  return Decision::pass();
}

// The digest is of the name alone: that of a password would help who guesses it.
void BasicPolicy::show(Exchange& exchange, std::string_view user, bool verified) const {
  Identity found;
  if (verified) found.user = user;
  found.proof = kName;
  found.credential = stable_hash(exchange.parts().key, SubjectKind::token,
                                 exchange.arena().join({"basic:", user}));
  found.verified = verified;
  exchange.identify(std::move(found));
}

Decision BasicPolicy::refuse(Exchange& exchange, GateError error, std::string_view detail) const {
  exchange.add_to_refusal("WWW-Authenticate", challenge_);
  return Decision::refuse(error, detail);
}

}  // namespace gatehouse
