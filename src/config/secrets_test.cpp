// What is promised: references are filled in from outside in values alone, and never become
// structure or show in a message.
#include "config/secrets.h"

#include <map>

#include "config/yaml.h"

namespace gatehouse {
namespace {

struct Outside final : Surroundings {
  std::optional<std::string> variable(const std::string& name) const override {
    if (name == "NAME") return "hunter2";
    if (name == "EMPTY") return "";
    if (name == "YAML") return "{ a: [1, 2] }";
    return std::nullopt;
  }
  Result<std::string> file(const std::string& path, std::size_t bytes_max) const override {
    asked_bytes_max = bytes_max;
    if (path == "/run/key" || path == "conf/key") return "k3y\n";
    return fail({.code = "E0501", .what = "does not exist"});
  }
  mutable std::size_t asked_bytes_max = 0;
};

struct FillIn : ::testing::Test {
  Outside outside;
  Diagnostics diagnostics;

  Node fill(const std::string& value) {
    Node root = parse_yaml("a: " + value + "\n", "conf/a.yaml", diagnostics).value();
    fill_in(root, outside, diagnostics);
    return root.entries.front().value;
  }
  std::string code() const {
    return diagnostics.all().empty() ? "" : diagnostics.all().front().error.code;
  }
};

TEST_F(FillIn, takes_a_variable_and_marks_the_value) {
  const Node value = fill("pre-${env:NAME}-post");
  EXPECT_EQ(value.text, "pre-hunter2-post");
  EXPECT_TRUE(value.secret);
  EXPECT_EQ(value.display(), "a secret value");
}

TEST_F(FillIn, takes_the_default_where_a_variable_is_unset_or_empty) {
  EXPECT_EQ(fill("${env:NOT_SET:-x}").text, "x");
  EXPECT_EQ(fill("${env:EMPTY:-x}").text, "x");
  EXPECT_EQ(fill("${env:NAME:-x}").text, "hunter2");
  EXPECT_EQ(fill("${env:NOT_SET:-}").text, "");
  EXPECT_TRUE(diagnostics.all().empty());
}

TEST_F(FillIn, takes_a_file_without_its_last_line_end_from_the_folder_of_the_config) {
  EXPECT_EQ(fill("${file:/run/key}").text, "k3y");
  EXPECT_EQ(fill("${file:key}").text, "k3y");
  EXPECT_EQ(outside.asked_bytes_max, kSecretFileBytesMax);
}

TEST_F(FillIn, makes_no_structure_of_a_value_and_fills_in_once) {
  const Node value = fill("${env:YAML}");
  EXPECT_TRUE(value.is_scalar());
  EXPECT_EQ(value.text, "{ a: [1, 2] }");
}

TEST_F(FillIn, leaves_two_dollars_as_one_and_keys_as_they_are) {
  EXPECT_EQ(fill("$${env:NAME}").text, "${env:NAME}");
  EXPECT_FALSE(fill("$${env:NAME}").secret);
  EXPECT_EQ(fill("{ '${env:NAME}': 1 }").entries.front().name, "${env:NAME}");
  EXPECT_TRUE(diagnostics.all().empty());
}

TEST_F(FillIn, reports_an_unset_variable_at_its_line) {
  EXPECT_TRUE(fill("${env:NOT_SET}").missing);
  EXPECT_EQ(code(), "E0502");
  EXPECT_EQ(diagnostics.all().front().error.at, (SourcePosition{"conf/a.yaml", 1, 4, 14}));
}

TEST_F(FillIn, reports_a_missing_file) {
  fill("${file:/nowhere}");
  EXPECT_EQ(code(), "E0503");
}

TEST_F(FillIn, reports_what_is_no_reference) {
  for (const char* text : {"${NAME}", "${env:}", "${env:A B}", "'${env:NAME'"}) {
    diagnostics = {};
    fill(text);
    EXPECT_EQ(code(), "E0505") << text;
  }
}

}  // namespace
}  // namespace gatehouse
