// What is promised: what the RFCs signed holds, nothing else does, and a weak key is never taken.
#include "base/signature.h"

#include <gtest/gtest.h>

#include "base/base64url.h"
#include "testing/jws_vectors.h"

namespace gatehouse {
namespace {

using namespace std::string_literals;
using testing::JwsVector;
using testing::kJwsVectors;
using KeyResult = Result<std::unique_ptr<const SignatureKey>>;

std::string bytes_of(std::string_view text) { return from_base64url(text).value(); }

KeyResult read_key(const JwsVector& vector) {
  const std::string first = bytes_of(vector.first);
  if (vector.type == "RSA") return SignatureKey::rsa(first, bytes_of(vector.second));
  if (vector.type == "oct") return SignatureKey::secret(first);
  if (vector.type == "Ed25519") return SignatureKey::edwards(KeyType::ed25519, first);
  const KeyType curve = vector.type == "P-256" ? KeyType::p256 : KeyType::p521;
  return SignatureKey::ec(curve, first, bytes_of(vector.second));
}

struct Signed {
  std::string_view message;
  std::string signature;
};
Signed split(std::string_view token) {
  const std::size_t dot = token.rfind('.');
  return {token.substr(0, dot), bytes_of(token.substr(dot + 1))};
}

const JwsVector& vector_of(std::string_view source) {
  for (const JwsVector& one : kJwsVectors) {
    if (one.source == source) return one;
  }
  throw std::logic_error("no such vector");
}

TEST(Signature, holds_for_what_the_rfcs_publish_as_often_as_it_is_asked) {
  for (const JwsVector& vector : kJwsVectors) {
    const auto key = read_key(vector);
    ASSERT_TRUE(key.has_value()) << vector.source;
    SignatureCheck check(**key, signature_algorithm(vector.algorithm).value());
    const auto [message, signature] = split(vector.token);
    for (int round = 0; round < 3; ++round) {
      EXPECT_TRUE(check.holds(message, signature)) << vector.source;
      EXPECT_FALSE(check.holds(message.substr(1), signature)) << vector.source;
    }
  }
}

TEST(Signature, fails_with_any_byte_of_it_changed_added_or_taken) {
  for (const JwsVector& vector : kJwsVectors) {
    const auto key = read_key(vector);
    ASSERT_TRUE(key.has_value()) << vector.source;
    SignatureCheck check(**key, signature_algorithm(vector.algorithm).value());
    const auto [message, signature] = split(vector.token);
    for (std::size_t i = 0; i < signature.size(); i += 7) {
      std::string other = signature;
      other[i] = static_cast<char>(other[i] ^ 1);
      EXPECT_FALSE(check.holds(message, other)) << vector.source << " byte " << i;
    }
    EXPECT_FALSE(check.holds(message, signature.substr(1)));
    EXPECT_FALSE(check.holds(message, signature.substr(0, signature.size() - 1)));
    EXPECT_FALSE(check.holds(message, signature + '\0'));
    EXPECT_FALSE(check.holds(message, '\0' + signature));
    EXPECT_FALSE(check.holds(message, ""));
    EXPECT_FALSE(check.holds(message, std::string(2'000, 'x')));
    EXPECT_TRUE(check.holds(message, signature)) << "after all that";
  }
}

TEST(Signature, takes_no_other_digest_and_no_other_padding) {
  const JwsVector& vector = vector_of("RFC 7520 4.2");
  const auto key = read_key(vector);
  const auto [message, signature] = split(vector.token);
  using enum SignatureAlgorithm;
  for (const SignatureAlgorithm other : {rs256, rs384, rs512, ps256, ps512}) {
    SignatureCheck check(**key, other);
    EXPECT_FALSE(check.holds(message, signature)) << to_text(other);
  }
}

TEST(Signature, takes_no_es_signature_in_der_and_none_with_r_or_s_of_0) {
  const JwsVector& vector = vector_of("RFC 7515 A.3");
  const auto key = read_key(vector);
  SignatureCheck check(**key, SignatureAlgorithm::es256);
  const auto [message, signature] = split(vector.token);
  const std::string r = signature.substr(0, 32);
  const std::string s = signature.substr(32);
  // Both of this vector fit 32 bytes; s begins above 0x7f and takes a zero byte before it in DER.
  const std::string der = std::string{"\x30\x45\x02\x20"} + r + "\x02\x21" + '\0' + s;
  EXPECT_FALSE(check.holds(message, der));
  const std::string zero(32, '\0');
  EXPECT_FALSE(check.holds(message, zero + s));
  EXPECT_FALSE(check.holds(message, r + zero));
  EXPECT_FALSE(check.holds(message, zero + zero));
  EXPECT_FALSE(check.holds(message, std::string(64, '\xff')));
  EXPECT_FALSE(check.holds(message, zero + r + zero + s));
}

TEST(SignatureKey, refuses_short_rsa_keys_and_odd_exponents) {
  const std::string n = bytes_of(vector_of("RFC 7515 A.2").first);
  EXPECT_TRUE(SignatureKey::rsa(n, "\x01\x00\x01"s).has_value());
  EXPECT_TRUE(SignatureKey::rsa('\0' + n, "\x01\x00\x01"s).has_value());
  const KeyResult refused = SignatureKey::rsa(n.substr(1), "\x01\x00\x01"s);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().what, "an RSA key has 2040 bits");
  EXPECT_FALSE(SignatureKey::rsa('\x01' + n.substr(2), "\x03").has_value());
  EXPECT_FALSE(SignatureKey::rsa(std::string(1'025, '\xff'), "\x03").has_value());
  for (const std::string& exponent :
       {""s, "\x01"s, "\x02"s, "\x01\x00\x00"s, std::string(9, '\x01')}) {
    EXPECT_FALSE(SignatureKey::rsa(n, exponent).has_value());
  }
  EXPECT_FALSE(SignatureKey::rsa("", "\x03").has_value());
}

TEST(SignatureKey, refuses_points_off_their_curve) {
  const JwsVector& vector = vector_of("RFC 7515 A.3");
  const std::string x = bytes_of(vector.first);
  const std::string y = bytes_of(vector.second);
  EXPECT_TRUE(SignatureKey::ec(KeyType::p256, x, y).has_value());
  std::string other = y;
  other.back() = static_cast<char>(other.back() ^ 1);
  EXPECT_FALSE(SignatureKey::ec(KeyType::p256, x, other).has_value());
  EXPECT_FALSE(SignatureKey::ec(KeyType::p256, y, x).has_value());
  EXPECT_FALSE(SignatureKey::ec(KeyType::p384, x, y).has_value());
  EXPECT_FALSE(SignatureKey::ec(KeyType::p256, x.substr(1), y).has_value());
  EXPECT_FALSE(SignatureKey::ec(KeyType::p256, std::string(32, '\0'), std::string(32, '\0')));
  EXPECT_FALSE(SignatureKey::edwards(KeyType::ed25519, x.substr(1)).has_value());
  EXPECT_FALSE(SignatureKey::edwards(KeyType::ed448, x).has_value());
}

TEST(SignatureKey, serves_only_algorithms_of_its_type_and_length) {
  EXPECT_FALSE(SignatureKey::secret(std::string(31, 'k')).has_value());
  const auto secret = SignatureKey::secret(std::string(47, 'k'));
  EXPECT_TRUE((*secret)->serves(SignatureAlgorithm::hs256));
  EXPECT_FALSE((*secret)->serves(SignatureAlgorithm::hs384));
  EXPECT_FALSE((*secret)->serves(SignatureAlgorithm::rs256));
  const auto p256 = read_key(vector_of("RFC 7515 A.3"));
  EXPECT_TRUE((*p256)->serves(SignatureAlgorithm::es256));
  EXPECT_FALSE((*p256)->serves(SignatureAlgorithm::es384));
  const auto rsa = read_key(vector_of("RFC 7515 A.2"));
  EXPECT_TRUE((*rsa)->serves(SignatureAlgorithm::ps512));
  EXPECT_FALSE((*rsa)->serves(SignatureAlgorithm::hs256));
  EXPECT_FALSE((*rsa)->serves(SignatureAlgorithm::eddsa));
}

TEST(SignatureAlgorithm, has_exactly_the_names_of_the_rfcs) {
  for (std::size_t i = 0; i < kSignatureAlgorithms; ++i) {
    const auto algorithm = static_cast<SignatureAlgorithm>(i);
    EXPECT_EQ(signature_algorithm(to_text(algorithm)), algorithm);
  }
  for (const std::string_view none :
       {"none", "None", "NONE", "nOnE", "", "RS1", "rs256", "ES256K", "Ed25519", "HS256 ", "dir"}) {
    EXPECT_EQ(signature_algorithm(none), std::nullopt) << none;
  }
}

}  // namespace
}  // namespace gatehouse
