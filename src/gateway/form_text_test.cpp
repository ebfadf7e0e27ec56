// What is promised: what a form escaped is read, once; what is no escape stays as it was written.
#include "gateway/form_text.h"

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

TEST(FormText, reads_escapes_once_and_plus_as_a_blank) {
  Arena arena;
  EXPECT_EQ(decode_form("%61nn+%2B%2525", arena), "ann +%25");
  EXPECT_EQ(decode_form("", arena), "");
}

TEST(FormText, leaves_what_is_no_escape) {
  Arena arena;
  for (const char* const text : {"%", "%4", "100%", "%zz", "%-1"}) {
    EXPECT_EQ(decode_form(text, arena), text);
  }
}

TEST(FormText, takes_no_memory_where_nothing_changes) {
  Arena arena;
  const std::string_view plain = "plain";
  EXPECT_EQ(decode_form(plain, arena).data(), plain.data());
  EXPECT_EQ(arena.bytes_taken(), 0U);
}

TEST(FormText, has_no_data_when_the_arena_is_full) {
  Arena arena;
  while (arena.take(1024) != nullptr) {
  }
  EXPECT_EQ(decode_form(std::string(2048, '+'), arena).data(), nullptr);
}

}  // namespace
}  // namespace gatehouse
