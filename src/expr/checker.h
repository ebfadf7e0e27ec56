// expr/checker: an expression's names looked up and its types compared.
//
// Errors   all that are wrong are told: what a fault gives no type to goes with everything, so one
//          fault isn't told twice.
#pragma once

#include "expr/ast.h"
#include "expr/faults.h"
#include "expr/schema.h"
#include "expr/syntax.h"

namespace gatehouse {

// Only of use if `faults` has none afterwards.
Ast check(const Syntax& syntax, const Schema& schema, Faults& faults);

}  // namespace gatehouse
