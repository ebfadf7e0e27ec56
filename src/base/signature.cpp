#include "base/signature.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <span>

namespace gatehouse {
namespace {

using enum SignatureAlgorithm;

enum class Family : std::uint8_t { rsa_pkcs1, rsa_pss, ec, edwards, hmac };

struct AlgorithmRow {
  SignatureAlgorithm algorithm;
  std::string_view name;
  Family family;
  const char* digest;
  std::size_t digest_bytes;
};
constexpr std::array<AlgorithmRow, kSignatureAlgorithms> kAlgorithms{{
    {rs256, "RS256", Family::rsa_pkcs1, "SHA256", 32},
    {rs384, "RS384", Family::rsa_pkcs1, "SHA384", 48},
    {rs512, "RS512", Family::rsa_pkcs1, "SHA512", 64},
    {ps256, "PS256", Family::rsa_pss, "SHA256", 32},
    {ps384, "PS384", Family::rsa_pss, "SHA384", 48},
    {ps512, "PS512", Family::rsa_pss, "SHA512", 64},
    {es256, "ES256", Family::ec, "SHA256", 32},
    {es384, "ES384", Family::ec, "SHA384", 48},
    {es512, "ES512", Family::ec, "SHA512", 64},
    {eddsa, "EdDSA", Family::edwards, nullptr, 0},
    {hs256, "HS256", Family::hmac, "SHA256", 32},
    {hs384, "HS384", Family::hmac, "SHA384", 48},
    {hs512, "HS512", Family::hmac, "SHA512", 64},
}};

struct CurveRow {
  KeyType type;
  const char* name;
  std::size_t bytes;  // of a coordinate, of r and of s
};
constexpr CurveRow kCurves[] = {
    {KeyType::p256, "P-256", 32},
    {KeyType::p384, "P-384", 48},
    {KeyType::p521, "P-521", 66},
};
constexpr std::size_t kSignatureBytesMax = 1'024;  // of RSA 8192

const AlgorithmRow& row_of(SignatureAlgorithm algorithm) {
  return kAlgorithms[static_cast<std::size_t>(algorithm)];
}

const CurveRow* curve_of(KeyType type) {
  const auto* const found = std::find_if(std::begin(kCurves), std::end(kCurves),
                                         [type](const CurveRow& row) { return row.type == type; });
  return found == std::end(kCurves) ? nullptr : found;
}

const unsigned char* data_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::unexpected<Error> bad_key(std::string what, std::string help) {
  ERR_clear_error();
  return fail({"E0420", std::move(what), std::move(help)});
}

template <auto Free>
struct Freeing {
  template <class T>
  void operator()(T* what) const {
    Free(what);
  }
};
using Number = std::unique_ptr<BIGNUM, Freeing<BN_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freeing<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Freeing<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freeing<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freeing<EVP_MD_CTX_free>>;
using Digest = std::unique_ptr<EVP_MD, Freeing<EVP_MD_free>>;
using Mac = std::unique_ptr<EVP_MAC, Freeing<EVP_MAC_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, Freeing<EVP_MAC_CTX_free>>;
using EcSignature = std::unique_ptr<ECDSA_SIG, Freeing<ECDSA_SIG_free>>;

// What the library must be able to do.
template <class T>
T must(T made) {
  if (!made) std::abort();
  return made;
}
void must_be_one(int result) {
  if (result != 1) std::abort();
}

Number number_of(std::string_view bytes) {
  return must(Number(BN_bin2bn(data_of(bytes), static_cast<int>(bytes.size()), nullptr)));
}

// Null when the library refuses the numbers.
EVP_PKEY* public_key(const char* type, const Builder& builder) {
  const Parameters parameters = must(Parameters(OSSL_PARAM_BLD_to_param(builder.get())));
  const KeyContext context = must(KeyContext(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)));
  EVP_PKEY* key = nullptr;
  must_be_one(EVP_PKEY_fromdata_init(context.get()));
  if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) == 1) {
    const KeyContext check = must(KeyContext(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr)));
    if (EVP_PKEY_public_check(check.get()) == 1) return key;
  }
  EVP_PKEY_free(key);
  ERR_clear_error();
  return nullptr;
}

// r and s as DER; nothing when one of them is 0 or has the wrong length.
std::size_t to_der(std::string_view raw, std::size_t bytes,
                   std::span<unsigned char, kSignatureBytesMax> into) {
  if (raw.size() != 2 * bytes) return 0;
  Number r = number_of(raw.substr(0, bytes));
  Number s = number_of(raw.substr(bytes));
  if (BN_is_zero(r.get()) || BN_is_zero(s.get())) return 0;
  const EcSignature pair = must(EcSignature(ECDSA_SIG_new()));
  must_be_one(ECDSA_SIG_set0(pair.get(), r.release(), s.release()));
  unsigned char* at = into.data();
  const int written = i2d_ECDSA_SIG(pair.get(), &at);
  return written > 0 ? static_cast<std::size_t>(written) : 0;
}

}  // namespace

