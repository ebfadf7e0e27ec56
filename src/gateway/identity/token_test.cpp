// What is promised: a token counts only when its key's own algorithm signed exactly it, its header
// asks for nothing else, and its claims hold here and now. Each known attack has its row.
#include "gateway/identity/token.h"

#include <gtest/gtest.h>

#include "gateway/identity/hs256_testing.h"
#include "testing/jws_vectors.h"
#include "testing/manual_clock.h"

namespace gatehouse {
namespace {

using namespace std::chrono_literals;
using enum SignatureAlgorithm;
using testing::hs256_token;
using testing::jwk_of;
using testing::JwsVector;
using testing::kJwsVectors;

const std::string kSecret(32, 's');
constexpr std::string_view kHeader = R"({"alg":"HS256"})";
constexpr std::string_view kGood = R"({"sub":"ann","exp":1900000000})";

struct TokenTest : ::testing::Test {
  testing::ManualClock clock;  // it begins in 2026, at 1'790'003'600
  TokenRules rules;
  std::shared_ptr<const KeySet> keys = *KeySet::of_secret(kSecret);

  TokenTest() { rules.algorithms = {hs256}; }

  std::expected<std::shared_ptr<const VerifiedToken>, TokenRefusal> check(std::string_view token) {
    TokenCheck one(rules);
    one.use(keys);
    return one.check(token, clock.wall());
  }
  std::string fate(std::string_view token) {
    const auto checked = check(token);
    if (checked) return "good";
    switch (checked.error().fault) {
      case TokenFault::malformed:
        return "malformed";
      case TokenFault::unknown_key:
        return "unknown key";
      case TokenFault::bad_signature:
        return "bad signature";
      case TokenFault::expired:
        return "expired";
      case TokenFault::not_yet_valid:
        return "not yet";
      case TokenFault::wrong_issuer:
        return "issuer";
      case TokenFault::wrong_audience:
        return "audience";
    }
    return "";
  }
  std::string with_header(std::string_view header) {
    return fate(hs256_token(header, kGood, kSecret));
  }
  std::string with_claims(std::string_view claims) {
    return fate(hs256_token(kHeader, claims, kSecret));
  }
};

TEST_F(TokenTest, takes_what_the_rfcs_signed_as_far_as_it_is_a_token) {
  clock.advance(std::chrono::seconds{1'300'819'000 - 1'790'003'600});  // before its `exp`
  for (const JwsVector& vector : kJwsVectors) {
    rules.algorithms = {*signature_algorithm(vector.algorithm)};
    keys = *KeySet::read(jwk_of(vector));
    const bool has_claims = vector.source.starts_with("RFC 7515") && vector.algorithm != "ES512";
    // The others sign a sentence: their signature holds, and then there are no claims.
    EXPECT_EQ(fate(vector.token), has_claims ? "good" : "malformed") << vector.source;
    if (!has_claims) {
      EXPECT_EQ(check(vector.token).error().why,
                "its claims are no JSON object, or have a member twice");
    }
  }
}

TEST_F(TokenTest, gives_back_the_user_the_app_and_what_is_forwarded) {
  rules.app_claim = "azp";
  rules.forwarded = {"groups", "level", "none", "staff"};
  const auto checked = check(
      hs256_token(kHeader, R"({"sub":"ann","azp":"ios","groups":["a","b"],"level":3,"staff":true,
                   "exp":1900000000})",
                  kSecret));
  ASSERT_TRUE(checked.has_value());
  EXPECT_EQ((*checked)->user, "ann");
  EXPECT_EQ((*checked)->app, "ios");
  EXPECT_EQ((*checked)->forwarded, (std::vector<std::string>{"a,b", "3", "", "true"}));
  EXPECT_EQ((*checked)->claims->root().find("level")->whole(), 3);
  EXPECT_EQ((*checked)->until, WallTime{1'900'000'030s});
}

TEST_F(TokenTest, never_takes_the_algorithm_from_the_token) {
  const JwsVector& rsa = kJwsVectors[1];
  keys = *KeySet::read(jwk_of(rsa, R"(,"kid":"k")"));
  rules.algorithms = {rs256, hs256};
  const std::string_view header = R"({"alg":"HS256","kid":"k"})";
  // The public key as the secret, in every form that a library has ever taken for one.
  for (const std::string& secret : {from_base64url(rsa.first).value(), std::string(rsa.first),
                                    jwk_of(rsa), jwk_of(rsa, R"(,"kid":"k")"), std::string{}}) {
    EXPECT_EQ(fate(hs256_token(header, kGood, secret)), "bad signature");
    EXPECT_EQ(fate(hs256_token(kHeader, kGood, secret)), "unknown key");
  }
}

TEST_F(TokenTest, takes_none_in_no_spelling) {
  for (const std::string_view none :
       {"none", "None", "NONE", "nOnE", "", " none", "hs256", "HS256 ", "HS-256", "dir"}) {
    const std::string header = R"({"alg":")" + std::string(none) + "\"}";
    EXPECT_EQ(with_header(header), "bad signature") << none;
    const std::string message = to_base64url(header) + '.' + to_base64url(kGood);
    EXPECT_EQ(fate(message + '.'), "bad signature") << none;
    EXPECT_EQ(fate(message), "malformed") << none;
  }
  for (const std::string_view header :
       {"{}", R"({"alg":null})", R"({"alg":["HS256"]})", R"({"alg":256})", R"({"ALG":"HS256"})"}) {
    EXPECT_EQ(with_header(header), "malformed") << header;
  }
}

TEST_F(TokenTest, ignores_keys_that_the_header_brings_or_points_to) {
  const std::string other(32, 'x');
  for (const std::string& member :
       {R"("jwk":{"kty":"oct","k":")" + to_base64url(other) + "\"}",
        std::string{R"("jku":"https://evil.example/jwks.json")"},
        std::string{R"("x5u":"https://evil.example/cert")"}, std::string{R"("x5c":["MIIB"])"}}) {
    const std::string header = R"({"alg":"HS256",)" + member + "}";
    EXPECT_EQ(fate(hs256_token(header, kGood, other)), "bad signature") << member;
    EXPECT_EQ(fate(hs256_token(header, kGood, kSecret)), "good") << member;
  }
}

TEST_F(TokenTest, refuses_headers_that_ask_for_more) {
  for (const std::string_view header :
       {R"({"alg":"HS256","crit":["exp"]})", R"({"alg":"HS256","crit":[]})",
        R"({"alg":"HS256","b64":false,"crit":["b64"]})", R"({"alg":"HS256","b64":true})",
        R"({"alg":"HS256","cty":"JWT"})", R"({"alg":"HS256","enc":"A128GCM"})",
        R"({"alg":"HS256","zip":"DEF"})", R"({"alg":"HS256","typ":"logout+jwt"})",
        R"({"alg":"HS256","typ":1})", R"({"alg":"HS256","alg":"HS256"})",
        R"({"alg":"none","alg":"HS256"})", R"({"alg":"HS256","\u0061lg":"none"})",
        R"({"alg":"HS256","kid":7})", R"(["alg"])", R"("HS256")", "", "{",
        "{\"alg\":\"HS256\"}x"}) {
    EXPECT_EQ(with_header(header), "malformed") << header;
  }
  for (const std::string_view type : {"JWT", "jwt", "at+jwt", "application/at+JWT"}) {
    EXPECT_EQ(with_header(R"({"alg":"HS256","typ":")" + std::string(type) + "\"}"), "good") << type;
  }
}

TEST_F(TokenTest, refuses_what_has_not_exactly_three_strict_parts) {
  const std::string good = hs256_token(kHeader, kGood, kSecret);
  ASSERT_EQ(fate(good), "good");
  const std::size_t first = good.find('.');
  const std::size_t last = good.rfind('.');
  for (const std::string& token :
       {std::string{}, std::string{"."}, std::string{".."}, good + '.', '.' + good, good + ".e30",
        good + "..", good.substr(0, last), good.substr(first + 1), good + '=', good + ' ',
        ' ' + good, good + '\n', good.substr(0, first) + "=" + good.substr(first),
        good.substr(0, last + 1) + '.' + good.substr(last + 1), good + ".a.b",
        std::string(TokenCheck::kBytesMax + 1, 'a')}) {
    EXPECT_EQ(fate(token), "malformed") << token.substr(0, 60);
  }
  for (std::size_t cut = 1; cut < good.size() - last; ++cut) {
    EXPECT_NE(fate(good.substr(0, good.size() - cut)), "good") << cut;
  }
  // The last sign of a 32-byte signature holds four bits: the two others must be 0.
  std::string other = good;
  other.back() = other.back() == 'A' ? 'B' : static_cast<char>(other.back() + 1);
  EXPECT_EQ(fate(other), "malformed");
  std::string changed = good;
  changed[first + 3] = changed[first + 3] == 'A' ? 'B' : 'A';
  EXPECT_EQ(fate(changed), "bad signature");
}

TEST_F(TokenTest, refuses_claims_that_are_not_strict_json) {
  for (const std::string_view claims :
       {"", "null", "[]", "\"ann\"", R"({"sub":"ann","exp":1900000000,"exp":1900000000})",
        R"({"sub":"ann","exp":1,"\u0065xp":1900000000})",
        R"({"sub":"ann","exp":1900000000} )"
        "x",
        R"({"exp":1900000000,"a":{"b":1,"b":2}})", "{\"exp\":1900000000,\"sub\":\"\xff\"}"}) {
    EXPECT_EQ(with_claims(claims), "malformed") << claims;
  }
  EXPECT_EQ(
      with_claims(R"({"exp":1900000000,"a":)" + std::string(40, '[') + std::string(40, ']') + "}"),
      "malformed");
}

TEST_F(TokenTest, refuses_times_that_are_none) {
  for (const std::string_view time :
       {"\"1900000000\"", "1e400", "-1", "-1e300", "1e300", "253402300800", "null", "true", "[]",
        "{}", "01900000000", "+1900000000", "NaN", "Infinity", "18446744073709551616"}) {
    for (const std::string_view name : {"exp", "nbf", "iat"}) {
      const std::string claims = std::string(R"({"sub":"ann",)") +
                                 (name == "exp" ? "" : R"("exp":1900000000,)") + '"' +
                                 std::string(name) + "\":" + std::string(time) + "}";
      EXPECT_EQ(with_claims(claims), "malformed") << claims;
    }
  }
  EXPECT_EQ(with_claims(R"({"exp":1900000000.5})"), "good");
  EXPECT_EQ(with_claims(R"({"sub":"ann"})"), "malformed");
  rules.needs_expiry = false;
  EXPECT_EQ(with_claims(R"({"sub":"ann"})"), "good");
}

TEST_F(TokenTest, counts_times_to_the_microsecond_with_the_skew) {
  const auto at = [this](std::string_view name, std::int64_t offset) {
    const std::int64_t now = clock.wall().time_since_epoch() / 1s;
    return with_claims(R"({"exp":1900000000,")" + std::string(name == "exp" ? "x" : name) +
                       "\":" + std::to_string(now + offset) + "}");
  };
  const std::int64_t now = clock.wall().time_since_epoch() / 1s;
  const auto expiring = [&](std::int64_t offset) {
    return with_claims(R"({"exp":)" + std::to_string(now + offset) + "}");
  };
  EXPECT_EQ(expiring(-29), "good");
  EXPECT_EQ(expiring(-30), "expired");
  for (const std::string_view name : {"nbf", "iat"}) {
    EXPECT_EQ(at(name, 30), "good") << name;
    EXPECT_EQ(at(name, 31), "not yet") << name;
  }
  const std::string edge = hs256_token(kHeader, R"({"exp":)" + std::to_string(now) + "}", kSecret);
  clock.advance(30s - 1us);
  EXPECT_EQ(fate(edge), "good");
  clock.advance(1us);
  EXPECT_EQ(fate(edge), "expired");
}

TEST_F(TokenTest, compares_the_issuer_exactly) {
  rules.issuer = "https://id.example";
  const auto from = [this](std::string_view issuer) {
    return with_claims(R"({"exp":1900000000,"iss":)" + std::string(issuer) + "}");
  };
  EXPECT_EQ(from(R"("https://id.example")"), "good");
  EXPECT_EQ(from(R"("https:\/\/id.example")"), "good") << "another way to write the same text";
  for (const std::string_view issuer :
       {R"("https://id.example/")", R"("https://ID.example")", R"("https://id.example ")", R"("")",
        "null", R"(["https://id.example"])", R"({"https://id.example":1})"}) {
    EXPECT_EQ(from(issuer), "issuer") << issuer;
  }
  EXPECT_EQ(with_claims(kGood), "issuer");
}

TEST_F(TokenTest, asks_for_an_audience_that_is_ours) {
  rules.audiences = {"orders", "shop"};
  const auto for_whom = [this](std::string_view audience) {
    return with_claims(R"({"exp":1900000000,"aud":)" + std::string(audience) + "}");
  };
  for (const std::string_view ours : {R"("orders")", R"("shop")", R"(["x","shop"])"}) {
    EXPECT_EQ(for_whom(ours), "good") << ours;
  }
  for (const std::string_view other :
       {R"("order")", R"("orders ")", R"("orders,shop")", R"("Orders")", R"(["x"])", "[]", R"("")",
        R"([["orders"]])", R"({"orders":1})", R"(["orders",1])", "true", "null",
        R"("orders\u0000")"}) {
    EXPECT_EQ(for_whom(other), "audience") << other;
  }
  EXPECT_EQ(with_claims(kGood), "audience");
}

TEST_F(TokenTest, tries_only_keys_that_may_have_made_the_token) {
  const JwsVector& rsa = kJwsVectors[1];
  const std::string ours = R"({"kty":"oct","kid":"a","k":")" + to_base64url(kSecret) + "\"}";
  keys = *KeySet::read(R"({"keys":[)" + jwk_of(rsa, R"(,"kid":"r")") + "," + ours + "]}");
  rules.algorithms = {hs256, rs256};
  EXPECT_EQ(with_header(R"({"alg":"HS256","kid":"a"})"), "good");
  EXPECT_EQ(with_header(R"({"alg":"HS256"})"), "good");
  EXPECT_EQ(with_header(R"({"alg":"HS256","kid":"r"})"), "bad signature");
  EXPECT_EQ(with_header(R"({"alg":"HS256","kid":"b"})"), "unknown key");
  for (const std::string_view kid : {"A", "a ", "../../dev/null", "' OR 1=1 --", "a\\u0000", ""}) {
    EXPECT_EQ(with_header(R"({"alg":"HS256","kid":")" + std::string(kid) + "\"}"), "unknown key")
        << kid;
  }
}

TEST_F(TokenTest, tries_at_most_a_few_keys_where_no_kid_decides) {
  std::string set = R"({"keys":[)";
  for (std::size_t i = 0; i < TokenCheck::kTriesMax; ++i) {
    const std::string other(32, static_cast<char>('A' + i));
    set += R"({"kty":"oct","k":")" + to_base64url(other) + "\"},";
  }
  set += R"({"kty":"oct","k":")" + to_base64url(kSecret) + "\"}]}";
  keys = *KeySet::read(set);
  EXPECT_EQ(fate(hs256_token(kHeader, kGood, std::string(32, 'D'))), "good");
  EXPECT_EQ(fate(hs256_token(kHeader, kGood, kSecret)), "bad signature") << "the fifth of them";
}

TEST_F(TokenTest, refuses_names_and_forwarded_claims_that_no_field_can_hold) {
  rules.forwarded = {"role"};
  rules.app_claim = "azp";
  for (const std::string_view claim :
       {R"("sub":"a\r\nX-Admin: 1")", R"("sub":"a\u0000b")", R"("sub":" ann")", R"("sub":["ann"])",
        R"("sub":{})", R"("azp":1.5)", R"("role":"a\nb")", R"("role":{"a":1})",
        R"("role":["a,admin"])", R"("role":[[1]])", R"("role":null)", R"("role":[""])"}) {
    EXPECT_EQ(with_claims(R"({"exp":1900000000,)" + std::string(claim) + "}"), "malformed")
        << claim;
  }
  EXPECT_EQ(with_claims(R"({"exp":1900000000,"sub":")" + std::string(257, 'u') + "\"}"),
            "malformed");
  EXPECT_EQ(with_claims(R"({"exp":1900000000,"sub":"José","role":["a","b"]})"), "good");
}

}  // namespace
}  // namespace gatehouse
