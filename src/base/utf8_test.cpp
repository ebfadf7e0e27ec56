// What is promised: a character is what Unicode says is one; whatever else comes is told, counted
// no higher than its bytes, and mended byte by byte.
#include "base/utf8.h"

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

TEST(Utf8, knows_where_a_character_ends) {
  EXPECT_EQ(character_bytes("a"), 1U);
  EXPECT_EQ(character_bytes("\xc3\xa4x"), 2U);
  EXPECT_EQ(character_bytes("\xed\x9f\xbf"), 3U);      // U+D7FF, the last before the surrogates
  EXPECT_EQ(character_bytes("\xf4\x8f\xbf\xbf"), 4U);  // U+10FFFF
  for (const char* const none :
       {"\x80", "\xc0\xaf", "\xc3", "\xc3x", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
    EXPECT_EQ(character_bytes(none), 0U) << testing::PrintToString(none);
  }
}

TEST(Utf8, comes_back_from_every_code_point) {
  for (std::uint32_t code_point = 0; code_point <= 0x10FFFF; ++code_point) {
    if (is_surrogate(code_point)) continue;
    std::string text;
    append_utf8(code_point, text);
    ASSERT_EQ(character_bytes(text), text.size()) << code_point;
    ASSERT_EQ(count_characters(text), 1U) << code_point;
  }
}

TEST(Utf8, tells_the_first_byte_that_is_none) {
  EXPECT_EQ(first_not_utf8("all is well \xe2\x82\xac"), 15U);
  EXPECT_EQ(first_not_utf8("ab\xff"), 2U);
  EXPECT_EQ(first_not_utf8(""), 0U);
}

TEST(Utf8, is_mended_byte_by_byte) {
  EXPECT_TRUE(is_ascii("plain text of some length"));
  EXPECT_FALSE(is_ascii("seven b\x80"));
  EXPECT_FALSE(is_ascii("eight by\xc3\xa4"));
  EXPECT_EQ(valid_utf8("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
            "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
  const std::string mark = "\xef\xbf\xbd";
  EXPECT_EQ(valid_utf8("a\xff"), "a" + mark);
  EXPECT_EQ(valid_utf8("\xc3"), mark);                        // cut
  EXPECT_EQ(valid_utf8("\xc0\xaf"), mark + mark);             // overlong
  EXPECT_EQ(valid_utf8("\xe0\x80\x80"), mark + mark + mark);  // overlong
  EXPECT_EQ(valid_utf8("\xed\xa0\x80"), mark + mark + mark);  // surrogate
  EXPECT_EQ(valid_utf8("\xf4\x90\x80\x80"), mark + mark + mark + mark);
}

}  // namespace
}  // namespace gatehouse