std::optional<SignatureAlgorithm> signature_algorithm(std::string_view name) {
  for (const AlgorithmRow& row : kAlgorithms) {
    if (row.name == name) return row.algorithm;
  }
  return std::nullopt;
}

std::string_view to_text(SignatureAlgorithm algorithm) { return row_of(algorithm).name; }

bool fits(KeyType type, SignatureAlgorithm algorithm) {
  switch (type) {
    case KeyType::rsa:
      return row_of(algorithm).family == Family::rsa_pkcs1 ||
             row_of(algorithm).family == Family::rsa_pss;
    case KeyType::p256:
      return algorithm == es256;
    case KeyType::p384:
      return algorithm == es384;
    case KeyType::p521:
      return algorithm == es512;
    case KeyType::ed25519:
    case KeyType::ed448:
      return algorithm == eddsa;
    case KeyType::secret:
      return row_of(algorithm).family == Family::hmac;
  }
  return false;
}

Result<std::unique_ptr<const SignatureKey>> SignatureKey::rsa(std::string_view modulus,
                                                              std::string_view exponent) {
  while (exponent.starts_with('\0')) exponent.remove_prefix(1);
  while (modulus.starts_with('\0')) modulus.remove_prefix(1);
  if (modulus.size() > 1'024) return bad_key("an RSA key is longer than 8192 bits", "use 2048");
  const Number n = number_of(modulus);
  const Number e = number_of(exponent);
  if (BN_num_bits(n.get()) < 2'048) {
    return bad_key("an RSA key has " + std::to_string(BN_num_bits(n.get())) + " bits",
                   "use one of at least 2048");
  }
  if (exponent.size() > 8 || !BN_is_odd(e.get()) || BN_is_one(e.get())) {
    return bad_key("the exponent of an RSA key is even, 1 or too long", "use 65537");
  }
  const Builder builder = must(Builder(OSSL_PARAM_BLD_new()));
  must_be_one(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()));
  must_be_one(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()));
  auto key = std::unique_ptr<SignatureKey>(new SignatureKey(KeyType::rsa));
  key->key_ = public_key("RSA", builder);
  if (key->key_ == nullptr) return bad_key("an RSA key is no RSA key", "export it again");
  return key;
}

Result<std::unique_ptr<const SignatureKey>> SignatureKey::ec(KeyType curve, std::string_view x,
                                                             std::string_view y) {
  const CurveRow* const row = curve_of(curve);
  assert(row != nullptr);
  if (x.size() != row->bytes || y.size() != row->bytes) {
    return bad_key("a coordinate of an EC key hasn't the length of " + std::string(row->name),
                   "write all bytes of x and y, leading zeros too");
  }
  std::string point{'\x04'};
  point.append(x).append(y);
  const Builder builder = must(Builder(OSSL_PARAM_BLD_new()));
  must_be_one(
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, row->name, 0));
  must_be_one(OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                               point.size()));
  auto key = std::unique_ptr<SignatureKey>(new SignatureKey(curve));
  key->key_ = public_key("EC", builder);
  if (key->key_ == nullptr) {
    return bad_key("an EC key is no point of " + std::string(row->name), "export it again");
  }
  return key;
}

Result<std::unique_ptr<const SignatureKey>> SignatureKey::edwards(KeyType curve,
                                                                  std::string_view x) {
  const bool is_448 = curve == KeyType::ed448;
  assert(is_448 || curve == KeyType::ed25519);
  auto key = std::unique_ptr<SignatureKey>(new SignatureKey(curve));
  if (x.size() == (is_448 ? 57U : 32U)) {
    key->key_ = EVP_PKEY_new_raw_public_key_ex(nullptr, is_448 ? "ED448" : "ED25519", nullptr,
                                               data_of(x), x.size());
  }
  if (key->key_ == nullptr) {
    return bad_key(
        std::string("an Edwards key hasn't the length of ") + (is_448 ? "Ed448" : "Ed25519"),
        "export it again");
  }
  return key;
}

Result<std::unique_ptr<const SignatureKey>> SignatureKey::secret(std::string_view bytes) {
  if (bytes.size() < 32 || bytes.size() > kSecretBytesMax) {
    return bad_key("a secret has " + std::to_string(bytes.size()) + " bytes",
                   "use 32 random bytes or more, at most " + std::to_string(kSecretBytesMax));
  }
  auto key = std::unique_ptr<SignatureKey>(new SignatureKey(KeyType::secret));
  key->secret_ = bytes;
  return key;
}

