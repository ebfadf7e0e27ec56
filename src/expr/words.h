// expr/words: what may stand for a name in an expression.
#pragma once

#include <string_view>

namespace gatehouse {

constexpr bool begins_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool continues_word(char c) { return begins_word(c) || is_digit(c); }

constexpr bool is_word(std::string_view text) {
  if (text.empty() || !begins_word(text.front())) return false;
  for (const char c : text) {
    if (!continues_word(c)) return false;
  }
  return true;
}

// Words of the syntax itself: no field may be called so.
constexpr bool is_keyword(std::string_view word) {
  return word == "true" || word == "false" || word == "null" || word == "in";
}

// These and the keywords can't begin a name; after a dot they may stand.
constexpr bool is_reserved(std::string_view word) {
  constexpr std::string_view kWords[] = {
      "as",  "break", "const",   "continue",  "else",   "for", "function", "if",   "import",
      "let", "loop",  "package", "namespace", "return", "var", "void",     "while"};
  for (const std::string_view one : kWords) {
    if (one == word) return true;
  }
  return is_keyword(word);
}

}  // namespace gatehouse
