// What is promised: each value has exactly one text, and no other text is read.
#include "base/base64url.h"

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

// RFC 4648 §10, without the padding.
TEST(Base64url, agrees_with_the_published_vectors) {
  const std::pair<std::string_view, std::string_view> vectors[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff", "-_8"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(to_base64url(bytes), text);
    EXPECT_EQ(from_base64url(text), bytes);
  }
}

TEST(Base64url, refuses_every_other_text) {
  for (const std::string_view text : {"Zg==", "Zg=", "Z", "Zm9vY", "Zm9v\n", " Zm9v", "Zm 9v",
                                      "Zm+v", "Zm/v", "Zh", "Zm9", "Zg.", "Zm9v\xc3\xa9"}) {
    EXPECT_EQ(from_base64url(text), std::nullopt) << text;
  }
}

TEST(Base64url, reads_what_it_wrote_for_every_byte_and_length) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    bytes += static_cast<char>(i * 7);
    EXPECT_EQ(from_base64url(to_base64url(bytes)), bytes);
  }
}

}  // namespace
}  // namespace gatehouse
