// What is promised: one printed form of everything that was wrong, and no secret in it.
#include "base/diagnostics.h"

namespace gatehouse {
namespace {

Error unknown_key() {
  return {.code = "E0203",
          .what = "unknown key `rate_limt` in policy `fair-use`",
          .help = "did you mean `rate_limit`?",
          .at = {"gatehouse.yaml", 41, 7, 9},
          .label = "not a setting of this kind of policy"};
}

std::string forty_lines_and(std::string_view last) {
  return std::string(40, '\n') + std::string{last} + '\n';
}

TEST(Diagnostics, print_an_error_with_the_line_and_carets_under_it) {
  Diagnostics found;
  found.add_source("gatehouse.yaml", forty_lines_and("      rate_limt: 100/s"));
  found.add_source("more.yaml", "");
  found.error(unknown_key());
  EXPECT_EQ(found.text(), R"(error[E0203]: unknown key `rate_limt` in policy `fair-use`
  --> gatehouse.yaml:41:7
   |
41 |       rate_limt: 100/s
   |       ^^^^^^^^^ not a setting of this kind of policy
   = help: did you mean `rate_limit`?
1 error in 1 of 2 files; the running config is unchanged
)");
}

TEST(Diagnostics, tell_the_steps_before_the_help) {
  Diagnostics found;
  Error error{.code = "E1", .what = "w", .help = "h", .at = {"a", 1, 1, 1}};
  found.add_source("a", "x\n");
  found.error(std::move(error).while_doing("reading b").while_doing("reading c"));
  EXPECT_EQ(found.text("nothing was loaded"), R"(error[E1]: w
 --> a:1:1
  |
1 | x
  | ^
  = while reading b
  = while reading c
  = help: h
1 error in 1 of 1 file; nothing was loaded
)");
}

TEST(Diagnostics, say_nothing_when_nothing_was_found) { EXPECT_EQ(Diagnostics{}.text(), ""); }

TEST(Diagnostics, show_twenty_in_full_and_count_the_rest_errors_first) {
  Diagnostics found;
  found.warning({.code = "E9", .what = "a warning"});
  for (int i = 0; i < 20; ++i) found.error({.code = "E1", .what = "an error"});
  const std::string text = found.text();
  EXPECT_EQ(text.find("a warning"), std::string::npos);
  EXPECT_TRUE(
      text.ends_with("\n… and 1 more\n20 errors and 1 warning; the running config is unchanged\n"))
      << text;
}

TEST(Diagnostics, keep_no_more_than_their_limit_and_count_all) {
  Diagnostics found;
  for (std::size_t i = 0; i <= Diagnostics::kFindingsMax; ++i) {
    found.error({.code = "E1", .what = "w"});
  }
  EXPECT_EQ(found.all().size(), Diagnostics::kFindingsMax);
  EXPECT_EQ(found.errors(), Diagnostics::kFindingsMax + 1);
}

TEST(Diagnostics, set_carets_under_characters_not_bytes_and_keep_tabs) {
  Diagnostics found;
  found.add_source("a", "\tgröße: x\n");
  found.error({.code = "E1", .what = "w", .at = {"a", 1, 9, 1}});
  EXPECT_NE(found.text().find("1 | \tgröße: x\n  | \t       ^\n"), std::string::npos)
      << found.text();
}

TEST(Diagnostics, hide_what_is_secret_in_a_line) {
  Diagnostics found;
  found.add_source("a", "secret: hunter2 # new\n");
  found.hide({"a", 1, 9, 7});
  EXPECT_EQ(found.line("a", 1), "secret: ******* # new");
}

TEST(Diagnostics, redact_a_value_from_outside_in_every_part_of_a_message) {
  Diagnostics found;
  found.redact("hunter2");
  found.redact("hunter2and3");
  found.error({.code = "E1",
               .what = "hunter2 is short",
               .help = "use hunter2and3",
               .label = "hunter2",
               .during = {"hunter2"}});
  EXPECT_EQ(found.text().find("hunter"), std::string::npos) << found.text();
  EXPECT_EQ(found.all().front().error.help, "use (secret)");
}

TEST(Diagnostics, let_no_control_byte_reach_a_terminal) {
  Diagnostics found;
  found.add_source("a", "x\x1b[2Jy\r\n");
  found.error({.code = "E1", .what = "bad \x1b[2J", .at = {"a", 1, 1, 1}});
  EXPECT_EQ(found.text().find('\x1b'), std::string::npos);
  EXPECT_EQ(found.line("a", 1), "x?[2Jy");
}

TEST(Diagnostics, live_with_a_place_past_the_end) {
  Diagnostics found;
  found.add_source("a", "x");
  found.error({.code = "E1", .what = "w", .at = {"a", 9, 9, 9}});
  EXPECT_EQ(found.text_of(found.all().front()), "error[E1]: w\n --> a:9:9\n");
}

}  // namespace
}  // namespace gatehouse
