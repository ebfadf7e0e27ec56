// What is promised: a key is known by its digest and by nothing else, and what is no digest, or the
// same key twice, is refused.
#include "gateway/identity/api_keys.h"

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

TEST(ApiKeys, finds_the_app_of_each_key_and_nobody_else) {
  ApiKeys keys;
  for (const char* app : {"web", "ios", "partner"}) {
    ASSERT_TRUE(keys.add(app, key_digest(std::string("key of ") + app)));
  }
  Sha256 sha256;
  for (const char* app : {"web", "ios", "partner"}) {
    const std::string* const found = keys.app_of(sha256.digest_of(std::string("key of ") + app));
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(*found, app);
  }
  EXPECT_EQ(keys.app_of(sha256.digest_of("key of nobody")), nullptr);
  EXPECT_EQ(keys.app_of(sha256.digest_of("")), nullptr);
}

TEST(ApiKeys, one_app_may_have_two_keys_but_no_key_two_apps) {
  ApiKeys keys;
  EXPECT_TRUE(keys.add("web", key_digest("old")));
  EXPECT_TRUE(keys.add("web", key_digest("new")));
  const Status doubled = keys.add("ios", key_digest("new"));
  ASSERT_FALSE(doubled);
  EXPECT_EQ(doubled.error().code, "E0428");
  EXPECT_EQ(keys.size(), 2U);
}

TEST(ApiKeys, a_digest_is_its_kind_and_64_hex_digits) {
  ApiKeys keys;
  const std::string good = key_digest("x");
  EXPECT_EQ(good.size(), 7U + 64U);
  for (const std::string& text :
       {std::string{}, std::string("sha256:"), good.substr(7), good.substr(0, 70), good + "0",
        "md5:" + good.substr(7), good.substr(0, 70) + "g"}) {
    EXPECT_FALSE(keys.add("web", text)) << text;
  }
  EXPECT_TRUE(keys.add("web", good));
}

}  // namespace
}  // namespace gatehouse
