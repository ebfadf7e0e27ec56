// Promised: the body is valid JSON whatever is put into it, made from the table, and left out when
// the arena is full.
#include "gateway/problem.h"

namespace gatehouse {
namespace {

TEST(Problem, shows_the_row_the_request_and_what_was_wrong) {
  Arena arena;
  EXPECT_EQ(problem_json({.error = GateError::upstream_closed,
                          .request_id = "01J9",
                          .detail = "closed after 12 bytes",
                          .instance = "/orders/7"},
                         arena),
            "{\"type\":\"urn:gatehouse:error:upstream-closed\","
            "\"title\":\"Backend closed the connection\",\"status\":502,"
            "\"detail\":\"closed after 12 bytes\",\"instance\":\"/orders/7\","
            "\"code\":\"upstream-closed\",\"request_id\":\"01J9\",\"retry\":\"if_idempotent\"}\n");
}

TEST(Problem, leaves_out_what_is_not_known) {
  Arena arena;
  EXPECT_EQ(problem_json({.error = GateError::route_not_found, .request_id = "a"}, arena),
            "{\"type\":\"urn:gatehouse:error:route-not-found\",\"title\":\"No such route\","
            "\"status\":404,\"code\":\"route-not-found\",\"request_id\":\"a\",\"retry\":\"no\"}\n");
}

TEST(Problem, escapes_quotes_controls_and_broken_utf8_but_keeps_sound_utf8) {
  Arena arena;
  using namespace std::string_view_literals;
  const std::string_view body = problem_json(
      {.request_id = "r", .detail = "a\"\\\n\0b\x7f\xff\xc0\xaf é € 😀 \xed\xa0\x80"sv}, arena);
  EXPECT_NE(body.find("\"a\\\"\\\\\\u000a\\u0000b\\u007f\\ufffd\\ufffd\\ufffd é € 😀 "
                      "\\ufffd\\ufffd\\ufffd\""),
            std::string_view::npos)
      << body;
}

TEST(Problem, is_empty_when_the_arena_is_full) {
  Arena arena;
  while (arena.take(2048) != nullptr) {
  }
  while (arena.take(16) != nullptr) {
  }
  EXPECT_TRUE(problem_json({.request_id = "r"}, arena).empty());
}

}  // namespace
}  // namespace gatehouse
