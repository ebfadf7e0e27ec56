// What is promised: a JSON text is read exactly as RFC 8259 says or not at all, and never with two
// members of one name.
#include "gateway/identity/json.h"

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

bool reads(std::string_view text) { return JsonDocument::read(text) != nullptr; }

TEST(Json, gives_back_every_kind_of_value) {
  const auto document = JsonDocument::read(
      R"({"n":null,"b":true,"i":-7,"r":1.5,"t":"a\u00e9\n","l":[1,[2],"x"],"o":{"k":"v"}})");
  ASSERT_NE(document, nullptr);
  const JsonView root = document->root();
  ASSERT_TRUE(root.is(JsonKind::object));
  ASSERT_EQ(root.size(), 7U);
  EXPECT_TRUE(root.find("n")->is(JsonKind::null));
  EXPECT_TRUE(root.find("b")->boolean());
  EXPECT_EQ(root.find("i")->whole(), -7);
  EXPECT_EQ(root.find("i")->number(), -7.0);
  EXPECT_TRUE(root.find("r")->is(JsonKind::real));
  EXPECT_EQ(root.find("r")->number(), 1.5);
  EXPECT_EQ(root.find("t")->text(), "a\xc3\xa9\n");
  const JsonView list = *root.find("l");
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list.at(0).whole(), 1);
  EXPECT_EQ(list.at(1).at(0).whole(), 2);
  EXPECT_EQ(list.at(2).text(), "x");
  EXPECT_EQ(root.find("o")->find("k")->text(), "v");
  EXPECT_EQ(root.name_at(5), "l");
  EXPECT_FALSE(root.find("none"));
  EXPECT_FALSE(list.find("k"));
}

TEST(Json, refuses_two_members_of_one_name_however_they_are_written) {
  EXPECT_FALSE(reads(R"({"a":1,"a":1})"));
  EXPECT_FALSE(reads(R"({"a":1,"\u0061":2})"));
  EXPECT_FALSE(reads(R"([{"x":{"a":1,"b":2,"a":3}}])"));
  EXPECT_TRUE(reads(R"({"a":{"a":1},"b":{"a":1},"A":1})"));
}

TEST(Json, refuses_what_is_not_one_value) {
  for (const std::string_view text :
       {"",         " ",        "{",        "{}x",         "{} {}",          "[1,]",   "{\"a\":1,}",
        "// c\n{}", "nul",      "01",       "+1",          "1e400",          "-1e400", "NaN",
        "\"\n\"",   "\"\xff\"", "\"\xc3\"", "\"\\ud800\"", "\xef\xbb\xbf{}", "'a'"}) {
    EXPECT_FALSE(reads(text)) << text;
  }
  EXPECT_FALSE(reads(std::string_view{"{}\0", 3}));
  EXPECT_FALSE(reads(std::string_view{"{}\0{\"a\"", 7}));
  EXPECT_TRUE(reads(" {} \n"));
}

TEST(Json, refuses_what_is_deeper_or_has_more_values_than_its_limits) {
  const std::string deep(JsonDocument::kDepthMax, '[');
  EXPECT_TRUE(reads(deep + std::string(JsonDocument::kDepthMax, ']')));
  EXPECT_FALSE(reads('[' + deep + std::string(JsonDocument::kDepthMax + 1, ']')));
  std::string many = "[";
  for (std::size_t i = 0; i < JsonDocument::kValuesMax; ++i) many += "1,";
  EXPECT_FALSE(reads(many + "1]"));
  EXPECT_FALSE(reads(std::string(JsonDocument::kBytesMax, ' ') + "{}"));
}

TEST(Json, keeps_numbers_beyond_64_bits_as_reals) {
  EXPECT_EQ(JsonDocument::read("9223372036854775807")->root().whole(), 9223372036854775807);
  EXPECT_TRUE(JsonDocument::read("9223372036854775808")->root().is(JsonKind::real));
  EXPECT_TRUE(JsonDocument::read("1e300")->root().is(JsonKind::real));
}

}  // namespace
}  // namespace gatehouse
