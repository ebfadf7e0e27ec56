// expr/plan: a checked expression laid out for evaluation, and its evaluation.
//
// Place   the Program holds one of the whole; while folding, small ones are made of the parts that
//         need no slot.
// Holds   steps in one vector, the children of each side by side. Views into the Ast's text and
//         constants, and patterns that somebody else owns.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "expr/apply.h"
#include "expr/ast.h"
#include "expr/pattern.h"
#include "expr/program.h"

namespace gatehouse {

using Patterns = std::map<NodeId, std::unique_ptr<const Pattern>>;

struct Step {
  enum class Kind : std::uint8_t {
    constant,
    slot,
    variable,
    field,
    present_slot,
    present_field,
    any,  // ||
    all,  // &&
    conditional,
    equal_text,  // the child == constant, or != by `negated`
    matches,
    one,  // `unary` of the child
    two,  // `binary` of two
    list,
    map,
    macro,
  };

  Kind kind = Kind::constant;
  Macro macro = Macro::all;
  std::uint8_t variable = 0;
  Slot slot = 0;
  bool negated = false;
  NodeId node = 0;          // where an error is said to come from
  std::uint32_t first = 0;  // its children among the steps
  std::uint32_t count = 0;
  std::uint32_t cost = 1;  // of an evaluation of all below it, in steps of the Scratch
  Value constant;          // of a field its name
  union {
    const Pattern* pattern = nullptr;
    Unary unary;
    Binary binary;
  };
};

using Plan = std::vector<Step>;  // the first is the root

Plan plan_of(const Ast& ast, NodeId root, const Patterns& patterns);

Value evaluate(const Plan& plan, Environment& environment, Scratch& scratch);

}  // namespace gatehouse
