// What is promised: of a form and of a JSON object the texts are found by name, of anything else
// nothing, and what is broken or cut off is no error.
#include "gateway/identity/content_fields.h"

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

constexpr std::string_view kForm = "application/x-www-form-urlencoded";

struct ContentFieldsTest : ::testing::Test {
  Arena arena;

  std::string find(std::string_view type, std::string_view content, std::string_view name) {
    const ContentFields fields(type, content, arena);
    const Value found = fields.find(Value::text(name));
    return found.is(Kind::text) ? std::string(found.text()) : "(none)";
  }
};

TEST_F(ContentFieldsTest, finds_a_forms_field_with_its_escapes_undone) {
  EXPECT_EQ(find(kForm, "a=1&log%69n=ann%40x+y&b=2", "login"), "ann@x y");
  EXPECT_EQ(find("Application/X-WWW-Form-Urlencoded; charset=utf-8", "login=ann", "login"), "ann");
  EXPECT_EQ(find(kForm, "login=%4&x=%zz", "login"), "%4");
  EXPECT_EQ(find(kForm, "login", "login"), "");
  EXPECT_EQ(find(kForm, "alogin=1&login2=2&=3", "login"), "(none)");
}

TEST_F(ContentFieldsTest, of_a_field_that_stands_twice_the_last_counts) {
  EXPECT_EQ(find(kForm, "login=ann&login=bob", "login"), "bob");
}

TEST_F(ContentFieldsTest, finds_texts_of_a_json_object_and_nothing_else_of_it) {
  const std::string_view text = R"({"login": "\u00e4nn", "n": 1, "o": {"login": "no"}, "z": null})";
  EXPECT_EQ(find("application/json", text, "login"), "\xc3\xa4nn");
  EXPECT_EQ(find("application/problem+json", text, "login"), "\xc3\xa4nn");
  for (const std::string_view name : {"n", "o", "z", "none", ""}) {
    EXPECT_EQ(find("application/json", text, name), "(none)") << name;
  }
}

TEST_F(ContentFieldsTest, what_is_cut_off_or_of_another_kind_has_no_fields) {
  EXPECT_EQ(find("application/json", R"({"login": "ann")", "login"), "(none)");
  EXPECT_EQ(find("application/json", R"(["login"])", "login"), "(none)");
  EXPECT_EQ(find("text/plain", "login=ann", "login"), "(none)");
  EXPECT_EQ(find("", "login=ann", "login"), "(none)");
  EXPECT_EQ(find(kForm, "", "login"), "(none)");
}

TEST_F(ContentFieldsTest, names_its_fields_in_order) {
  const ContentFields form(kForm, "a=1&b%20c=2", arena);
  ASSERT_EQ(form.size(), 2U);
  EXPECT_EQ(form.key_at(0).text(), "a");
  EXPECT_EQ(form.key_at(1).text(), "b c");
  const ContentFields json("application/json", R"({"x": "1", "y": "2"})", arena);
  ASSERT_EQ(json.size(), 2U);
  EXPECT_EQ(json.key_at(1).text(), "y");
}

}  // namespace
}  // namespace gatehouse
