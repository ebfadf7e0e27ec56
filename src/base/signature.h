// base/signature: signatures of RFC 7518 and RFC 8037, checked; nothing is ever signed.
//
// Place    a SignatureKey is immutable and may be shared by threads; a SignatureCheck is one key
//          with one algorithm, prepared once and used by one thread again and again.
// Strict   a weak key is refused when it is read: RSA below 2048 or above 8192 bits or with an
//          exponent that is even, 1 or longer than 64 bits; a point that isn't on its curve; a
//          secret shorter than the digest. ES signatures are r and s in full length, never DER, and
//          neither is 0. Secrets are compared in constant time.
// Errors   E0420 and what is wrong with a key; of a signature only whether it holds. A library
//          without one of the algorithms ends the process.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

struct evp_pkey_st;

namespace gatehouse {

enum class SignatureAlgorithm : std::uint8_t {
  rs256,
  rs384,
  rs512,
  ps256,
  ps384,
  ps512,
  es256,
  es384,
  es512,
  eddsa,
  hs256,
  hs384,
  hs512,
};
inline constexpr std::size_t kSignatureAlgorithms = 13;

// "RS256", exactly so. `none` is no algorithm.
std::optional<SignatureAlgorithm> signature_algorithm(std::string_view name);
std::string_view to_text(SignatureAlgorithm algorithm);

enum class KeyType : std::uint8_t { rsa, p256, p384, p521, ed25519, ed448, secret };

// Whether a key of that type is what the algorithm needs; of a secret's length nothing is said.
bool fits(KeyType type, SignatureAlgorithm algorithm);

class SignatureKey {
 public:
  static constexpr std::size_t kSecretBytesMax = 1'024;

  // Numbers are big-endian, as JWK has them.
  [[nodiscard]] static Result<std::unique_ptr<const SignatureKey>> rsa(std::string_view modulus,
                                                                       std::string_view exponent);
  [[nodiscard]] static Result<std::unique_ptr<const SignatureKey>> ec(KeyType curve,
                                                                      std::string_view x,
                                                                      std::string_view y);
  [[nodiscard]] static Result<std::unique_ptr<const SignatureKey>> edwards(KeyType curve,
                                                                           std::string_view x);
  [[nodiscard]] static Result<std::unique_ptr<const SignatureKey>> secret(std::string_view bytes);
  ~SignatureKey();
  SignatureKey(const SignatureKey&) = delete;
  SignatureKey& operator=(const SignatureKey&) = delete;

  KeyType type() const { return type_; }
  // As fits(), and a secret is long enough for the digest (RFC 7518 §3.2).
  bool serves(SignatureAlgorithm algorithm) const;

 private:
  friend class SignatureCheck;
  explicit SignatureKey(KeyType type) : type_(type) {}

  const KeyType type_;
  evp_pkey_st* key_ = nullptr;
  std::string secret_;  // wiped at the end
};

class SignatureCheck {
 public:
  // The key must serve the algorithm and outlive this.
  SignatureCheck(const SignatureKey& key, SignatureAlgorithm algorithm);
  ~SignatureCheck();
  SignatureCheck(const SignatureCheck&) = delete;
  SignatureCheck& operator=(const SignatureCheck&) = delete;

  bool holds(std::string_view message, std::string_view signature);

 private:
  struct State;
  const SignatureKey& key_;
  const SignatureAlgorithm algorithm_;
  const std::unique_ptr<State> state_;
};

}  // namespace gatehouse
