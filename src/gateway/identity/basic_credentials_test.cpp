// What is promised: name and password are read as RFC 7617 has them, and whatever else stands
// behind `Basic` is told to be wrong.
#include "gateway/identity/basic_credentials.h"

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

struct BasicCredentialsTest : ::testing::Test {
  Arena arena;
  FieldList fields{arena};

  BasicCredentials read(std::string_view value) {
    fields.clear();
    EXPECT_TRUE(fields.add(FieldId::authorization, "Authorization", value));
    return find_basic(fields, arena);
  }
};

TEST_F(BasicCredentialsTest, reads_the_examples_of_the_rfc) {
  const auto aladdin = read("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(aladdin.fault, "");
  EXPECT_EQ(aladdin.user, "Aladdin");
  EXPECT_EQ(aladdin.password, "open sesame");
  EXPECT_EQ(read("basic   dGVzdDoxMjPCow==").password, "123\xc2\xa3");
}

TEST_F(BasicCredentialsTest, the_password_may_hold_colons_and_be_empty) {
  EXPECT_EQ(read("Basic YTpiOmM=").password, "b:c");
  EXPECT_EQ(read("Basic YTo=").password, "");
  EXPECT_EQ(read("Basic YTo").user, "a");  // without padding
}

TEST_F(BasicCredentialsTest, another_scheme_is_nothing) {
  EXPECT_FALSE(read("Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==").is_there);
  EXPECT_FALSE(read("Basically QWxh").is_there);
}

TEST_F(BasicCredentialsTest, tells_what_cannot_be_read) {
  EXPECT_EQ(read("Basic").fault, "it holds no colon");
  EXPECT_EQ(read("Basic YWJj").fault, "it holds no colon");
  EXPECT_EQ(read("Basic a:b").fault, "it is no base64");
  EXPECT_EQ(read("Basic Pz8_OmE=").fault, "it is no base64");
  EXPECT_EQ(read("Basic YTpi===").fault, "it is no base64");
  EXPECT_EQ(read("Basic YTpiAGM=").fault, "it holds a control character");  // a:b NUL c
  EXPECT_EQ(read("Basic " + std::string(800, 'Y')).fault, "it is too long");
  EXPECT_EQ(read("Basic " + std::string(684, 'O')).fault, "it is too long");  // 513 bytes
}

TEST_F(BasicCredentialsTest, two_of_it_are_told_and_all_are_taken_away) {
  (void)read("Basic YTpi");
  EXPECT_TRUE(fields.add(FieldId::authorization, "Authorization", "Bearer x"));
  EXPECT_EQ(find_basic(fields, arena).fault, "");
  EXPECT_TRUE(fields.add(FieldId::authorization, "authorization", "Basic YTpi"));
  EXPECT_EQ(find_basic(fields, arena).fault, "there are two of it");
  remove_basic(fields);
  ASSERT_EQ(fields.size(), 1U);
  EXPECT_EQ(fields.begin()->value, "Bearer x");
}

}  // namespace
}  // namespace gatehouse
