#include "expr/lexer.h"

#include <algorithm>
#include <string>

#include "base/utf8.h"
#include "expr/literal.h"
#include "expr/words.h"

namespace gatehouse {
namespace {

bool is_hexadecimal(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

class Lexer {
 public:
  Lexer(std::string_view text, Faults& faults) : text_(text), faults_(faults) {}

  std::vector<Token> run() {
    while (skip_blanks(), at_ < text_.size()) {
      if (!take()) return {};
    }
    add(TokenKind::end, 0);
    return std::move(tokens_);
  }

 private:
  std::string_view rest() const { return text_.substr(at_); }
  char peek(std::size_t ahead) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  void skip_blanks() {
    while (at_ < text_.size()) {
      if (std::string_view("\t\n\f\r ").find(text_[at_]) != std::string_view::npos) {
        ++at_;
      } else if (rest().starts_with("//")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else {
        return;
      }
    }
  }

  void add(TokenKind kind, std::size_t bytes) {
    tokens_.push_back({kind,
                       {static_cast<std::uint32_t>(at_), static_cast<std::uint32_t>(bytes)},
                       text_.substr(at_, bytes)});
    at_ += bytes;
  }

  bool take() {
    const char first = peek(0);
    if (is_digit(first) || (first == '.' && is_digit(peek(1)))) return number();
    if (begins_quoted()) return quoted();
    if (begins_word(first)) {
      std::size_t bytes = 1;
      while (continues_word(peek(bytes))) ++bytes;
      add(TokenKind::word, bytes);
      return true;
    }
    return symbol();
  }

  bool begins_quoted() const {
    std::size_t at = 0;
    const auto is_letter = [](char c, char lower) { return (c | 0x20) == lower; };
    if (is_letter(peek(0), 'b')) {
      at = is_letter(peek(1), 'r') ? 2 : 1;
    } else if (is_letter(peek(0), 'r')) {
      at = 1;
    }
    return peek(at) == '"' || peek(at) == '\'';
  }

  bool quoted() {
    const std::size_t bytes = quoted_bytes(rest());
    if (bytes != 0) {
      add(TokenKind::quoted, bytes);
      return true;
    }
    return wrong(1, {"the text that begins here isn't closed",
                     "end it with the quote it began with, on the same line; text in \"\"\" may "
                     "hold line ends"});
  }

  bool number() {
    std::size_t bytes = 0;
    TokenKind kind = TokenKind::integer;
    if (peek(0) == '0' && (peek(1) | 0x20) == 'x' && is_hexadecimal(peek(2))) {
      bytes = 2;
      while (is_hexadecimal(peek(bytes))) ++bytes;
    } else {
      while (is_digit(peek(bytes))) ++bytes;
      if (peek(bytes) == '.' && is_digit(peek(bytes + 1))) {
        kind = TokenKind::number;
        while (is_digit(peek(++bytes))) continue;
      }
      bytes = after_exponent(bytes, kind);
    }
    if (kind == TokenKind::integer && (peek(bytes) | 0x20) == 'u') {
      add(TokenKind::unsigned_integer, bytes + 1);
      tokens_.back().text.remove_suffix(1);
    } else {
      add(kind, bytes);
    }
    if (!continues_word(peek(0))) return true;
    return wrong(1, {"a number is followed at once by `" + std::string(1, peek(0)) + "`",
                     "put a blank between them, or remove the letter"});
  }

  std::size_t after_exponent(std::size_t bytes, TokenKind& kind) const {
    if ((peek(bytes) | 0x20) != 'e') return bytes;
    const bool has_sign = peek(bytes + 1) == '+' || peek(bytes + 1) == '-';
    std::size_t end = bytes + (has_sign ? 2 : 1);
    if (!is_digit(peek(end))) return bytes;
    while (is_digit(peek(end))) ++end;
    kind = TokenKind::number;
    return end;
  }

  bool symbol() {
    constexpr std::string_view kTwo[] = {"||", "&&", "==", "!=", "<=", ">="};
    for (const std::string_view one : kTwo) {
      if (!rest().starts_with(one)) continue;
      add(TokenKind::symbol, 2);
      return true;
    }
    constexpr std::string_view kOne = "<>!+-*/%?:.,()[]{}";
    if (kOne.find(peek(0)) != std::string_view::npos) {
      add(TokenKind::symbol, 1);
      return true;
    }
    switch (peek(0)) {
      case '=':
        return wrong(1, {"`=` is no operator", "write `==` to compare"});
      case '&':
        return wrong(1, {"`&` is no operator", "write `&&` for \"and\""});
      case '|':
        return wrong(1, {"`|` is no operator", "write `||` for \"or\""});
      default:
        return strange();
    }
  }

  bool strange() {
    std::size_t bytes = 1;
    while ((static_cast<unsigned char>(peek(bytes)) & 0xC0) == 0x80) ++bytes;
    const std::string_view character = text_.substr(at_, bytes);
    const bool is_printed = static_cast<unsigned char>(character[0]) > 0x20 && character[0] != 0x7F;
    const bool is_quote = character == "“" || character == "”" || character == "‘" ||
                          character == "’" || character == "`";
    return wrong(bytes, {is_printed ? "`" + std::string(character) + "` can't stand here"
                                    : "a control character can't stand here",
                         is_quote ? "write `\"` or `'` around text" : "remove it"});
  }

  bool wrong(std::size_t bytes, Fault fault) {
    faults_.tell("E0430", {static_cast<std::uint32_t>(at_), static_cast<std::uint32_t>(bytes)},
                 std::move(fault));
    return false;
  }

  std::string_view text_;
  Faults& faults_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokens_of(std::string_view text, Faults& faults) {
  return Lexer(text, faults).run();
}

}  // namespace gatehouse
