#include "gateway/policies/api_key.h"

#include "base/password_hash.h"
#include "gateway/exchange.h"
#include "http/characters.h"

namespace gatehouse {
namespace {

constexpr std::string_view kChallenge = "ApiKey";

}  // namespace

ApiKeyPolicy::ApiKeyPolicy(const ApiKeyConfig& config, const PolicyParts&)
    : config_(config), places_{config.header, config.query, config.cookie} {}

void ApiKeyPolicy::check(ApiKeyConfig& config, const std::string& where, Diagnostics& diagnostics) {
  const auto report = [&](std::string code, std::string what, std::string help, const Origin& at) {
    diagnostics.error({std::move(code), std::move(what), std::move(help), at.position()});
  };
  const bool header_fits = config.header.empty() || field_id(config.header) == FieldId::other;
  if ((!config.header.empty() && !is_token(config.header)) || !header_fits ||
      (!config.cookie.empty() && !is_token(config.cookie))) {
    report("E0427", "`header` or `cookie` of " + where + " is no name that it may have",
           "take a name of your own, such as `X-Api-Key`", config.at);
  }
  if (config.header.empty() && config.query.empty() && config.cookie.empty()) {
    report("E0305", where + " reads a key from nowhere", "set `header`, `query` or `cookie`",
           config.at);
  }
  if (!config.app_field.empty() && !may_be_owned(config.app_field)) {
    report("E0427", "`" + config.app_field + "` is no field that " + where + " may set",
           "take a name of your own, such as `X-App`", config.at);
  }
  auto keys = std::make_unique<ApiKeys>();
  for (AppKeyConfig& app : config.apps) {
    const std::string whose = "app `" + app.name + "` of " + where;
    if (app.digest.empty() == app.key.empty()) {
      report("E0305",
             whose + " has " + (app.key.empty() ? "neither" : "both") + " `digest` and `key`",
             "set one of them; `gatehouse key hash` makes a digest", app.at);
      continue;
    }
    if (!app.key.empty() && app.key.size() < ApiKeys::kKeyBytesMin) {
      report("E0428", "the key of " + whose + " can be guessed: it has fewer than 16 bytes",
             "make one with `openssl rand -hex 32`", app.at);
      continue;
    }
    const std::string digest = app.key.empty() ? app.digest : key_digest(app.key);
    wipe(app.key);
    if (Status added = keys->add(app.name, digest); !added) {
      Error error = std::move(added).error();
      error.at = app.at.position();
      diagnostics.error(std::move(error).while_doing("reading " + whose));
    }
  }
  config.keys = std::move(keys);
}

std::vector<std::string> ApiKeyPolicy::owned_fields(const ApiKeyConfig& config) {
  if (config.app_field.empty()) return {};
  return {config.app_field};
}

Foresight ApiKeyPolicy::foresee(const ApiKeyConfig& config, const AskedRequest& asked) {
  const CredentialPlaces places{config.header, config.query, config.cookie};
  const ShownCredential shown = find_shown(asked.head, places, asked.arena);
  if (!shown.is_there && config.optional) return Foresight::passes("passes without a key");
  if (!shown.is_there) return Foresight::refuses(GateError::api_key_missing, {});
  const std::string* const app =
      shown.is_doubled ? nullptr : config.keys->app_of(Sha256{}.digest_of(shown.text));
  if (app == nullptr) return Foresight::refuses(GateError::api_key_unknown, {});
  return Foresight::passes("passes as app " + *app);
}

Decision ApiKeyPolicy::on_request(Exchange& exchange) {
  Arena& arena = exchange.arena();
  RequestHead& request = exchange.request();
  const ShownCredential shown = find_shown(request, places_, arena);
  if (!shown.is_there) {
    if (config_.optional) return Decision::pass();
    exchange.add_to_refusal("WWW-Authenticate", kChallenge);
    return Decision::refuse(GateError::api_key_missing);
  }
  if (shown.is_doubled) return refuse(exchange, shown.text, "there are two of it");
  const std::string* const app = config_.keys->app_of(sha256_.digest_of(shown.text));
  if (app == nullptr) return refuse(exchange, shown.text, {});
  const std::string_view name = arena.copy(*app);
  Identity found;
  found.app = name;
  found.proof = kName;
  found.credential = stable_hash(exchange.parts().key, SubjectKind::token, shown.text);
  found.verified = true;
  exchange.identify(std::move(found));
  if (!config_.forward && !remove_shown(request, places_, arena)) {
    return Decision::refuse(GateError::head_too_large);
  }
  if (config_.app_field.empty()) return Decision::pass();
  request.fields.remove(config_.app_field);  // of another policy
  if (name.data() == nullptr || !request.fields.add(FieldId::other, config_.app_field, name)) {
    return Decision::refuse(GateError::head_too_large);
  }
  return Decision::pass();
}

Decision ApiKeyPolicy::refuse(Exchange& exchange, std::string_view text,
                              std::string_view why) const {
  Identity shown;
  shown.proof = kName;
  shown.credential = stable_hash(exchange.parts().key, SubjectKind::token, text);
  exchange.identify(std::move(shown));
  exchange.signed_in({}, false);
  exchange.add_to_refusal("WWW-Authenticate", kChallenge);
  return Decision::refuse(GateError::api_key_unknown, why);
}

}  // namespace gatehouse
