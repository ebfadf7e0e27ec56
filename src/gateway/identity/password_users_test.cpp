// What is promised: a file as htpasswd writes it is read whole or told line by line, and who isn't
// in it is given somebody's hash, always the same.
#include "gateway/identity/password_users.h"

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

const std::string kAnn = "$2y$05$XQdoG2X70Uk7LbmSBIA6Tu8LeqNToovMk8Zre5oRLYe7yZQ153dGO";
const std::string kBob = "$y$j75$abcdefgh$OcRLeYk4aBaMmXLTb6Z9GKkFizlSo99SAAuNZ2.NQz1";

TEST(PasswordUsers, reads_lines_and_passes_over_comments) {
  PasswordUsers users;
  ASSERT_TRUE(users.read("# people\n\nann:" + kAnn + "\r\n  bob:" + kBob, "users"));
  ASSERT_NE(users.hash_of("ann"), nullptr);
  EXPECT_EQ(*users.hash_of("ann"), kAnn);
  EXPECT_EQ(*users.hash_of("bob"), kBob);
  EXPECT_EQ(users.hash_of("eve"), nullptr);
  EXPECT_EQ(users.hash_of(""), nullptr);
}

TEST(PasswordUsers, tells_the_line_and_never_the_hash) {
  PasswordUsers users;
  const Status plain = users.read("ann:" + kAnn + "\nbob:open sesame\n", "users");
  ASSERT_FALSE(plain);
  EXPECT_EQ(plain.error().code, "E0429");
  EXPECT_NE(plain.error().what.find("`users`, line 2"), std::string::npos) << plain.error().what;
  EXPECT_EQ(plain.error().what.find("open sesame"), std::string::npos);
}

TEST(PasswordUsers, refuses_names_that_cannot_be_and_those_that_are_there) {
  PasswordUsers users;
  EXPECT_FALSE(users.add("", kAnn));
  EXPECT_FALSE(users.add("a:b", kAnn));
  EXPECT_FALSE(users.add(std::string(PasswordUsers::kNameBytesMax + 1, 'a'), kAnn));
  EXPECT_TRUE(users.add("ann", kAnn));
  const Status again = users.add("ann", kBob);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, "E0202");
}

TEST(PasswordUsers, a_decoy_is_somebodys_hash_and_the_same_for_one_name) {
  PasswordUsers users;
  ASSERT_TRUE(users.add("ann", kAnn));
  ASSERT_TRUE(users.add("bob", kBob));
  EXPECT_EQ(users.decoy_for(6), kAnn);
  EXPECT_EQ(users.decoy_for(7), kBob);
}

}  // namespace
}  // namespace gatehouse
