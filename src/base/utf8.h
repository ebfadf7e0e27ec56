// base/utf8: text as characters, and what of it is none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse {

// Bytes of the character that begins the text; 0 if none does: overlong forms, surrogates and what
// lies over U+10FFFF are none. The text isn't empty.
std::size_t character_bytes(std::string_view text);

// Bytes that begin a character. Of what is no UTF-8, a number no greater than that of its bytes.
std::size_t count_characters(std::string_view text);

// The place of the first byte that is not part of a character; text.size() if all is well.
std::size_t first_not_utf8(std::string_view text);

constexpr bool is_surrogate(std::uint32_t code_point) {
  return code_point >= 0xD800 && code_point <= 0xDFFF;
}
constexpr bool is_code_point(std::uint32_t code_point) {
  return code_point <= 0x10FFFF && !is_surrogate(code_point);
}

void append_utf8(std::uint32_t code_point, std::string& to);

bool is_ascii(std::string_view text);
// What is no UTF-8 becomes U+FFFD, byte by byte.
std::string valid_utf8(std::string_view text);

}  // namespace gatehouse