SignatureKey::~SignatureKey() {
  EVP_PKEY_free(key_);
  OPENSSL_cleanse(secret_.data(), secret_.size());
}

bool SignatureKey::serves(SignatureAlgorithm algorithm) const {
  return fits(type_, algorithm) &&
         (type_ != KeyType::secret || secret_.size() >= row_of(algorithm).digest_bytes);
}

struct SignatureCheck::State {
  Digest digest;
  DigestContext hashing;
  KeyContext verifying;  // RSA and EC: prepared with key, padding and digest
  MacContext mac;

  std::size_t hash(std::string_view message, std::array<unsigned char, EVP_MAX_MD_SIZE>& into) {
    unsigned int bytes = 0;
    must_be_one(EVP_DigestInit_ex2(hashing.get(), digest.get(), nullptr));
    must_be_one(EVP_DigestUpdate(hashing.get(), message.data(), message.size()));
    must_be_one(EVP_DigestFinal_ex(hashing.get(), into.data(), &bytes));
    return bytes;
  }
};

SignatureCheck::SignatureCheck(const SignatureKey& key, SignatureAlgorithm algorithm)
    : key_(key), algorithm_(algorithm), state_(std::make_unique<State>()) {
  assert(key.serves(algorithm));
  const AlgorithmRow& row = row_of(algorithm);
  state_->hashing = must(DigestContext(EVP_MD_CTX_new()));
  if (row.family == Family::edwards) return;
  if (row.family == Family::hmac) {
    const Mac mac = must(Mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr)));
    state_->mac = must(MacContext(EVP_MAC_CTX_new(mac.get())));
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(row.digest), 0),
        OSSL_PARAM_construct_end()};
    must_be_one(
        EVP_MAC_init(state_->mac.get(), data_of(key.secret_), key.secret_.size(), parameters));
    return;
  }
  state_->digest = must(Digest(EVP_MD_fetch(nullptr, row.digest, nullptr)));
  state_->verifying = must(KeyContext(EVP_PKEY_CTX_new_from_pkey(nullptr, key.key_, nullptr)));
  EVP_PKEY_CTX* const verifying = state_->verifying.get();
  must_be_one(EVP_PKEY_verify_init(verifying));
  if (row.family != Family::ec) {
    const bool is_pss = row.family == Family::rsa_pss;
    must_be_one(EVP_PKEY_CTX_set_rsa_padding(verifying,
                                             is_pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING));
    must_be_one(EVP_PKEY_CTX_set_signature_md(verifying, state_->digest.get()));
    if (is_pss) {
      must_be_one(EVP_PKEY_CTX_set_rsa_mgf1_md(verifying, state_->digest.get()));
      must_be_one(EVP_PKEY_CTX_set_rsa_pss_saltlen(verifying, RSA_PSS_SALTLEN_DIGEST));
    }
    return;
  }
  must_be_one(EVP_PKEY_CTX_set_signature_md(verifying, state_->digest.get()));
}

SignatureCheck::~SignatureCheck() = default;

bool SignatureCheck::holds(std::string_view message, std::string_view signature) {
  const AlgorithmRow& row = row_of(algorithm_);
  if (signature.empty() || signature.size() > kSignatureBytesMax) return false;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  bool holds = false;
  if (row.family == Family::hmac) {
    std::size_t bytes = 0;
    must_be_one(EVP_MAC_init(state_->mac.get(), nullptr, 0, nullptr));  // the same key again
    must_be_one(EVP_MAC_update(state_->mac.get(), data_of(message), message.size()));
    must_be_one(EVP_MAC_final(state_->mac.get(), digest.data(), &bytes, digest.size()));
    return signature.size() == bytes && CRYPTO_memcmp(signature.data(), digest.data(), bytes) == 0;
  }
  if (row.family == Family::edwards) {
    must_be_one(EVP_MD_CTX_reset(state_->hashing.get()));
    must_be_one(EVP_DigestVerifyInit_ex(state_->hashing.get(), nullptr, nullptr, nullptr, nullptr,
                                        key_.key_, nullptr));
    holds = EVP_DigestVerify(state_->hashing.get(), data_of(signature), signature.size(),
                             data_of(message), message.size()) == 1;
  } else {
    const std::size_t bytes = state_->hash(message, digest);
    std::array<unsigned char, kSignatureBytesMax> der;
    const unsigned char* raw = data_of(signature);
    std::size_t raw_bytes = signature.size();
    if (row.family == Family::ec) {
      raw = der.data();
      raw_bytes = to_der(signature, curve_of(key_.type_)->bytes, der);
      if (raw_bytes == 0) return false;
    }
    holds = EVP_PKEY_verify(state_->verifying.get(), raw, raw_bytes, digest.data(), bytes) == 1;
  }
  if (!holds) ERR_clear_error();
  return holds;
}

}  // namespace gatehouse
