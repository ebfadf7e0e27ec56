#include "gateway/identity/token.h"

#include <algorithm>
#include <cmath>

#include "base/base64url.h"
#include "http/characters.h"
#include "http/message.h"

namespace gatehouse {
namespace {

using enum TokenFault;
using Refused = std::unexpected<TokenRefusal>;

Refused refused(TokenFault fault, std::string_view why) {
  return Refused(TokenRefusal{fault, why});
}

constexpr double kSecondsMax = 253'402'300'799;  // the end of the year 9999

// A time in seconds since 1970; false when the claim is there and is none.
bool read_time(const JsonView& claims, std::string_view name, std::optional<double>& into) {
  const auto claim = claims.find(name);
  if (!claim) return true;
  if (!claim->is(JsonKind::whole) && !claim->is(JsonKind::real)) return false;
  into = claim->number();
  return *into >= 0 && *into <= kSecondsMax;
}

// Text, a whole number or a truth value as one text; nothing for the rest.
std::optional<std::string> plain_text(const JsonView& value) {
  switch (value.kind()) {
    case JsonKind::text:
      return std::string(value.text());
    case JsonKind::whole:
      return std::to_string(value.whole());
    case JsonKind::boolean:
      return value.boolean() ? "true" : "false";
    case JsonKind::null:
    case JsonKind::real:
    case JsonKind::list:
    case JsonKind::object:
      return std::nullopt;
  }
  return std::nullopt;
}

// What may stand in a field: no control character, no blank at either end, and in a list of texts
// no comma, so that nobody can add a role by naming one.
std::optional<std::string> field_text(const JsonView& value) {
  std::string text;
  if (value.is(JsonKind::list)) {
    for (std::uint32_t i = 0; i < value.size(); ++i) {
      const auto item = plain_text(value.at(i));
      if (!item || item->empty() || item->find(',') != item->npos) return std::nullopt;
      text.append(i == 0 ? "" : ",").append(*item);
    }
  } else if (const auto plain = plain_text(value)) {
    text = *plain;
  } else {
    return std::nullopt;
  }
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  const bool is_sound = text.size() <= TokenCheck::kFieldBytesMax && all_in(text, kValue) &&
                        (text.empty() || (!is_blank(text.front()) && !is_blank(text.back())));
  if (!is_sound) return std::nullopt;
  return text;
}

// A claim that names somebody; false when it is there and names nobody.
bool read_name(const JsonView& claims, std::string_view name, std::string& into) {
  if (name.empty()) return true;
  const auto claim = claims.find(name);
  if (!claim) return true;
  const auto text = claim->is(JsonKind::list) ? std::nullopt : field_text(*claim);
  if (!text || text->size() > TokenCheck::kNameBytesMax) return false;
  into = *text;
  return true;
}

bool is_for(const JsonView& claims, const std::vector<std::string>& audiences) {
  const auto claim = claims.find("aud");
  if (!claim) return false;
  const auto is_ours = [&](const JsonView& one) {
    return one.is(JsonKind::text) &&
           std::find(audiences.begin(), audiences.end(), one.text()) != audiences.end();
  };
  if (!claim->is(JsonKind::list)) return is_ours(*claim);
  bool found = false;
  for (std::uint32_t i = 0; i < claim->size(); ++i) {
    if (!claim->at(i).is(JsonKind::text)) return false;
    found = found || is_ours(claim->at(i));
  }
  return found;
}

// `typ` keeps tokens of another purpose (RFC 8725 §3.11), such as those of a log-out, away.
bool is_known_type(std::string_view type) {
  constexpr std::string_view kPrefix = "application/";
  if (equals_ignoring_case(type.substr(0, kPrefix.size()), kPrefix)) {
    type.remove_prefix(kPrefix.size());
  }
  return equals_ignoring_case(type, "JWT") || equals_ignoring_case(type, "at+jwt");
}

}  // namespace

struct TokenCheck::Parts {
  std::string_view message;  // header and claims, as they were signed
  std::string_view claims;   // base64url
  std::string signature;
  std::optional<SignatureAlgorithm> algorithm;
  std::optional<std::string> kid;
};

std::size_t VerifiedToken::bytes() const {
  std::size_t sum = sizeof *this + user.capacity() + app.capacity();
  if (claims != nullptr) sum += claims->bytes();
  for (const std::string& one : forwarded) sum += sizeof(std::string) + one.capacity();
  return sum;
}

void TokenCheck::use(std::shared_ptr<const KeySet> keys) {
  prepared_.clear();  // refers to the old keys
  keys_ = std::move(keys);
  for (const TokenKey& key : keys_->keys()) {
    prepared_.push_back({key.bound_to(rules_.algorithms), nullptr});
  }
}

std::expected<std::shared_ptr<const VerifiedToken>, TokenRefusal> TokenCheck::check(
    std::string_view token, WallTime now) {
  if (token.size() > kBytesMax) return refused(malformed, "it is longer than 8 KiB");
  const std::size_t first = token.find('.');
  const std::size_t last = token.rfind('.');
  if (first == token.npos || first == last || token.find('.', first + 1) != last) {
    return refused(malformed, "it hasn't three parts");
  }
  Parts parts;
  parts.message = token.substr(0, last);
  parts.claims = token.substr(first + 1, last - first - 1);
  auto signature = from_base64url(token.substr(last + 1));
  const auto header_text = from_base64url(token.substr(0, first));
  if (!signature || !header_text) return refused(malformed, "a part is no base64url");
  parts.signature = *std::move(signature);
  const auto header = JsonDocument::read(*header_text);
  if (header == nullptr || !header->root().is(JsonKind::object)) {
    return refused(malformed, "its header is no JSON object, or has a member twice");
  }
  const JsonView root = header->root();
  for (const std::string_view name : {"crit", "b64", "cty", "enc", "zip"}) {
    if (root.find(name)) {
      return refused(malformed,
                     "its header asks for an extension, or for a nested or encrypted one");
    }
  }
  const auto type = root.find("typ");
  if (type && !is_known_type(type->text())) {
    return refused(malformed, "its `typ` is that of another kind of token");
  }
  const auto algorithm = root.find("alg");
  if (!algorithm || !algorithm->is(JsonKind::text)) return refused(malformed, "it names no `alg`");
  parts.algorithm = signature_algorithm(algorithm->text());
  if (const auto kid = root.find("kid")) {
    if (!kid->is(JsonKind::text)) return refused(malformed, "its `kid` is no text");
    parts.kid = kid->text();
  }
  if (auto checked = check_signature(parts); !checked) return Refused(checked.error());
  const auto claims = from_base64url(parts.claims);
  if (!claims) return refused(malformed, "a part is no base64url");
  return read_claims(*claims, now);
}

std::expected<void, TokenRefusal> TokenCheck::check_signature(const Parts& parts) {
  if (!parts.algorithm || std::find(rules_.algorithms.begin(), rules_.algorithms.end(),
                                    *parts.algorithm) == rules_.algorithms.end()) {
    return refused(bad_signature, "its algorithm isn't one that the policy allows");
  }
  const auto& keys = keys_->keys();
  const bool is_named = parts.kid && std::any_of(keys.begin(), keys.end(), [&](const auto& key) {
                          return key.kid == *parts.kid;
                        });
  std::size_t tries = 0;
  bool is_other_algorithm = false;
  for (std::size_t i = 0; i < keys.size() && tries < kTriesMax; ++i) {
    // A key without a name may have made any token; a named one only those that name it or nobody.
    if (is_named ? keys[i].kid != *parts.kid : parts.kid && !keys[i].kid.empty()) continue;
    Prepared& prepared = prepared_[i];
    if (prepared.algorithm != parts.algorithm) {
      is_other_algorithm = true;
      continue;
    }
    ++tries;
    if (prepared.check == nullptr) {
      prepared.check = std::make_unique<SignatureCheck>(*keys[i].key, *parts.algorithm);
    }
    if (prepared.check->holds(parts.message, parts.signature)) return {};
  }
  if (tries != 0) return refused(bad_signature, "its signature doesn't hold");
  if (is_named && is_other_algorithm) {
    return refused(bad_signature, "its algorithm is not the key's");
  }
  return refused(unknown_key, "no key of the set can have signed it");
}

std::expected<std::shared_ptr<const VerifiedToken>, TokenRefusal> TokenCheck::read_claims(
    std::string_view text, WallTime now) const {
  auto verified = std::make_unique<VerifiedToken>();
  verified->claims = JsonDocument::read(text);
  if (verified->claims == nullptr || !verified->claims->root().is(JsonKind::object)) {
    return refused(malformed, "its claims are no JSON object, or have a member twice");
  }
  const JsonView claims = verified->claims->root();
  std::optional<double> expires, not_before, issued;
  if (!read_time(claims, "exp", expires) || !read_time(claims, "nbf", not_before) ||
      !read_time(claims, "iat", issued)) {
    return refused(malformed, "its `exp`, `nbf` or `iat` is no time");
  }
  const double at = std::chrono::duration<double>(now.time_since_epoch()).count();
  const auto skew = static_cast<double>(rules_.skew.count());
  if (!expires && rules_.needs_expiry) return refused(malformed, "it has no `exp`");
  if (expires && at >= *expires + skew) return refused(expired, "it has expired");
  if ((not_before && at + skew < *not_before) || (issued && at + skew < *issued)) {
    return refused(not_yet_valid, "it isn't valid yet");
  }
  if (!rules_.issuer.empty()) {
    const auto issuer = claims.find("iss");
    if (!issuer || !issuer->is(JsonKind::text) || issuer->text() != rules_.issuer) {
      return refused(wrong_issuer, "it comes from another issuer");
    }
  }
  if (!rules_.audiences.empty() && !is_for(claims, rules_.audiences)) {
    return refused(wrong_audience, "it is meant for another audience");
  }
  if (!read_name(claims, rules_.user_claim, verified->user) ||
      !read_name(claims, rules_.app_claim, verified->app)) {
    return refused(malformed, "its claim for the user or the app names nobody");
  }
  for (const std::string& name : rules_.forwarded) {
    const auto claim = claims.find(name);
    const auto field = claim ? field_text(*claim) : std::string{};
    if (!field) return refused(malformed, "a claim that is forwarded can't stand in a field");
    verified->forwarded.push_back(*field);
  }
  const double until = expires ? *expires + skew : kSecondsMax;
  verified->until = WallTime{std::chrono::microseconds{
      static_cast<std::int64_t>(std::floor(std::min(until, kSecondsMax) * 1e6))}};
  return verified;
}

}  // namespace gatehouse
