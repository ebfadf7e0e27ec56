// What is promised: a key is found in the one place that counts, two of it are told, and what is
// taken away leaves everything beside it as it was.
#include "gateway/identity/credential_places.h"

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

struct CredentialPlacesTest : ::testing::Test {
  Arena arena;
  RequestHead request{arena};
  CredentialPlaces places{"X-Api-Key", "key", "session"};

  void add(FieldId id, std::string_view name, std::string_view value) {
    ASSERT_TRUE(request.fields.add(id, name, value));
  }
  void ask(std::string_view query) {
    request.query = query;
    request.has_query = true;
  }
  ShownCredential find() { return find_shown(request, places, arena); }
};

TEST_F(CredentialPlacesTest, looks_into_the_field_then_the_query_then_the_cookie) {
  EXPECT_FALSE(find().is_there);
  add(FieldId::cookie, "Cookie", "a=1; session=from-cookie; b=2");
  EXPECT_EQ(find().text, "from-cookie");
  ask("x=1&key=from%2Dquery&y");
  EXPECT_EQ(find().text, "from-query");
  add(FieldId::other, "x-API-key", "from-field");
  EXPECT_EQ(find().text, "from-field");
  EXPECT_FALSE(find().is_doubled);
}

TEST_F(CredentialPlacesTest, a_place_without_a_name_is_none) {
  places = {"", "", ""};
  ask("=x&key=1");
  add(FieldId::cookie, "Cookie", "=1");
  EXPECT_FALSE(find().is_there);
}

TEST_F(CredentialPlacesTest, tells_two_in_one_place) {
  ask("key=a&key=a");
  EXPECT_TRUE(find().is_doubled);
}

TEST_F(CredentialPlacesTest, an_empty_or_broken_value_is_taken_as_it_stands) {
  ask("key");
  EXPECT_TRUE(find().is_there);
  EXPECT_EQ(find().text, "");
  ask("key=%4");
  EXPECT_EQ(find().text, "%4");
  ask("key=%zz%41");
  EXPECT_EQ(find().text, "%zz%41");
}

TEST_F(CredentialPlacesTest, takes_it_from_all_places_and_leaves_the_rest) {
  add(FieldId::other, "X-API-KEY", "k");
  add(FieldId::cookie, "Cookie", "session=k; a=1; session2=x");
  add(FieldId::cookie, "Cookie", "session=k");
  add(FieldId::other, "X-Other", "v");
  ask("key=k&x=1&keyed=2&key=3");
  ASSERT_TRUE(remove_shown(request, places, arena));
  EXPECT_EQ(request.query, "x=1&keyed=2");
  ASSERT_EQ(request.fields.size(), 2U);
  EXPECT_EQ(request.fields.begin()[0].value, "a=1; session2=x");
  EXPECT_EQ(request.fields.begin()[1].name, "X-Other");
}

TEST_F(CredentialPlacesTest, a_query_of_nothing_else_goes_with_its_mark) {
  ask("key=k");
  ASSERT_TRUE(remove_shown(request, places, arena));
  EXPECT_FALSE(request.has_query);
}

}  // namespace
}  // namespace gatehouse
