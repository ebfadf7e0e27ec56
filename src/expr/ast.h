// expr/ast: a checked expression as a tree, for whoever says it in another language.
//
// Place    Program::ast() gives it; the store makes SQL from it. Names are resolved, every node has
//          its type, and what needs no slot is already a constant: `duration("5m")`, `[1, 2]`.
// Holds    nodes in one vector; children come before their parents, the root is named. The values
//          of constants live as long as the Program.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "expr/schema.h"
#include "expr/type.h"
#include "expr/value.h"

namespace gatehouse {

using NodeId = std::uint32_t;

enum class AstNodeKind : std::uint8_t {
  constant,  // `constant`
  slot,      // `slot`
  variable,  // `variable`: of the macro that is this deep, from 0
  field,     // `name` of the one child, a map: m.name
  present,   // has(): of `slot` if there is no child, else of `name` in the child
  call,      // `op` of the children; a method's receiver is the first
  list,      // of the children
  map,       // of the children: key, value, key, value …
  macro,     // `macro` with `variable` bound to each item of the first child (a map's keys)
};

enum class Op : std::uint8_t {
  logical_or,   // of two or more
  logical_and,  // of two or more
  logical_not,
  conditional,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  in,  // an item in a list, a key in a map, an address in a network or in a list of them
  index,
  add,
  subtract,
  multiply,
  divide,
  modulo,
  negate,
  size,
  contains,
  starts_with,
  ends_with,
  matches,
  lower_ascii,
  to_integer,
  to_unsigned,
  to_number,
  to_text,
  to_bytes,
  to_boolean,
  to_dyn,
  to_duration,
  to_timestamp,
  to_address,
  to_prefix,
  full_year,
  month,
  date,
  day_of_month,
  day_of_week,
  day_of_year,
  hours,
  minutes,
  seconds,
  milliseconds,
};

enum class Macro : std::uint8_t { all, exists, exists_one, filter, map };

// Where in the text, in bytes.
struct TextSpan {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
};

struct AstNode {
  AstNodeKind kind = AstNodeKind::constant;
  Op op = Op::logical_or;
  Macro macro = Macro::all;
  std::uint8_t variable = 0;
  Slot slot = 0;
  TextSpan at = {};            // the whole of it
  TextSpan mark = {};          // what an error points to: the operator, the name
  std::string_view name = {};  // of a field; of a macro its variable
  Value constant = {};
  Type type = {};
  // Of a macro: what it goes over, then one body; of `map` with a condition: condition, body.
  std::vector<NodeId> children = {};
};

struct Ast {
  std::vector<AstNode> nodes;
  NodeId root = 0;

  const AstNode& operator[](NodeId id) const { return nodes[id]; }
};

// The slots that it may read or ask has() of, each once, in order.
std::vector<Slot> slots_of(const Ast& ast);

}  // namespace gatehouse
