// What is promised: each rule of the CEL specification (langdef) that the language keeps, case by
// case; and that folding constants changes no result: every case is evaluated both ways.
#include "expr/expr_testing.h"

namespace gatehouse {
namespace {

using testing::ExprRig;

struct Case {
  const char* text;
  const char* value;
};

template <std::size_t kCount>
void expect_all(const Case (&cases)[kCount]) {
  ExprRig rig;
  for (const Case& one : cases) {
    EXPECT_EQ(rig.evaluate(one.text), one.value) << one.text;
    EXPECT_EQ(rig.evaluate(one.text, false), one.value) << one.text << " (not folded)";
  }
}

// langdef "Syntax": the table of precedence and associativity.
TEST(Language, binds_operators_by_precedence) {
  const Case cases[] = {
      {"1 + 2 * 3", "7"},
      {"(1 + 2) * 3", "9"},
      {"10 - 4 - 3", "3"},
      {"100 / 10 / 5", "2"},
      {"7 % 4 * 2", "6"},
      {"2 + 3 == 5", "true"},
      {"1 < 2 == true", "true"},
      {"true || false && false", "true"},
      {"(true || false) && false", "false"},
      {"!true || true", "true"},
      {"!(true || true)", "false"},
      {"!!true", "true"},
      {"- -3", "3"},
      {"--3", "3"},
      {"-3 + 5", "2"},
      {"5 -3", "2"},
      {"-2 * -3", "6"},
      {"false ? 1 : true ? 2 : 3", "2"},
      {"true ? (false ? 1 : 2) : 3", "2"},
      {"1 == 1 ? \"a\" : \"b\"", "\"a\""},
      {"1 in [1] == true", "true"},
      {"2 > 1 && 1 > 2 || 3 > 2", "true"},
      {"[1, 2][0] + 1", "2"},
      {"{\"a\": 1}.a + 1", "2"},
      {"-[1][0]", "-1"},
      {"\"a\" + \"b\" == \"ab\"", "true"},
      {"\"ab\".size() * 2", "4"},
      {"1 // a comment\n + 2", "3"},
      {"[1, 2,]", "[1, 2]"},
      {"{\"a\": 1,}.a", "1"},
  };
  expect_all(cases);
}

// langdef "Numeric Values" and "LITERAL".
TEST(Language, reads_numbers) {
  const Case cases[] = {
      {"0x1F", "31"},
      {"0xffu", "255u"},
      {"12U", "12u"},
      {"9223372036854775807", "9223372036854775807"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"-0x8000000000000000", "-9223372036854775808"},
      {"18446744073709551615u", "18446744073709551615u"},
      {"1.5", "1.5"},
      {".5", "0.5"},
      {"1e3", "1000.0"},
      {"1.5e-1", "0.15"},
      {"2E+2", "200.0"},
      {"-1.5", "-1.5"},
      {"-0.0", "-0.0"},
  };
  expect_all(cases);
}

// langdef "String and Bytes Values".
TEST(Language, reads_text_and_its_escapes) {
  const Case cases[] = {
      {R"("")", R"("")"},
      {R"('""' == "\"\"")", "true"},
      {R"('''x''x''')", R"("x''x")"},
      {R"("""a"b""")", R"("a\"b")"},
      {"\"\"\"a\nb\"\"\" == \"a\\nb\"", "true"},
      {R"("\"")", R"("\"")"},
      {R"("\\")", R"("\\")"},
      {R"(r"\\")", R"("\\\\")"},
      {R"(R'\d' == "\\d")", "true"},
      {R"(r"""a\n"b""" == "a\\n\"b")", "true"},
      {R"("\a\b\f\n\r\t\v" == "\x07\x08\x0C\x0A\x0D\x09\x0b")", "true"},
      {R"("\?\'\`" == "?'`")", "true"},
      {R"("\x41\X42" == "AB")", "true"},
      {R"("\u00e9" == "é")", "true"},
      {R"("\U0001F600" == "😀")", "true"},
      {R"("\ud83d\ude00" == "😀")", "true"},
      {R"("\101\377" == "Aÿ")", "true"},
      {R"("\303\277" == "Ã¿")", "true"},
      {R"("\xFF" == "ÿ")", "true"},
      {R"(b"abc" == b'\x61\142c')", "true"},
      {R"(b"ÿ" == b"\303\277")", "true"},
      {R"(size(b"\377"))", "1"},
      {R"(size(b"\xFF"))", "1"},
      {R"(bR"\x" == b"\\x")", "true"},
      {R"(br'\x'.size())", "2"},
      {R"(size("\000a"))", "2"},
  };
  expect_all(cases);
}

// langdef "String and Bytes Values": strings are sequences of code points, bytes of octets.
TEST(Language, counts_code_points) {
  const Case cases[] = {
      {"size(\"é\")", "1"},        {"size(\"日本語\")", "3"},
      {"\"😀\".size()", "1"},      {"size(b\"é\")", "2"},
      {"size(\"e\\u0301\")", "2"}, {"\"\\u00e9\" == \"e\\u0301\"", "false"},
      {"\"é\" > \"z\"", "true"},   {"\"日本語\".contains(\"本\")", "true"},
      {"size([1, 2])", "2"},       {"size({1: 2})", "1"},
      {"{}.size()", "0"},          {"size(\"\")", "0"},
  };
  expect_all(cases);
}

// langdef "Logical Operators": && and || are commutative, also in the face of errors.
TEST(Language, absorbs_errors_where_the_other_side_decides) {
  const Case cases[] = {
      {"false && 1 / 0 > 0", "false"},
      {"1 / 0 > 0 && false", "false"},
      {"true || 1 / 0 > 0", "true"},
      {"1 / 0 > 0 || true", "true"},
      {"1 / 0 > 0 || false", "error: divided by zero"},
      {"true && 1 / 0 > 0", "error: divided by zero"},
      {"1 / 0 > 0 || 1 % 0 > 0", "error: divided by zero"},
      {"failing || true", "true"},
      {"true || failing", "true"},
      {"failing && yes", "error: failed source"},
      {"failing && !yes", "false"},
      {"absent.text == \"a\" || yes", "true"},
      {"yes && absent.text == \"a\"", "error: absent"},
      {"1 / 0 > 0 || failing || yes", "true"},
      {"any || true", "true"},
      {"any && true", "error: no such overload"},
      {"any || false", "error: no such overload"},
      {"!any", "error: no such overload"},
      {"true ? 1 : 1 / 0", "1"},
      {"false ? 1 / 0 : 1", "1"},
      {"1 / 0 > 0 ? true : true", "error: divided by zero"},
      {"failing ? 1 : 2", "error: failed source"},
      {"any ? 1 : 2", "error: no such overload"},
  };
  expect_all(cases);
}

// langdef "Overflow"; the table of arithmetic.
TEST(Language, never_wraps_numbers) {
  const Case cases[] = {
      {"9223372036854775807 + 1", "error: overflow"},
      {"-9223372036854775808 - 1", "error: overflow"},
      {"9223372036854775807 * 2", "error: overflow"},
      {"-(-9223372036854775808)", "error: overflow"},
      {"-9223372036854775808 / -1", "error: overflow"},
      {"-9223372036854775808 % -1", "error: overflow"},
      {"18446744073709551615u + 1u", "error: overflow"},
      {"1u - 2u", "error: overflow"},
      {"18446744073709551615u * 2u", "error: overflow"},
      {"1 / 0", "error: divided by zero"},
      {"1 % 0", "error: divided by zero"},
      {"1u / 0u", "error: divided by zero"},
      {"1u % 0u", "error: divided by zero"},
      {"1.0 / 0.0", "Infinity"},
      {"-1.0 / 0.0", "-Infinity"},
      {"0.0 / 0.0", "NaN"},
      {"-7 / 2", "-3"},
      {"-7 % 2", "-1"},
      {"7 % -2", "1"},
      {"7u / 2u", "3u"},
      {"7u % 4u", "3u"},
      {"0.1 + 0.2 == 0.3", "false"},
      {"1e308 * 10.0", "Infinity"},
      {"2u * 3u - 1u", "5u"},
      {"1.5 - 0.5", "1.0"},
  };
  expect_all(cases);
}

// langdef "Equality and Ordering": of one type; through dyn, numbers are compared as numbers and
// whatever else is of two types is unequal.
TEST(Language, compares) {
  const Case cases[] = {
      {"1 == 1 && 1 != 2", "true"},
      {"1u < 2u && 2u >= 2u", "true"},
      {"\"a\" < \"b\" && \"a\" < \"aa\"", "true"},
      {"false < true", "true"},
      {"b\"a\" < b\"b\"", "true"},
      {"0.0 == -0.0", "true"},
      {"0.0 / 0.0 == 0.0 / 0.0", "false"},
      {"0.0 / 0.0 != 0.0 / 0.0", "true"},
      {"0.0 / 0.0 < 1.0 || 0.0 / 0.0 >= 1.0", "false"},
      {"dyn(1) == 1.0", "true"},
      {"dyn(1) == 1u", "true"},
      {"dyn(1) < 1.5", "true"},
      {"dyn(-1) < 1u", "true"},
      {"dyn(2u) > 1", "true"},
      {"dyn(9007199254740993) == 9007199254740992.0", "false"},
      {"dyn(18446744073709551615u) < 18446744073709551616.0", "true"},
      {"dyn(9223372036854775807) < 9223372036854775808.0", "true"},
      {"dyn(1) == \"1\"", "false"},
      {"dyn(1) != \"1\"", "true"},
      {"dyn(1) < \"1\"", "error: no such overload"},
      {"dyn(null) == null", "true"},
      {"dyn(1) == null", "false"},
      {"null == null", "true"},
      {"[1, 2] == [1, 2]", "true"},
      {"[1, 2] == [2, 1]", "false"},
      {"[1] == [1, 2]", "false"},
      {"[[1], [2]] == [[1], [2]]", "true"},
      {"{\"a\": 1, \"b\": 2} == {\"b\": 2, \"a\": 1}", "true"},
      {"{\"a\": 1} == {\"b\": 1}", "false"},
      {"{1: 1} == {1: 2}", "false"},
      {"dyn([1]) == dyn([1.0])", "true"},
      {"claims.level == 3", "true"},
      {"claims.level > 2", "true"},
      {"claims.sub == \"u1\"", "true"},
      {"claims.sub == 1", "false"},
      {"claims.gone == null", "true"},
  };
  expect_all(cases);
}

// langdef "Aggregate Values", "_[_]", "in".
TEST(Language, indexes_and_looks_into_lists_and_maps) {
  const Case cases[] = {
      {"[1, 2, 3][2]", "3"},
      {"[1][1]", "error: out of bounds"},
      {"[1][-1]", "error: out of bounds"},
      {"[1, 2][dyn(1.0)]", "2"},
      {"[1, 2][dyn(1u)]", "2"},
      {"[1, 2][dyn(0.5)]", "error: out of bounds"},
      {"[1, 2][dyn(\"0\")]", "error: no such overload"},
      {"{\"a\": 1}[\"a\"]", "1"},
      {"{\"a\": 1}[\"b\"]", "error: no such key"},
      {"{\"a\": 1}.b", "error: no such key"},
      {"{1: \"a\", 2: \"b\"}[2]", "\"b\""},
      {"{true: 1}[true]", "1"},
      {"{1u: 1}[1u]", "1"},
      {"{1: 1}[dyn(1u)]", "1"},
      {"{\"a\": 1, \"a\": 2}", "error: repeated key"},
      {"{1: 1, dyn(1u): 2}", "error: repeated key"},
      {"{dyn(1.5): 1}", "error: no such overload"},
      {"1 in [1, 2]", "true"},
      {"3 in [1, 2]", "false"},
      {"3 in [1, 2, 4, 5, 6]", "false"},
      {"5 in [1, 2, 4, 5, 6]", "true"},
      {"\"a\" in {\"a\": 1}", "true"},
      {"\"b\" in {\"a\": 1}", "false"},
      {"1 in []", "false"},
      {"dyn(1) in [1.0, 2.0]", "true"},
      {"dyn(1.0) in [1, 2, 3, 4, 5]", "true"},
      {"dyn(\"1\") in [1, 2, 3, 4, 5]", "false"},
      {"dyn(1) in [\"a\", \"b\", \"c\", \"d\"]", "false"},
      {"\"c\" in [\"a\", \"b\", \"c\", \"d\"]", "true"},
      {"user.name in [\"bob\", \"cem\", \"ann\", \"dai\"]", "true"},
      {"user.name in [\"bob\", \"cem\", \"eve\", \"dai\"]", "false"},
      {"request.size in [511, 512, 513, 514]", "true"},
      {"\"ops\" in user.roles", "true"},
      {"\"root\" in user.roles", "false"},
      {"\"a\" in claims.roles", "true"},
      {"1 in any", "error: no such overload"},
      {"[1] + [2, 3]", "[1, 2, 3]"},
      {"[1, \"a\", 2.0]", "[1, \"a\", 2.0]"},
      {"request.headers.host", "\"shop.example\""},
      {"request.headers[\"x-id\"]", "\"7\""},
      {"request.headers[\"none\"]", "error: no such key"},
      {"claims.in", "fault: 1:8 E0430: `in` can't stand here [expected a name after the dot]\n"},
      {"claims[\"in\"].x", "1"},
      {"claims.sub.x", "error: no such overload"},
      {"any.x", "error: no such overload"},
  };
  expect_all(cases);
}

// langdef "Field Selection": has(). Of a slot without a value every field is absent.
TEST(Language, asks_whether_a_value_is_there) {
  const Case cases[] = {
      {"has(request.method)", "true"},
      {"has(absent.text)", "false"},
      {"has(absent.claims.sub)", "false"},
      {"has(claims.sub)", "true"},
      {"has(claims.nothing)", "false"},
      {"has(claims.gone)", "true"},
      {"has(claims.nothing.more)", "error: no such key"},
      {"has(claims.sub.more)", "error: no such overload"},
      {"has({\"a\": 1}.a)", "true"},
      {"has({\"a\": 1}.b)", "false"},
      {"has(failing)", "error: failed source"},
      {"has(user.country.surprise) && user.country.surprise > 0.2", "true"},
      {"has(absent.text) && absent.text == \"a\"", "false"},
      {"has(absent.text) ? absent.text : \"none\"", "\"none\""},
      {"absent.text", "error: absent"},
      {"[1].map(x, {\"a\": x}).exists(m, has(m.a))", "true"},
  };
  expect_all(cases);
}

// langdef "Macros".
TEST(Language, goes_over_lists_and_keys) {
  const Case cases[] = {
      {"[1, 2, 3].all(x, x > 0)", "true"},
      {"[1, 2, 3].all(x, x > 1)", "false"},
      {"[].all(x, x > 1)", "true"},
      {"[1, 2, 3].exists(x, x > 2)", "true"},
      {"[1, 2, 3].exists(x, x > 3)", "false"},
      {"[].exists(x, x == 1)", "false"},
      {"[0, 1].all(x, 1 / x > 1)", "false"},
      {"[0, 1].all(x, 1 / x == 1)", "error: divided by zero"},
      {"[0, 1].exists(x, 1 / x == 1)", "true"},
      {"[0, 2].exists(x, 1 / x == 1)", "error: divided by zero"},
      {"[1, 2, 3].exists_one(x, x > 2)", "true"},
      {"[1, 2, 3].exists_one(x, x > 1)", "false"},
      {"[1, 2, 3].exists_one(x, x > 3)", "false"},
      {"[0, 1].exists_one(x, 1 / x == 1)", "error: divided by zero"},
      {"[1, 2, 3].map(n, n * n)", "[1, 4, 9]"},
      {"[1, 2, 3].map(n, n > 1, n * n)", "[4, 9]"},
      {"[1, 0].map(n, 1 / n)", "error: divided by zero"},
      {"[1, 2, 3].filter(i, i % 2 > 0)", "[1, 3]"},
      {"[1, 2].filter(i, i > 2)", "[]"},
      {"[1, 0].filter(i, 1 / i > 0)", "error: divided by zero"},
      {"{\"a\": 1, \"b\": 2}.all(k, k < \"c\")", "true"},
      {"{\"a\": 1}.exists(k, k == \"a\")", "true"},
      {"claims.exists_one(k, k == \"sub\")", "true"},
      {"numbers.map(x, numbers.map(y, x * y))", "[[1, 2, 3], [2, 4, 6], [3, 6, 9]]"},
      {"numbers.exists(x, numbers.exists(y, x + y == 6))", "true"},
      {"[1, 2].map(x, [3].map(x, x + 1))", "[[4], [4]]"},
      {"[1].map(user, user)", "[1]"},
      {"[1].map(yes, .yes)", "[true]"},
      {"user.roles.exists(r, r.startsWith(\"op\"))", "true"},
      {"numbers.filter(x, x > 1).map(x, x * 10)", "[20, 30]"},
      {"any.all(x, true)", "error: no such overload"},
      {"dyn([1, \"a\"]).all(x, x == 1)", "false"},
      {"[1].all(x, dyn(x))", "error: no such overload"},
      {"[1].filter(x, dyn(x))", "error: no such overload"},
      {"size(numbers.filter(x, x in [1, 3]))", "2"},
  };
  expect_all(cases);
}

// langdef "List of Standard Definitions": text.
TEST(Language, tests_text) {
  const Case cases[] = {
      {"\"abc\".contains(\"b\") && !\"abc\".contains(\"d\")", "true"},
      {"\"abc\".contains(\"\") && \"\".contains(\"\")", "true"},
      {"\"abc\".startsWith(\"ab\") && !\"abc\".startsWith(\"b\")", "true"},
      {"\"abc\".endsWith(\"bc\") && !\"a\".endsWith(\"aa\")", "true"},
      {"\"/v2/x\".matches(\"^/v[0-9]+/\")", "true"},
      {"\"xay\".matches(\"a\") && !\"xay\".matches(\"^a\")", "true"},
      {"matches(\"abc\", \"b+\")", "true"},
      {"request.path.matches(\"^/ad\" + \"min\")", "true"},
      {"request.path.matches(r\"^/\\d\")", "false"},
      {"\"ÄbC\".lowerAscii()", "\"Äbc\""},
      {"\"abc\".lowerAscii()", "\"abc\""},
      {"\"a\" + \"b\" + \"c\"", "\"abc\""},
      {"request.method + request.path", "\"POST/admin/users\""},
      {"b\"a\" + b\"b\" == b\"ab\"", "true"},
      {"any.startsWith(\"a\")", "error: no such overload"},
      {"any.matches(\"a\")", "error: no such overload"},
  };
  expect_all(cases);
}

// langdef "List of Standard Definitions": conversions. Nothing is converted by itself.
TEST(Language, converts) {
  const Case cases[] = {
      {"int(\"-12\")", "-12"},
      {"int(\"12a\")", "error: not convertible"},
      {"int(\"\")", "error: not convertible"},
      {"int(\" 1\")", "error: not convertible"},
      {"int(\"9223372036854775808\")", "error: overflow"},
      {"int(1u)", "1"},
      {"int(18446744073709551615u)", "error: overflow"},
      {"int(-1.9)", "-1"},
      {"int(1e19)", "error: overflow"},
      {"int(9223372036854775807.0)", "error: overflow"},
      {"int(0.0 / 0.0)", "error: overflow"},
      {"int(timestamp(\"1970-01-01T00:01:00Z\"))", "60"},
      {"uint(5)", "5u"},
      {"uint(-1)", "error: overflow"},
      {"uint(-0.5)", "0u"},
      {"uint(1e20)", "error: overflow"},
      {"uint(\"7\")", "7u"},
      {"uint(\"-7\")", "error: not convertible"},
      {"double(1)", "1.0"},
      {"double(1u)", "1.0"},
      {"double(\"1.5\")", "1.5"},
      {"double(\"x\")", "error: not convertible"},
      {"string(1) + string(2u) + string(1.5)", "\"121.5\""},
      {"string(true)", "\"true\""},
      {"string(b\"abc\")", "\"abc\""},
      {"string(b\"\\xff\")", "error: not convertible"},
      {"string(ip(\"192.0.2.1\"))", "\"192.0.2.1\""},
      {"string(cidr(\"10.0.0.0/8\"))", "\"10.0.0.0/8\""},
      {"string(cidr(\"2001:db8::/32\"))", "\"2001:db8::/32\""},
      {"bytes(\"é\") == b\"\\xc3\\xa9\"", "true"},
      {"bool(\"true\") && !bool(\"0\")", "true"},
      {"bool(\"yes\")", "error: not convertible"},
      {"int(any)", "5"},
      {"int(dyn(true))", "error: no such overload"},
      {"string(dyn([1]))", "error: no such overload"},
  };
  expect_all(cases);
}

// langdef "Abstract Types", "Timezones": timestamps and durations.
TEST(Language, reckons_with_time) {
  const Case cases[] = {
      {"duration(\"1h30m\")", "5400s"},
      {"duration(\"-1.5s\")", "-1.5s"},
      {"duration(\"250ms\")", "0.25s"},
      {"duration(\"1us\") + duration(\"1ns\")", "0.000001001s"},
      {"duration(\"0\") == duration(\"0s\")", "true"},
      {"duration(\"5m\") > duration(\"4m59s\")", "true"},
      {"duration(dyn(\"5\"))", "error: not convertible"},
      {"duration(dyn(\"\"))", "error: not convertible"},
      {"duration(dyn(\"300000000h\"))", "error: overflow"},
      {"duration(\"2540400h\") + duration(\"2540400h\")", "error: overflow"},
      {"timestamp(\"2026-03-01T12:00:00Z\")", "2026-03-01T12:00:00Z"},
      {"timestamp(\"2026-03-01T12:00:00.25+01:00\")", "2026-03-01T11:00:00.25Z"},
      {"timestamp(0)", "1970-01-01T00:00:00Z"},
      {"timestamp(-1)", "1969-12-31T23:59:59Z"},
      {"timestamp(253402300800)", "error: overflow"},
      {"timestamp(\"9999-12-31T23:59:59Z\") + duration(\"1s\")", "error: overflow"},
      {"timestamp(\"0001-01-01T00:00:00Z\") - duration(\"1ns\")", "error: overflow"},
      {"timestamp(dyn(\"2026-02-29T00:00:00Z\"))", "error: not convertible"},
      {"timestamp(dyn(\"2026-03-01 12:00:00Z\"))", "error: not convertible"},
      {"timestamp(dyn(\"2026-03-01T24:00:00Z\"))", "error: not convertible"},
      {"timestamp(\"2024-02-29T00:00:00Z\").getDate()", "29"},
      {"timestamp(\"2026-03-01T00:00:01Z\") - timestamp(\"2026-03-01T00:00:00Z\")", "1s"},
      {"timestamp(\"9999-01-01T00:00:00Z\") - timestamp(\"0001-01-01T00:00:00Z\")",
       "error: overflow"},
      {"request.time", "2026-03-01T12:00:00Z"},
      {"request.time - duration(\"24h\") < request.time", "true"},
      {"duration(\"1h\") + request.time == timestamp(\"2026-03-01T13:00:00Z\")", "true"},
      {"request.time.getFullYear()", "2026"},
      {"request.time.getMonth()", "2"},
      {"request.time.getDayOfMonth()", "0"},
      {"request.time.getDate()", "1"},
      {"request.time.getDayOfWeek()", "0"},
      {"request.time.getDayOfYear()", "59"},
      {"request.time.getHours()", "12"},
      {"request.time.getHours(\"+08:00\")", "20"},
      {"request.time.getHours(\"-12:30\")", "23"},
      {"request.time.getDate(\"-12:30\")", "28"},
      {"request.time.getHours(\"UTC\")", "12"},
      {"request.time.getHours(\"Europe/Oslo\")", "error: not convertible"},
      {"timestamp(\"1969-12-31T23:59:58.5Z\").getSeconds()", "58"},
      {"timestamp(\"1969-12-31T23:59:58.5Z\").getMilliseconds()", "500"},
      {"timestamp(\"1969-12-31T23:59:58.5Z\").getMinutes()", "59"},
      {"request.age.getMinutes()", "1"},
      {"duration(\"3h15m\").getHours()", "3"},
      {"duration(\"90s\").getSeconds()", "90"},
      {"duration(\"1.25s\").getMilliseconds()", "250"},
      {"string(duration(\"1m\"))", "\"60s\""},
  };
  expect_all(cases);
}

// Not in CEL: addresses and networks.
TEST(Language, knows_addresses) {
  const Case cases[] = {
      {"ip(\"192.0.2.1\")", "192.0.2.1"},
      {"ip(\"::ffff:192.0.2.1\") == ip(\"192.0.2.1\")", "true"},
      {"ip(\"192.0.2.1\") in cidr(\"192.0.2.0/24\")", "true"},
      {"ip(\"192.0.3.1\") in cidr(\"192.0.2.0/24\")", "false"},
      {"ip(\"2001:db8::1\") in cidr(\"2001:db8::/32\")", "true"},
      {"ip(\"192.0.2.1\") in cidr(\"::/0\")", "false"},
      {"client.address in cidr(\"10.0.0.0/8\")", "true"},
      {"client.address in office", "true"},
      {"ip(\"192.0.2.1\") in office", "false"},
      {"client.address in [ip(\"10.1.2.3\")]", "true"},
      {"client.address in [ip(\"10.1.2.4\"), ip(\"10.1.2.5\"), ip(\"10.1.2.6\"), ip(\"::1\")]",
       "false"},
      {"client.address in [cidr(\"192.0.2.0/24\"), cidr(\"10.1.0.0/16\"), cidr(\"10.1.2.0/24\"), "
       "cidr(\"fd00::/8\")]",
       "true"},
      {"ip(\"10.2.0.0\") in [cidr(\"192.0.2.0/24\"), cidr(\"10.1.0.0/16\"), "
       "cidr(\"10.1.2.0/24\"), cidr(\"fd00::/8\")]",
       "false"},
      {"ip(\"10.2.0.0\") in [cidr(\"::/0\"), cidr(\"10.1.0.0/16\"), cidr(\"10.1.2.0/24\"), "
       "cidr(\"fd00::/8\")]",
       "false"},
      {"cidr(\"10.0.0.0/8\") in office", "true"},
      {"any in cidr(\"10.0.0.0/8\")", "error: no such overload"},
      {"ip(request.path)", "error: not convertible"},
      {"cidr(request.path)", "error: not convertible"},
      {"string(client.address) + \"!\"", "\"10.1.2.3!\""},
  };
  expect_all(cases);
}

// langdef "Name Resolution": the longest name that is declared is taken.
TEST(Language, resolves_the_longest_name) {
  const Case cases[] = {
      {"user.country", "\"NO\""}, {"user.country.surprise", "0.25"},
      {".user.name", "\"ann\""},  {"count + 1u", "4u"},
      {"rate * 2.0", "3.0"},
  };
  expect_all(cases);
}

}  // namespace
}  // namespace gatehouse
