// What is promised: a decoy's text is JSON of its example's shape, the same for a path and a key
// and another for another; it holds what the path asks for and no value of the example that has a
// digit; it is bounded.
#include "gateway/backends/decoy_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse {
namespace {

constexpr HashKey kKey{{1, 2, 3}};

using Examples = std::vector<std::shared_ptr<const JsonDocument>>;

Examples examples(std::initializer_list<std::string_view> texts) {
  Examples all;
  for (const std::string_view text : texts) {
    all.push_back(JsonDocument::read(text));
    EXPECT_NE(all.back(), nullptr) << text;
  }
  return all;
}

// The one value of `{"v": …}` made anew.
std::string made_of(std::string_view value, std::string_view path = "/a/1") {
  const std::string text = decoy_text(kKey, path, examples({"{\"v\":" + std::string(value) + "}"}));
  return text.substr(5, text.size() - 6);
}

bool has_form(const std::string& text, const char* form) {
  return ::testing::Matches(::testing::MatchesRegex(form))(text);
}

TEST(DecoyText, is_the_same_for_a_path_and_a_key_and_another_for_another) {
  const std::string text = decoy_text(kKey, "/orders/17", {});
  EXPECT_EQ(text, decoy_text(kKey, "/orders/17", {}));
  EXPECT_NE(text, decoy_text(kKey, "/orders/18", {}));
  EXPECT_NE(text, decoy_text({{4, 5, 6}}, "/orders/17", {}));
}

TEST(DecoyText, is_json_whatever_the_path_is) {
  for (const std::string_view path :
       {"/", "/orders", "/orders/17", "*", "/a/%22%5D1", "/a/\"1\\"}) {
    EXPECT_NE(JsonDocument::read(decoy_text(kKey, path, {})), nullptr) << path;
  }
}

TEST(DecoyText, shows_one_thing_where_the_path_names_one_and_several_elsewhere) {
  const auto one = JsonDocument::read(decoy_text(kKey, "/orders/17", {}));
  EXPECT_EQ(one->root().find("id")->whole(), 17);
  const auto several = JsonDocument::read(decoy_text(kKey, "/orders", {}));
  ASSERT_TRUE(several->root().is(JsonKind::list));
  EXPECT_GE(several->root().size(), 3U);
  EXPECT_LE(several->root().size(), 8U);
}

TEST(DecoyText, takes_the_example_that_fits) {
  const Examples both = examples({R"({"id":"a1","n":1})", R"([{"in_list":1}])"});
  EXPECT_TRUE(decoy_text(kKey, "/a/b2", both).starts_with(R"({"id":"b2","n":)"));
  EXPECT_TRUE(decoy_text(kKey, "/a", both).starts_with(R"([{"in_list":)"));
  const Examples list = examples({R"({"items":[]})", R"([])"});
  EXPECT_EQ(decoy_text(kKey, "/a", list), "[]");
  EXPECT_TRUE(decoy_text(kKey, "/a/9", examples({R"([{"k":1}])"})).starts_with(R"({"k":)"));
}

TEST(DecoyText, makes_values_of_the_same_kind) {
  EXPECT_TRUE(has_form(made_of("482"), "[1-9][0-9]{2}")) << made_of("482");
  EXPECT_TRUE(has_form(made_of("-5"), "-[1-9]"));
  EXPECT_EQ(made_of("0"), "0");
  EXPECT_TRUE(has_form(made_of("12.5"), "[0-9]{1,2}\\.[0-9]{2}"));
  EXPECT_TRUE(has_form(made_of("true"), "true|false"));
  EXPECT_EQ(made_of("null"), "null");
  EXPECT_EQ(made_of("\"shipped\""), "\"shipped\"");
  EXPECT_TRUE(has_form(made_of("\"A3-40971\""), "\"A[0-9]-[0-9]{5}\""));
  EXPECT_TRUE(has_form(made_of("\"6f1e2d3c-aaaa-4bbb-8ccc-0123456789ab\""),
                       "\"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\""));
  EXPECT_TRUE(has_form(made_of("\"2025-03-14T09:26:53.120Z\""),
                       "\"2025-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-"
                       "9]:[0-5][0-9]\\.[0-9]{3}Z\""));
  EXPECT_TRUE(has_form(made_of("\"2025-03-14\""), "\"2025-[01][0-9]-[0-2][0-9]\""));
  EXPECT_TRUE(has_form(made_of("\"2025-03-14 9\""), "\"2025-[01][0-9]-[0-2][0-9] 9\""));
  EXPECT_EQ(made_of("\"a\\u0001\\\"\""), "\"a\\u0001\\\"\"");
  EXPECT_EQ(made_of("[]"), "[]");
}

TEST(DecoyText, no_number_of_the_largest_becomes_none) {
  for (int i = 0; i < 100; ++i) {
    const std::string made = made_of("9223372036854775807", "/a/" + std::to_string(i));
    const auto read = JsonDocument::read(made);
    ASSERT_NE(read, nullptr) << made;
    EXPECT_TRUE(read->root().is(JsonKind::whole)) << made;
  }
}

TEST(DecoyText, ends_however_much_a_list_could_grow) {
  std::string example = "1";
  for (int depth = 0; depth < 14; ++depth) example = "[" + example + "," + example + "]";
  EXPECT_EQ(JsonDocument::read(example), nullptr);  // 16384 values are more than it reads
  example = R"("0123456789012345678901234567890123456789")";
  for (int depth = 0; depth < 10; ++depth) example = "[" + example + "]";
  const std::string text = decoy_text(kKey, "/a", examples({example}));
  EXPECT_LT(text.size(), kDecoyBytesMax + 1024);
  EXPECT_NE(JsonDocument::read(text), nullptr);
}

}  // namespace
}  // namespace gatehouse
