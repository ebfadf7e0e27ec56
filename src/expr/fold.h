// expr/fold: what an expression can be told of before it is ever evaluated.
//
// Place    between the checker and the plan.
// Full     kFoldStepsMax in all; the parts that would cost more are left as they are, as are those
//          whose value is an error.
#pragma once

#include "expr/ast.h"
#include "expr/constants.h"
#include "expr/faults.h"
#include "expr/plan.h"

namespace gatehouse {

inline constexpr std::uint32_t kFoldStepsMax = 100'000;
inline constexpr std::size_t kFoldBytesMax = 65'536;  // of memory for one constant

// Compiles the patterns of matches() and reads text that must be an address, a time and so on. What
// can't be read is a fault: it would fail whatever the slots hold.
Patterns read_constants(Ast& ast, ConstantPool& pool, Faults& faults);

// Puts constants in the place of what needs no slot.
void fold(Ast& ast, const Patterns& patterns, ConstantPool& pool);

}  // namespace gatehouse
