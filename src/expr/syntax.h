// expr/syntax: an expression as it was written, before anybody knows what its names mean.
//
//   expression := binary ["?" binary ":" expression]
//   binary     := unary {operator unary}             || && (== != < <= > >= in) (+ -) (* / %)
//   unary      := {"!"} member | {"-"} member
//   member     := primary {"." word ["(" arguments ")"] | "[" expression "]"}
//   primary    := ["."] word ["(" arguments ")"] | "(" expression ")" | literal
//               | "[" [expression {"," expression} [","]] "]"
//               | "{" [expression ":" expression {"," expression ":" expression} [","]] "}"
//
// Full     kExpressionNodesMax and kExpressionDepthMax are faults.
// Errors   the first thing that can't stand where it stands ends the reading; a literal that is
//          wrong in itself doesn't.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "expr/ast.h"
#include "expr/constants.h"
#include "expr/faults.h"
#include "expr/lexer.h"

namespace gatehouse {

enum class SyntaxKind : std::uint8_t {
  literal,
  name,    // `a`, or `.a`
  field,   // child.name
  call,    // name(children)
  method,  // first child.name(other children)
  op,      // `op` of the children
  list,
  map,  // key, item, key, item …
};

using SyntaxId = std::uint32_t;

struct SyntaxNode {
  SyntaxKind kind = SyntaxKind::literal;
  Op op = Op::logical_or;
  bool is_rooted = false;   // a name with a dot before it: no variable of a macro
  std::uint16_t depth = 1;  // of the tree below it, itself included
  TextSpan at = {};
  TextSpan mark = {};
  std::string_view name = {};
  Value constant = {};
  std::vector<SyntaxId> children = {};
};

struct Syntax {
  std::vector<SyntaxNode> nodes;  // children before parents
  SyntaxId root = 0;
};

// The text that literals stand for goes into the pool. Nothing if a fault ended the reading.
std::optional<Syntax> syntax_of(const std::vector<Token>& tokens, ConstantPool& pool,
                                Faults& faults);

}  // namespace gatehouse
