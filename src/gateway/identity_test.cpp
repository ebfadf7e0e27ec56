// What is promised: the first proof that holds has the say, and no spelling of a field that the
// gate sets comes through from a client.
#include "gateway/identity.h"

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

Identity verified(std::string_view user, std::string_view app) {
  Identity one;
  one.user = user;
  one.app = app;
  one.proof = "jwt";
  one.verified = true;
  return one;
}

TEST(Identity, keeps_the_first_user_that_was_verified) {
  Identity known;
  join(known, verified("ann", ""));
  join(known, verified("bob", "ios"));
  EXPECT_EQ(known.user, "ann");
  EXPECT_EQ(known.app, "ios");
  EXPECT_TRUE(known.verified);
}

TEST(Identity, lets_what_is_not_verified_stand_only_where_nothing_else_does) {
  Identity known;
  Identity bad;
  bad.proof = "jwt";
  bad.credential = {1, 2};
  join(known, Identity{bad});
  EXPECT_TRUE(known.shown());
  EXPECT_FALSE(known.verified);
  join(known, verified("ann", ""));
  join(known, Identity{bad});
  EXPECT_TRUE(known.verified);
  EXPECT_EQ(known.user, "ann");
  EXPECT_EQ(known.credential, StableHash{});
}

TEST(Identity, removes_owned_fields_in_every_spelling_that_reads_the_same) {
  const std::vector<std::string> owned{"X-User-Id"};
  Arena arena;
  FieldList fields(arena);
  for (const std::string_view name :
       {"X-User-Id", "x-user-id", "X_User_Id", "x-user_id", "X-User-Ids", "XUserId"}) {
    ASSERT_TRUE(fields.add(FieldId::other, name, "root"));
  }
  remove_owned(fields, owned);
  ASSERT_EQ(fields.size(), 2U);
  EXPECT_EQ(fields.begin()[0].name, "X-User-Ids");
  EXPECT_EQ(fields.begin()[1].name, "XUserId");
}

}  // namespace
}  // namespace gatehouse
