// http/characters: which bytes may stand where in an HTTP/1 head, as tables looked up by byte.
//
// The classes are those of RFC 9110 §5.5 and §5.6.2 and RFC 3986 §2; where we are stricter than
// they are, the class says so. Everything is constexpr and holds nothing.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace gatehouse {

enum CharacterClass : std::uint8_t {
  kToken = 1,     // tchar
  kValue = 2,     // in a field's value: HTAB, SP, VCHAR, obs-text
  kTarget = 4,    // in a request target: VCHAR without " # < > and backslash
  kPath = 8,      // pchar without "%", and "/"
  kHostName = 16  // letters, digits, "-", ".", "_": of a reg-name we take only what names use
};

inline constexpr std::array<std::uint8_t, 256> kCharacters = [] {
  std::array<std::uint8_t, 256> table{};
  const auto add = [&table](std::string_view which, int classes) {
    for (const char c : which) {
      auto& entry = table[static_cast<std::uint8_t>(c)];
      entry = static_cast<std::uint8_t>(entry | classes);
    }
  };
  constexpr std::string_view kAlphanumeric =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  add(kAlphanumeric, kToken | kPath | kHostName);
  add("!#$%&'*+-.^_`|~", kToken);
  add("-._~!$&'()*+,;=:@/", kPath);
  add("-._", kHostName);
  for (unsigned c = 0x21; c < 0x7f; ++c) {
    const char text = static_cast<char>(c);
    add({&text, 1}, kTarget | kValue);
  }
  for (const char c : std::string_view("\"#<>\\")) {
    auto& entry = table[static_cast<std::uint8_t>(c)];
    entry = static_cast<std::uint8_t>(entry & ~kTarget);
  }
  add("\t ", kValue);
  for (unsigned c = 0x80; c < 0x100; ++c) table[c] = kValue;
  return table;
}();

constexpr bool is_in(char c, CharacterClass which) {
  return (kCharacters[static_cast<std::uint8_t>(c)] & which) != 0;
}

constexpr bool all_in(std::string_view text, CharacterClass which) {
  for (const char c : text) {
    if (!is_in(c, which)) return false;
  }
  return true;
}

constexpr bool is_token(std::string_view text) { return !text.empty() && all_in(text, kToken); }

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }

constexpr char to_lower(char c) {
  return static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

// The value of a hex digit, or -1.
constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Without the blanks (OWS) at both ends.
constexpr std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// The first byte at or after `at` that may not stand in a field's value, or `end`. Eight bytes a
// step: values make up most of a head.
inline const char* end_of_value(const char* at, const char* end) {
  static_assert(std::endian::native == std::endian::little, "the first byte is the lowest");
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  while (end - at >= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    const std::uint64_t deletes = word ^ (kOnes * 0x7f);
    // The top bit of each byte below 0x20 or equal to 0x7f. A borrow may mark bytes above such a
    // one, so that only the lowest mark is sure.
    const std::uint64_t marks =
        (((word - kOnes * 0x20) & ~word) | ((deletes - kOnes) & ~deletes)) & (kOnes * 0x80);
    if (marks == 0) {
      at += 8;
      continue;
    }
    at += std::countr_zero(marks) / 8;
    if (*at != '\t') return at;
    ++at;
  }
  while (at != end && is_in(*at, kValue)) ++at;
  return at;
}

}  // namespace gatehouse
