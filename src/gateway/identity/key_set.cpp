#include "gateway/identity/key_set.h"

#include <algorithm>

#include "base/base64url.h"
#include "base/digest.h"
#include "gateway/identity/json.h"

namespace gatehouse {
namespace {

std::unexpected<Error> bad_set(std::string what, std::string help) {
  return fail({"E0420", std::move(what), std::move(help)});
}

std::string_view text_of(const JsonView& object, std::string_view name) {
  const auto member = object.find(name);
  return member ? member->text() : std::string_view{};
}

// Whether the key is there to check signatures, as far as it says.
bool is_for_signatures(const JsonView& jwk) {
  const auto use = jwk.find("use");
  if (use && use->text() != "sig") return false;
  const auto operations = jwk.find("key_ops");
  if (!operations) return true;
  for (std::uint32_t i = 0; operations->is(JsonKind::list) && i < operations->size(); ++i) {
    if (operations->at(i).text() == "verify") return true;
  }
  return false;
}

struct Curve {
  std::string_view name;
  KeyType type;
};
constexpr Curve kCurves[] = {{"P-256", KeyType::p256},
                             {"P-384", KeyType::p384},
                             {"P-521", KeyType::p521},
                             {"Ed25519", KeyType::ed25519},
                             {"Ed448", KeyType::ed448}};

using KeyResult = Result<std::unique_ptr<const SignatureKey>>;

// The member's bytes; empty, which no key takes, when it is no base64url text.
std::string bytes_of(const JsonView& jwk, std::string_view name) {
  return from_base64url(text_of(jwk, name)).value_or(std::string{});
}

// Null for a type or curve that nothing here checks with.
KeyResult read_material(const JsonView& jwk) {
  const std::string_view type = text_of(jwk, "kty");
  if (type == "RSA") return SignatureKey::rsa(bytes_of(jwk, "n"), bytes_of(jwk, "e"));
  if (type == "oct") return SignatureKey::secret(bytes_of(jwk, "k"));
  const std::string_view curve = text_of(jwk, "crv");
  const auto* const known = std::find_if(std::begin(kCurves), std::end(kCurves),
                                         [&](const Curve& one) { return one.name == curve; });
  if (known == std::end(kCurves)) return std::unique_ptr<const SignatureKey>{};
  const bool is_edwards = known->type == KeyType::ed25519 || known->type == KeyType::ed448;
  if (type == "EC" && !is_edwards) {
    return SignatureKey::ec(known->type, bytes_of(jwk, "x"), bytes_of(jwk, "y"));
  }
  if (type == "OKP" && is_edwards) return SignatureKey::edwards(known->type, bytes_of(jwk, "x"));
  return std::unique_ptr<const SignatureKey>{};
}

// A key of null is to be passed over.
Result<TokenKey> read_key(const JsonView& jwk) {
  TokenKey read;
  if (!jwk.is(JsonKind::object)) return bad_set("a key is no JSON object", "export the set again");
  if (!is_for_signatures(jwk)) return read;
  if (const auto algorithm = jwk.find("alg")) {
    read.algorithm = signature_algorithm(algorithm->text());
    if (!read.algorithm) return read;  // for encryption, or for somebody else
  }
  if (const auto kid = jwk.find("kid")) {
    read.kid = kid->text();
    if (read.kid.empty() || read.kid.size() > KeySet::kKidBytesMax) {
      return bad_set("the `kid` of a key is no text, empty or too long", "export the set again");
    }
  }
  auto key = read_material(jwk);
  if (!key) return fail(std::move(key).error());
  if (*key != nullptr && read.algorithm && !(*key)->serves(*read.algorithm)) {
    return bad_set("a key's `alg` doesn't fit its type or length", "export the set again");
  }
  read.key = *std::move(key);
  return read;
}

}  // namespace

std::optional<SignatureAlgorithm> TokenKey::bound_to(
    std::span<const SignatureAlgorithm> allowed) const {
  for (const SignatureAlgorithm one : allowed) {
    if (algorithm ? one == *algorithm : key->serves(one)) return one;
  }
  return std::nullopt;
}

Result<std::shared_ptr<const KeySet>> KeySet::read(std::string_view text) {
  if (text.size() > kBytesMax) {
    return bad_set("the key set is larger than " + std::to_string(kBytesMax) + " bytes",
                   "leave out keys that nobody uses any more");
  }
  const auto document = JsonDocument::read(text);
  if (document == nullptr || !document->root().is(JsonKind::object)) {
    return bad_set("the key set is no JSON object, or has a member twice",
                   "name a file or address that gives a JSON Web Key Set");
  }
  const JsonView root = document->root();
  const auto list = root.find("keys");
  if (list ? !list->is(JsonKind::list) : !root.find("kty")) {
    return bad_set("the key set has no list `keys`",
                   "name a file or address that gives a JSON Web Key Set");
  }
  if (list && list->size() > kKeysMax) {
    return bad_set("the key set has more than " + std::to_string(kKeysMax) + " keys",
                   "leave out keys that nobody uses any more");
  }
  auto set = std::make_unique<KeySet>();
  set->digest_ = sha256_hex(text);
  for (std::uint32_t i = 0; i < (list ? list->size() : 1); ++i) {
    GH_TRY(TokenKey key, read_key(list ? list->at(i) : root));
    if (key.key == nullptr) {
      ++set->passed_over_;
    } else {
      set->keys_.push_back(std::move(key));
    }
  }
  if (set->keys_.empty()) {
    return bad_set("the key set holds no key that can check a signature",
                   "add a key for RS, PS, ES, EdDSA or HS signatures");
  }
  return set;
}

Result<std::shared_ptr<const KeySet>> KeySet::of_secret(std::string_view secret) {
  auto set = std::make_unique<KeySet>();
  TokenKey key;
  GH_TRY(key.key, SignatureKey::secret(secret));
  set->keys_.push_back(std::move(key));
  return set;
}

}  // namespace gatehouse
