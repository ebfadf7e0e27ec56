// expr/check_types: which type an operator or function gives for arguments of some types.
#pragma once

#include <span>

#include "expr/ast.h"
#include "expr/faults.h"
#include "expr/type.h"

namespace gatehouse {

struct TypeVerdict {
  Type type;
  const char* code = "";
  Fault fault = {};  // `what` is empty if there is none
};

TypeVerdict type_of_operation(Op op, std::span<const Type> arguments);

// The one type, or dyn where they differ: of a list's items, of both ends of ?:.
Type common_type(const Type& one, const Type& other);

}  // namespace gatehouse
