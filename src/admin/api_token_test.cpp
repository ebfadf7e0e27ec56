// What is promised: a secret is never the same twice, and is read only in its own form.
#include "admin/api_token.h"

namespace gatehouse {
namespace {

TEST(ApiToken, is_made_anew_each_time_and_read_back) {
  const std::string one = new_token_secret();
  EXPECT_NE(one, new_token_secret());
  EXPECT_EQ(bearer_secret("Bearer " + one), one);
  EXPECT_EQ(bearer_secret("BEARER " + one), one);
  EXPECT_EQ(token_digest("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(ApiToken, nothing_else_is_a_secret) {
  const std::string one = new_token_secret();
  for (const std::string& field :
       {std::string(), one, "Basic " + one, "Bearer" + one, "Bearer  " + one, "Bearer " + one + "a",
        "Bearer " + one.substr(1), "Bearer ghk_" + std::string(43, '='),
        "Bearer xhk_" + one.substr(4)}) {
    EXPECT_EQ(bearer_secret(field), "") << field;
  }
}

}  // namespace
}  // namespace gatehouse
