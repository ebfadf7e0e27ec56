// What is promised: one declaration reads nested structs, lists, maps and words, and a secret in a
// file is a warning that doesn't show it.
#include "config/reader.h"

#include <chrono>

#include "config/describe.h"
#include "config/yaml.h"

namespace gatehouse {
namespace {

enum class Colour : std::uint8_t { red, green };

}  // namespace

template <>
struct Words<Colour> {
  static constexpr std::array list{Word{"red", Colour::red}, Word{"green", Colour::green}};
};

namespace {

struct Inner {
  static constexpr std::string_view kNoun = "inner";
  std::uint32_t size = 3;
  Colour colour = Colour::red;
  Origin at;
  static constexpr auto options() {
    return std::tuple{option("size", &Inner::size, "Size of it.").between(1U, 9U).or_zero(),
                      option("colour", &Inner::colour, "Colour of it.")};
  }
};

struct Outer {
  Inner one;
  std::optional<Inner> maybe;
  std::vector<Inner> list;
  std::map<std::string, Inner> named;
  std::map<std::string, std::string> words;
  std::vector<std::string> texts;
  std::string password;
  Node rest;
  Duration wait{5'000};
  static constexpr auto options() {
    using C = Outer;
    return std::tuple{option("one", &C::one, "One."),
                      option("maybe", &C::maybe, "Perhaps one."),
                      option("list", &C::list, "Some."),
                      option("named", &C::named, "Named ones."),
                      option("words", &C::words, "Words."),
                      option("texts", &C::texts, "Texts."),
                      option("password", &C::password, "A secret.").secret(),
                      option("rest", &C::rest, "Read by another part."),
                      option("wait", &C::wait, "Time.")};
  }
};

struct Reader : ::testing::Test {
  Diagnostics diagnostics;
  Outer read(const std::string& text) {
    return read_options<Outer>(parse_yaml(text, "a.yaml", diagnostics).value(), diagnostics,
                               "the config");
  }
  std::vector<std::string> whats() const {
    std::vector<std::string> all;
    for (const Diagnostic& one : diagnostics.all()) all.push_back(one.error.what);
    return all;
  }
};

TEST_F(Reader, reads_structs_in_structs_lists_and_maps) {
  const Outer outer = read(R"(
one: { size: 4, colour: green }
maybe: {}
list: [{ size: 1 }, { size: 0 }]
named: { a: { size: 2 }, b: }
words: { x: y }
texts: [p, "q"]
rest: { any: [thing] }
wait: 250ms
)");
  EXPECT_TRUE(diagnostics.all().empty()) << diagnostics.text();
  EXPECT_EQ(outer.one.size, 4U);
  EXPECT_EQ(outer.one.colour, Colour::green);
  EXPECT_TRUE(outer.maybe);
  EXPECT_EQ(outer.list.size(), 2U);
  EXPECT_EQ(outer.list[1].size, 0U);
  EXPECT_EQ(outer.named.at("a").size, 2U);
  EXPECT_EQ(outer.named.at("b").size, 3U);
  EXPECT_EQ(outer.named.at("a").at.line, 5U);
  EXPECT_EQ(outer.words.at("x"), "y");
  EXPECT_EQ(outer.texts, (std::vector<std::string>{"p", "q"}));
  EXPECT_TRUE(outer.rest.is_map());
  EXPECT_EQ(outer.wait, std::chrono::milliseconds(250));
}

TEST_F(Reader, leaves_defaults_where_nothing_stands) {
  const Outer outer = read("texts: []");
  EXPECT_EQ(outer.one.size, 3U);
  EXPECT_FALSE(outer.maybe);
  EXPECT_EQ(outer.wait, std::chrono::seconds(5));
}

TEST_F(Reader, reports_every_fault_of_one_run_and_names_the_part) {
  read(R"(
one: { size: 10 }
list: [{ size: 1 }, { sise: 1 }]
named: { a: { colour: blue } }
wait: 5
)");
  EXPECT_EQ(whats(),
            (std::vector<std::string>{
                "`size` is 10, the most is 9", "unknown key `sise` in inner 2",
                "`colour` is `blue`, not `red` or `green`", "`wait` is `5`, not a duration"}));
}

TEST_F(Reader, keeps_the_default_of_what_is_wrong) {
  EXPECT_EQ(read("one: { size: 10 }").one.size, 3U);
}

TEST_F(Reader, warns_of_a_secret_in_the_file_and_hides_it) {
  EXPECT_EQ(read("password: hunter2").password, "hunter2");
  EXPECT_EQ(diagnostics.warnings(), 1U);
  EXPECT_FALSE(diagnostics.has_errors());
  EXPECT_EQ(diagnostics.text().find("hunter"), std::string::npos) << diagnostics.text();
}

TEST_F(Reader, hides_a_secret_that_has_an_anchor_too) {
  read("password: &p hunter2");
  EXPECT_EQ(diagnostics.text().find("hunter"), std::string::npos) << diagnostics.text();
}

TEST(Description, has_a_row_for_each_option_with_its_bounds_and_words) {
  const std::vector<OptionPage> pages = describe<Outer>();
  ASSERT_EQ(pages.size(), 9U);
  EXPECT_EQ(pages[0].shape, Shape::map);
  const OptionPage& size = pages[0].inner[0];
  EXPECT_EQ(size.name, "size");
  EXPECT_EQ(size.type, "whole number");
  EXPECT_EQ(size.default_text, "3");
  EXPECT_EQ(size.least, "1");
  EXPECT_EQ(size.most, "9");
  EXPECT_TRUE(size.zero_allowed);
  EXPECT_EQ(pages[0].inner[1].allowed, (std::vector<std::string>{"red", "green"}));
  EXPECT_EQ(pages[1].shape, Shape::map);
  EXPECT_EQ(pages[2].shape, Shape::list);
  EXPECT_EQ(pages[2].inner.size(), 2U);
  EXPECT_EQ(pages[3].shape, Shape::names);
  EXPECT_EQ(pages[4].type, "text");
  EXPECT_EQ(pages[5].shape, Shape::list);
  EXPECT_TRUE(pages[6].secret);
  EXPECT_EQ(pages[7].shape, Shape::open);
  EXPECT_EQ(pages[8].default_text, "5s");
}

void check_rows(const std::vector<OptionPage>& pages, int& rows) {
  for (const OptionPage& page : pages) {
    ++rows;
    EXPECT_TRUE(page.help.ends_with('.')) << page.name;
    EXPECT_EQ(page.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"),
              std::string::npos)
        << page.name;
    check_rows(page.inner, rows);
  }
}

TEST(Description, of_the_gate_has_a_sentence_for_every_option) {
  int rows = 0;
  check_rows(describe_gate_config(), rows);
  EXPECT_GT(rows, 80);
}

template <class Config>
void check_defaults() {
  for_each_option<Config>([](const auto& option, const auto& value) {
    EXPECT_TRUE(option.admits(value)) << option.name;
  });
}

TEST(Defaults, of_the_gate_lie_within_their_own_ranges) {
  check_defaults<GateConfig>();
  check_defaults<LimitsConfig>();
  check_defaults<UpstreamConfig>();
  check_defaults<EjectConfig>();
  check_defaults<ResolverConfig>();
  check_defaults<JournalConfig>();
  check_defaults<CountRuleConfig>();
  check_defaults<MockConfig>();
}

}  // namespace
}  // namespace gatehouse
