// What is promised: the keys that the RFCs publish are read; what is weak, broken or too much is
// not, and what is meant for something else is passed over.
#include "gateway/identity/key_set.h"

#include <gtest/gtest.h>

#include "testing/jws_vectors.h"

namespace gatehouse {
namespace {

using testing::jwk_of;
using testing::kJwsVectors;

std::string set_of(std::initializer_list<std::string> keys) {
  std::string text = R"({"keys":[)";
  for (const std::string& key : keys) text.append(text.back() == '[' ? "" : ",").append(key);
  return text + "]}";
}

std::string fault_of(const std::string& text) {
  const auto read = KeySet::read(text);
  return read ? "none" : read.error().what;
}

TEST(KeySet, reads_every_kind_of_key_alone_and_in_a_set) {
  for (const auto& vector : kJwsVectors) {
    const auto alone = KeySet::read(jwk_of(vector));
    ASSERT_TRUE(alone.has_value()) << vector.source;
    EXPECT_EQ((*alone)->keys().size(), 1U);
    const auto set = KeySet::read(set_of(
        {jwk_of(vector, R"(,"kid":"a","use":"sig")"), jwk_of(vector, R"(,"key_ops":["verify"])")}));
    ASSERT_TRUE(set.has_value()) << vector.source;
    EXPECT_EQ((*set)->keys()[0].kid, "a");
    EXPECT_EQ((*set)->keys()[1].kid, "");
  }
}

TEST(KeySet, binds_a_key_to_its_own_algorithm_or_to_the_first_that_the_policy_has_for_it) {
  using enum SignatureAlgorithm;
  const auto& rsa = kJwsVectors[1];
  const auto set = KeySet::read(set_of({jwk_of(rsa), jwk_of(rsa, R"(,"alg":"PS256")")}));
  ASSERT_TRUE(set.has_value());
  const SignatureAlgorithm both[] = {es256, ps384, ps256, rs256};
  EXPECT_EQ((*set)->keys()[0].bound_to(both), ps384);
  EXPECT_EQ((*set)->keys()[1].bound_to(both), ps256);
  const SignatureAlgorithm others[] = {hs256, es256, rs256};
  EXPECT_EQ((*set)->keys()[0].bound_to(others), rs256);
  EXPECT_EQ((*set)->keys()[1].bound_to(others), std::nullopt);
}

TEST(KeySet, passes_over_what_is_meant_for_something_else) {
  const auto& rsa = kJwsVectors[1];
  const auto set = KeySet::read(set_of({
      jwk_of(rsa, R"(,"use":"enc")"),
      jwk_of(rsa, R"(,"key_ops":["encrypt"])"),
      jwk_of(rsa, R"(,"key_ops":"verify")"),
      jwk_of(rsa, R"(,"alg":"RSA-OAEP")"),
      jwk_of(rsa, R"(,"alg":"none")"),
      R"({"kty":"OKP","crv":"X25519","x":"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"})",
      R"({"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"})",
      R"({"kty":"OKP","crv":"P-256","x":"AA"})",
      R"({"kty":"new"})",
      jwk_of(rsa, R"(,"kid":"good")"),
  }));
  ASSERT_TRUE(set.has_value());
  EXPECT_EQ((*set)->passed_over(), 9U);
  ASSERT_EQ((*set)->keys().size(), 1U);
  EXPECT_EQ((*set)->keys()[0].kid, "good");
}

TEST(KeySet, refuses_weak_and_broken_keys) {
  EXPECT_EQ(fault_of(R"({"kty":"RSA","n":"AQAB","e":"AQAB"})"), "an RSA key has 17 bits");
  EXPECT_EQ(fault_of(R"({"kty":"RSA","e":"AQAB"})"), "an RSA key has 0 bits");
  EXPECT_EQ(fault_of(R"({"kty":"oct","k":"c2hvcnQ"})"), "a secret has 5 bytes");
  EXPECT_EQ(fault_of(jwk_of(kJwsVectors[7], R"(,"alg":"HS512")")),
            "a key's `alg` doesn't fit its type or length");
  EXPECT_EQ(fault_of(jwk_of(kJwsVectors[1], R"(,"alg":"HS256")")),
            "a key's `alg` doesn't fit its type or length");
  EXPECT_EQ(fault_of(jwk_of(kJwsVectors[2], R"(,"alg":"ES384")")),
            "a key's `alg` doesn't fit its type or length");
  EXPECT_EQ(fault_of(R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"})"),
            "a coordinate of an EC key hasn't the length of P-256");
  EXPECT_EQ(fault_of(R"({"kty":"EC","crv":"P-384","x":")" + std::string(kJwsVectors[2].first) +
                     R"(","y":")" + std::string(kJwsVectors[2].second) + "\"}"),
            "a coordinate of an EC key hasn't the length of P-384");
  const std::string padded = std::string(kJwsVectors[1].first) + "=";
  EXPECT_EQ(fault_of(R"({"kty":"RSA","n":")" + padded + R"(","e":"AQAB"})"),
            "an RSA key has 0 bits");
}

TEST(KeySet, refuses_what_is_no_set_or_too_large_a_one) {
  for (const std::string& text : {std::string{}, std::string{"[]"}, std::string{"\"keys\""},
                                  std::string{R"({"keys":[],"keys":[]})"}}) {
    EXPECT_EQ(fault_of(text), "the key set is no JSON object, or has a member twice");
  }
  EXPECT_EQ(fault_of("{}"), "the key set has no list `keys`");
  EXPECT_EQ(fault_of(R"({"keys":{}})"), "the key set has no list `keys`");
  EXPECT_EQ(fault_of(R"({"keys":[]})"), "the key set holds no key that can check a signature");
  EXPECT_EQ(fault_of(R"({"keys":[1]})"), "a key is no JSON object");
  EXPECT_EQ(fault_of(jwk_of(kJwsVectors[1], R"(,"kid":1)")),
            "the `kid` of a key is no text, empty or too long");
  EXPECT_EQ(fault_of(jwk_of(kJwsVectors[1], R"(,"kid":")" + std::string(300, 'k') + "\"")),
            "the `kid` of a key is no text, empty or too long");
  std::string many = R"({"keys":[{})";
  for (int i = 0; i < 64; ++i) many += ",{}";
  EXPECT_EQ(fault_of(many + "]}"), "the key set has more than 64 keys");
  EXPECT_EQ(fault_of(std::string(KeySet::kBytesMax, ' ') + "{}"),
            "the key set is larger than 524288 bytes");
}

}  // namespace
}  // namespace gatehouse
