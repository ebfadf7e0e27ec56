// expr/lexer: an expression's text cut into tokens.
//
// Errors   the first thing that is no token is told, and nothing after it is looked at.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "expr/ast.h"
#include "expr/faults.h"

namespace gatehouse {

enum class TokenKind : std::uint8_t {
  end,
  word,
  symbol,
  integer,
  unsigned_integer,  // with its u
  number,
  quoted,
};

struct Token {
  TokenKind kind = TokenKind::end;
  TextSpan at;
  std::string_view text;  // as written; of an unsigned integer without its u

  bool is(std::string_view symbol) const { return kind == TokenKind::symbol && text == symbol; }
  bool is_word(std::string_view word) const { return kind == TokenKind::word && text == word; }
};

// Ends with a token of kind end. Empty if there was a fault.
std::vector<Token> tokens_of(std::string_view text, Faults& faults);

}  // namespace gatehouse
