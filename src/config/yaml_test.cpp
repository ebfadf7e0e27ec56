// What is promised: a tree with places for every right file, and an end for every other.
#include "config/yaml.h"

namespace gatehouse {
namespace {

struct Parsed {
  Diagnostics diagnostics;
  std::optional<Node> root;

  explicit Parsed(const std::string& text) : root(parse_yaml(text, "a.yaml", diagnostics)) {}
  std::string code() const {
    return diagnostics.all().empty() ? "" : diagnostics.all().front().error.code;
  }
};

TEST(Yaml, keeps_the_place_of_keys_and_values) {
  const Parsed parsed("a: 1\nb:\n  größe: [x, \"y z\"]\n");
  ASSERT_TRUE(parsed.root);
  const NodeEntry* const b = parsed.root->find("b");
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(b->at.position(), (SourcePosition{"a.yaml", 2, 1, 1}));
  const NodeEntry& size = b->value.entries.front();
  EXPECT_EQ(size.at.position(), (SourcePosition{"a.yaml", 3, 3, 5}));
  EXPECT_EQ(size.value.items[1].at.position(), (SourcePosition{"a.yaml", 3, 14, 5}));
  EXPECT_TRUE(size.value.items[1].quoted);
}

TEST(Yaml, tells_where_the_text_of_a_scalar_begins) {
  const Parsed parsed(
      "a: x y\nb: 'x y'\nc: \"x\\ty\"\nd: |\n    x\n\n     y\ne: >-\n  x\n  y\nf: x\n  y\ng: >-\n  "
      "x\n");
  ASSERT_TRUE(parsed.root);
  const auto told = [&](std::string_view name) {
    const Node& node = parsed.root->find(name)->value;
    return std::tuple(node.spelling, node.at.line, node.at.column);
  };
  using enum Spelling;
  EXPECT_EQ(told("a"), (std::tuple(as_is, 1, 4)));
  EXPECT_EQ(told("b"), (std::tuple(behind_quote, 2, 4)));
  EXPECT_EQ(std::get<0>(told("c")), altered);
  EXPECT_EQ(told("d"), (std::tuple(as_is, 5, 5)));
  EXPECT_EQ(std::get<0>(told("e")), altered);
  EXPECT_EQ(std::get<0>(told("f")), altered);
  EXPECT_EQ(told("g"), (std::tuple(as_is, 14, 3)));
}

TEST(Yaml, knows_the_nulls_of_the_core_schema_and_no_other) {
  const Parsed parsed("[~, null, Null, NULL, '', 'null', nil, no]");
  ASSERT_TRUE(parsed.root);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(parsed.root->items[i].is_null()) << i;
  for (std::size_t i = 4; i < 8; ++i) EXPECT_TRUE(parsed.root->items[i].is_scalar()) << i;
}

TEST(Yaml, copies_what_an_alias_names) {
  const Parsed parsed("a: &x { b: 1 }\nc: *x\n");
  ASSERT_TRUE(parsed.root);
  EXPECT_EQ(parsed.root->find("c")->value, parsed.root->find("a")->value);
}

TEST(Yaml, refuses_an_alias_inside_its_own_value) {
  EXPECT_EQ(Parsed("a: &x [*x]\n").code(), "E0106");
}

TEST(Yaml, refuses_aliases_that_multiply) {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 8; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) bomb += (k == 0 ? "" : ", ") + before;
    bomb += "]\n";
  }
  const Parsed parsed(bomb);
  EXPECT_FALSE(parsed.root);
  EXPECT_EQ(parsed.code(), "E0105");
}

TEST(Yaml, refuses_more_aliases_than_its_limit) {
  std::string text = "a: &a x\nb: [";
  for (std::size_t i = 0; i < YamlLimits::kAliasesMax; ++i) text += "*a ,";
  EXPECT_TRUE(Parsed(text + "]\n").root);
  EXPECT_EQ(Parsed(text + "*a ]\n").code(), "E0105");
}

TEST(Yaml, takes_its_depth_and_not_one_more) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(Parsed(nested(YamlLimits::kDepthMax)).root);
  EXPECT_EQ(Parsed(nested(YamlLimits::kDepthMax + 1)).code(), "E0105");
  EXPECT_EQ(Parsed(nested(10'000)).code(), "E0105");
}

TEST(Yaml, counts_the_depth_that_an_alias_adds) {
  const std::string half = "a: &a " + std::string(20, '[') + std::string(20, ']') + "\n";
  EXPECT_TRUE(Parsed(half + "b: [*a]\n").root);
  EXPECT_EQ(Parsed(half + "b: " + std::string(20, '[') + "*a" + std::string(20, ']')).code(),
            "E0105");
}

TEST(Yaml, takes_a_mebibyte_and_not_one_byte_more) {
  const std::string line = "a: 1 #";
  const std::string most = line + std::string(YamlLimits::kBytesMax - line.size(), 'x');
  EXPECT_TRUE(Parsed(most).root);
  EXPECT_EQ(Parsed(most + "x").code(), "E0105");
}

TEST(Yaml, finds_doubles_among_many_keys_in_good_time) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "k" + std::to_string(i) + ": 1\n";
  EXPECT_TRUE(Parsed(text).diagnostics.all().empty());
  const Parsed twice(text + "k7: 2\n");
  EXPECT_EQ(twice.code(), "E0202");
  EXPECT_EQ(twice.diagnostics.all().front().error.label, "first on line 8");
}

TEST(Yaml, reads_one_long_line_in_good_time) {
  std::string text = "a: [";
  for (int i = 0; i < 20'000; ++i) text += "ä,";
  const Parsed parsed(text + "b]\n");
  ASSERT_TRUE(parsed.root);
  EXPECT_EQ(parsed.root->find("a")->value.items.back().at.column, 40'005U);
}

TEST(Yaml, refuses_bytes_that_are_no_text) {
  EXPECT_EQ(Parsed("a: \xff\n").code(), "E0102");
  EXPECT_EQ(Parsed("a: \xc3").code(), "E0102");
  EXPECT_EQ(Parsed(std::string("a: \0b", 5)).code(), "E0102");
  EXPECT_EQ(Parsed("a: 1\nb: \x1b[2J\n").diagnostics.all().front().error.at,
            (SourcePosition{"a.yaml", 2, 4, 1}));
}

TEST(Yaml, refuses_an_empty_file_and_one_of_comments) {
  EXPECT_EQ(Parsed("").code(), "E0103");
  EXPECT_EQ(Parsed("# nothing\n").code(), "E0103");
}

TEST(Yaml, refuses_a_key_that_is_no_word) {
  EXPECT_EQ(Parsed("? [a, b]\n: c\n").code(), "E0104");
  EXPECT_EQ(Parsed("~: c\n").code(), "E0104");
}

}  // namespace
}  // namespace gatehouse
