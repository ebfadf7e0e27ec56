// What is promised: what is wrong with an expression is told with its place, its code and its mend,
// all of it in one run; and every bound says so when it is reached.
#include <fmt/format.h>

#include "expr/expr_testing.h"
#include "expr/faults.h"

namespace gatehouse {
namespace {

using testing::ExprRig;

struct Case {
  const char* text;
  const char* told;
};

template <std::size_t kCount>
void expect_all(const Case (&cases)[kCount], const Type& expected = {}) {
  ExprRig rig;
  for (const Case& one : cases) {
    EXPECT_EQ(rig.faults(one.text, expected), std::string(one.told) + "\n") << one.text;
  }
}

TEST(Faults, tell_what_cannot_be_read) {
  const Case cases[] = {
      {"", "1:1 E0430: the expression ends too early [expected a value]; write the rest of it"},
      {"1 +", "1:4 E0430: the expression ends too early [expected a value]; write the rest of it"},
      {"(1 + 2", "1:1 E0430: `(` isn't closed; add `)` where it ends"},
      {"[1, 2", "1:1 E0430: `[` isn't closed; add `]` where it ends"},
      {"1)", "1:2 E0430: `)` can't stand here [expected an operator or the end]"},
      {"1 = 2", "1:3 E0430: `=` is no operator; write `==` to compare"},
      {"yes & yes", "1:5 E0430: `&` is no operator; write `&&` for \"and\""},
      {"yes | yes", "1:5 E0430: `|` is no operator; write `||` for \"or\""},
      {"yes and yes",
       "1:5 E0430: `and` can't stand here [expected an operator or the end]; write `&&`"},
      {"not yes", "1:5 E0430: `yes` can't stand here [expected an operator or the end]; write `!`"},
      {"\"abc",
       "1:1 E0430: the text that begins here isn't closed; end it with the quote it began "
       "with, on the same line; text in \"\"\" may hold line ends"},
      {"“abc”", "1:1 E0430: `“` can't stand here; write `\"` or `'` around text"},
      {"1 # 2", "1:3 E0430: `#` can't stand here; remove it"},
      {"1abc",
       "1:2 E0430: a number is followed at once by `a`; put a blank between them, or remove "
       "the letter"},
      {"while", "1:1 E0430: `while` is a reserved word; use another name"},
      {"user{name: 1}",
       "1:5 E0430: `{` can't stand here; messages can't be made; a map stands alone: {\"key\": 1}"},
      {"yes ? 1",
       "1:8 E0430: the expression ends too early [expected `:` and what holds "
       "otherwise]; write the rest of it"},
      {"{1, 2}", "1:3 E0430: `,` can't stand here [expected `:` and the item of this key]"},
      {"user.",
       "1:6 E0430: the expression ends too early [expected a name after the dot]; write "
       "the rest of it"},
      {"\"\xff\"", "1:2 E0430: this is no text in UTF-8; save the file as UTF-8"},
      {"true ? false ? 1 : 2 : 3",
       "1:14 E0430: `?` can't stand here [expected `:` and what holds otherwise]"},
  };
  expect_all(cases);
}

TEST(Faults, tell_of_literals) {
  const Case cases[] = {
      {"9223372036854775808",
       "1:1 E0432: `9223372036854775808` is out of the range of int; write "
       "`9223372036854775808u` for a uint"},
      {"-9223372036854775809", "1:2 E0432: `-9223372036854775809` is out of the range of int"},
      {"18446744073709551616u",
       "1:1 E0432: `18446744073709551616` is over 18446744073709551615, the most of uint"},
      {"1e999", "1:1 E0432: `1e999` is out of the range of double"},
      {R"("a\d")",
       "1:3 E0432: `\\d` is no escape; write `\\\\` for a backslash, or begin the text "
       "with r, as in r\"\\d+\""},
      {R"("\x4")", "1:2 E0432: `\\x` needs two hexadecimal digits"},
      {R"("\u12")", "1:2 E0432: `\\u` needs four hexadecimal digits"},
      {R"("\ud800")", "1:2 E0432: the escape stands for no character"},
      {R"("\U00110000")", "1:2 E0432: the escape stands for no character"},
      {R"("\08")", "1:2 E0432: an octal escape needs three digits, `\\000` to `\\377`"},
      {R"(b"\u0041")",
       "1:3 E0432: `\\u` and `\\U` stand in text, not in bytes; write `\\x` escapes"},
  };
  expect_all(cases);
}

TEST(Faults, offer_the_nearest_name) {
  const Case cases[] = {
      {"request.methd", "1:9 E0433: unknown name `methd` in `request`; did you mean `method`?"},
      {"reqest.method", "1:1 E0433: unknown name `reqest`; did you mean `request`?"},
      {"request",
       "1:1 E0433: `request` is no value by itself; name one of its fields: `age`, "
       "`body`, `headers`, `method`, `path`, `size` and `time`"},
      {"client.qqqqqqq", "1:8 E0433: unknown name `qqqqqqq` in `client`; there is `address`"},
      {"user.country.surprize",
       "1:14 E0433: unknown name `surprize` in `user.country`; did you mean `surprise`?"},
      {"numbers.all(item, itm > 1)", "1:19 E0433: unknown name `itm`; did you mean `item`?"},
      {"\"a\".startswith(\"b\")",
       "1:5 E0434: unknown method `startswith`; did you mean `startsWith`?"},
      {"lenght(\"a\")", "1:1 E0434: unknown function `lenght`"},
      {"sise(\"a\")", "1:1 E0434: unknown function `sise`; did you mean `size`?"},
      {"startsWith(\"a\", \"b\")",
       "1:1 E0434: unknown function `startsWith`; write it after what it "
       "is called on: x.startsWith(…)"},
      {"\"1\".int()", "1:5 E0434: unknown method `int`; write int(x)"},
  };
  expect_all(cases);
}

TEST(Faults, say_which_types_go_together) {
  const Case cases[] = {
      {"1 + \"a\"",
       "1:3 E0435: `+` can't take int and string; it takes int + int, uint + uint, double + "
       "double, "
       "string + string, bytes + bytes, list + list, duration + duration, timestamp + duration or "
       "duration + timestamp"},
      {"1 + 1u",
       "1:3 E0435: `+` can't take int and uint; write int(…), uint(…) or double(…) around "
       "one of the two"},
      {"1 < 1.5",
       "1:3 E0435: `<` can't take int and double; write int(…), uint(…) or double(…) "
       "around one of the two"},
      {"1 == 1.0",
       "1:3 E0435: `==` can't compare int and double; write int(…), uint(…) or double(…) "
       "around one of the two"},
      {"1 == \"1\"",
       "1:3 E0435: `==` can't compare int and string; compare values of the same type"},
      {"user.name == null",
       "1:11 E0435: `==` can't compare string and null; only dyn may be null; "
       "ask has() whether a value is there"},
      {"!1", "1:1 E0435: `!` can't take int; it takes !bool"},
      {"-count", "1:1 E0435: `-` can't take uint; it takes -int or -double"},
      {"1 && yes", "1:1 E0435: `&&` takes bool, and this is int; compare it, as in x != 0"},
      {"user.name || yes",
       "1:1 E0435: `||` takes bool, and this is string; compare it with something"},
      {"1 ? 2 : 3", "1:1 E0435: `?:` takes bool, and this is int; compare it, as in x != 0"},
      {"yes ? 1 : \"a\"",
       "1:5 E0435: both ends of `?:` must be of one type, not int and string; "
       "convert one of them, or write dyn(…) around it"},
      {"1 in [\"a\"]",
       "1:3 E0435: `in` can't look for int in list<string>; what is looked for must be string"},
      {"\"a\" in \"abc\"",
       "1:5 E0435: `in` can't look for string in string; write x.contains(y) to "
       "look for text in text"},
      {"1 in {\"a\": 1}",
       "1:3 E0435: `in` can't look for int in map<string, int>; the map's keys are string"},
      {"\"10.0.0.1\" in cidr(\"10.0.0.0/8\")",
       "1:12 E0435: `in` can't look for string in cidr; only "
       "an ip is in a cidr: ip(\"192.0.2.1\")"},
      {"[1][\"a\"]",
       "1:4 E0435: `[]` can't take list<int> and string; an item of a list is named by "
       "an int, from 0"},
      {"{\"a\": 1}[1]",
       "1:9 E0435: `[]` can't take map<string, int> and int; the map's keys are string"},
      {"1[0]",
       "1:2 E0435: `[]` can't take int and int; `[]` takes a list and an int, or a map and a "
       "key"},
      {"{1.5: 1}", "1:2 E0435: double can't be a key; keys are bool, int, uint or string"},
      {"user.name.length",
       "1:11 E0435: string has no field `length`; fields are those of a map "
       "whose keys are text"},
      {"user.name.size", "1:11 E0435: string has no field `size`; write `size()` to call it"},
      {"count.size()",
       "1:7 E0435: `size` can't take uint; it takes string.size(), bytes.size(), "
       "list.size() or map.size()"},
      {"int(yes)",
       "1:1 E0435: `int` can't take bool; it takes int(int), int(uint), int(double), "
       "int(string) or int(timestamp)"},
      {"user.name.all(x, true)",
       "1:11 E0435: `all` can't go over string; it goes over a list, or "
       "over the keys of a map"},
      {"claims.map(k, k)", "1:8 E0435: `map` can't go over map<string, dyn>; it goes over a list"},
      {"numbers.filter(x, x)",
       "1:19 E0435: `filter` takes bool, and this is int; compare it, as in x != 0"},
  };
  expect_all(cases);
}

TEST(Faults, show_how_a_function_is_used) {
  const Case cases[] = {
      {"size()",
       "1:1 E0436: `size` can't take 0 arguments; write string.size(), bytes.size(), "
       "list.size() or map.size()"},
      {"user.name.contains(\"a\", \"b\")",
       "1:11 E0436: `contains` can't take 3 arguments; write string.contains(string)"},
      {"dyn()", "1:1 E0436: `dyn` can't take 0 arguments; write dyn(x)"},
      {"has(1)",
       "1:1 E0436: `has()` takes one field; write it as in has(a.b); for a key write "
       "\"key\" in a"},
      {"has(claims[\"a\"])",
       "1:1 E0436: `has()` takes one field; write it as in has(a.b); for a key "
       "write \"key\" in a"},
      {"numbers.all(x, has(x))", "1:16 E0436: `x` is always there; name a field of it"},
      {"numbers.all(x)",
       "1:9 E0436: `all` takes a name and an expression; write it as in "
       "list.all(x, x > 1)"},
      {"numbers.exists(1, true)",
       "1:9 E0436: `exists` takes a name and an expression; write it as "
       "in list.exists(x, x > 1)"},
      {"user.name.matches(request.path)",
       "1:19 E0436: the pattern of `matches` must be known beforehand; write it in the expression, "
       "as in x.matches(\"^/v[0-9]+/\")"},
  };
  expect_all(cases);
}

TEST(Faults, tell_of_text_that_must_be_something) {
  const Case cases[] = {
      {"ip(\"300.1.1.1\")",
       "1:4 E0437: `300.1.1.1` is no IP address; write an address: ip(\"192.0.2.1\")"},
      {"cidr(\"10.0.0.0/33\")",
       "1:6 E0437: `10.0.0.0/33` is no network; write a network: cidr(\"192.0.2.0/24\")"},
      {"duration(\"5\")",
       "1:10 E0437: `5` is no duration; write numbers with h, m, s, ms, us or ns: "
       "duration(\"1h30m\")"},
      {"timestamp(\"today\")",
       "1:11 E0437: `today` is no timestamp; write it as in "
       "timestamp(\"2026-03-01T12:00:00Z\")"},
      {"user.name.matches(\"(\")",
       "1:19 E0437: `(` is no regular expression; RE2 says: missing ): ("},
  };
  expect_all(cases);
}

TEST(Faults, tell_of_a_result_of_another_type) {
  const Case cases[] = {
      {"1 + 1",
       "1:1 E0438: the expression gives int, and bool is needed here; compare it with "
       "something"},
      {"user.roles",
       "1:1 E0438: the expression gives list<string>, and bool is needed here; compare "
       "it with something"},
  };
  expect_all(cases, Type(Kind::boolean));
}

TEST(Faults, are_all_told_in_one_run) {
  ExprRig rig;
  EXPECT_EQ(
      rig.faults("request.methd == \"a\" && 1 + \"a\" == 2 && \"\\d\" == user.nam"),
      "1:42 E0432: `\\d` is no escape; write `\\\\` for a backslash, or begin the text with r, "
      "as in r\"\\d+\"\n"
      "1:9 E0433: unknown name `methd` in `request`; did you mean `method`?\n"
      "1:27 E0435: `+` can't take int and string; it takes int + int, uint + uint, double + "
      "double, string + string, bytes + bytes, list + list, duration + duration, timestamp + "
      "duration or duration + timestamp\n"
      "1:54 E0433: unknown name `nam` in `user`; did you mean `name`?\n");
}

TEST(Faults, stop_after_the_fiftieth) {
  std::string text = "qqqqq == 1";
  for (int i = 0; i < 60; ++i) text += " || qqqqq == 1";
  const std::string told = ExprRig().faults(text);
  EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 50);
}

TEST(Faults, know_their_line_in_the_file) {
  ExprRig rig;
  Diagnostics out;
  const CompileOptions options{.begin = {"gatehouse.yaml", 41, 7, 0}};
  EXPECT_FALSE(compile("yes &&\n  éé", rig.schema(), options, out).has_value());
  ASSERT_EQ(out.errors(), 1U);
  EXPECT_EQ(out.all()[0].error.at, (SourcePosition{"gatehouse.yaml", 42, 9, 1}));
}

// ---- bounds

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

TEST(Bounds, hold_the_bytes) {
  ExprRig rig;
  const std::string blanks(kExpressionBytesMax - 1, ' ');
  EXPECT_EQ(rig.evaluate(blanks + "1"), "1");
  EXPECT_EQ(
      rig.faults(blanks + "12"),
      "1:1 E0431: the expression has 65537 bytes, the most is 65536; split it, or move a long "
      "list into the config\n");
}

TEST(Bounds, hold_the_depth) {
  ExprRig rig;
  const auto nested = [](std::size_t depth) {
    return repeated("(", depth) + "1" + repeated(")", depth);
  };
  EXPECT_EQ(rig.evaluate(nested(kExpressionDepthMax - 1)), "1");
  EXPECT_THAT(rig.faults(nested(kExpressionDepthMax)),
              ::testing::HasSubstr("E0431: the expression is nested more than 128 deep"));
  EXPECT_EQ(rig.evaluate("1" + repeated(" + 1", kExpressionDepthMax - 1)), "128");
  EXPECT_THAT(rig.faults("1" + repeated(" + 1", kExpressionDepthMax)),
              ::testing::HasSubstr("nested more than 128 deep"));
  EXPECT_THAT(rig.faults(repeated("!", 10'000) + "yes"),
              ::testing::HasSubstr("nested more than 128 deep"));
  EXPECT_THAT(rig.faults(repeated("[", 10'000)), ::testing::HasSubstr("nested more than 128 deep"));
  EXPECT_THAT(rig.faults(repeated("yes ? 1 : ", 5'000) + "1"),
              ::testing::HasSubstr("nested more than 128 deep"));
}

TEST(Bounds, let_chains_of_or_be_long) {
  EXPECT_EQ(ExprRig().evaluate("any == 0" + repeated(" || any == 0", 500)), "false");
}

TEST(Bounds, hold_the_parts) {
  ExprRig rig;
  EXPECT_EQ(rig.evaluate("size([" + repeated("1,", kExpressionNodesMax - 2) + "])"), "8190");
  EXPECT_THAT(rig.faults("[" + repeated("1,", kExpressionNodesMax) + "]"),
              ::testing::HasSubstr("E0431: the expression has more than 8192 parts"));
}

TEST(Bounds, hold_macros_in_macros) {
  ExprRig rig;
  const auto nested = [](std::size_t depth) {
    return repeated("numbers.all(x, ", depth) + "true" + repeated(")", depth);
  };
  EXPECT_EQ(rig.evaluate(nested(kExpressionMacrosMax)), "true");
  EXPECT_THAT(rig.faults(nested(kExpressionMacrosMax + 1)),
              ::testing::HasSubstr("E0431: macros stand more than 4 deep in one another"));
}

TEST(Bounds, hold_the_length_of_what_is_shown) {
  EXPECT_LT(shown(std::string(1000, 'x')).size(), 70U);
  const std::string cut = shown(repeated("é", 100));
  EXPECT_TRUE(cut.ends_with("é…"));
  EXPECT_EQ(shown("a\nb"), "a b");
}

}  // namespace
}  // namespace gatehouse
