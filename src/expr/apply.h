// expr/apply: what does the work of an operator or a function, by its Op.
//
// Place   the plan holds them, the evaluator calls them with values that are no errors; ||, &&, ?:,
//         matches and macros are its own.
#pragma once

#include "expr/ast.h"
#include "expr/program.h"
#include "expr/value.h"

namespace gatehouse {

using Unary = Value (*)(const Value& one, Scratch& scratch);
using Binary = Value (*)(const Value& one, const Value& other, Scratch& scratch);

// What always gives an error where there is no function of so many.
Unary unary_of(Op op);
Binary binary_of(Op op);

}  // namespace gatehouse
