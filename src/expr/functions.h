// expr/functions: the operators and functions of the language, with what they take and give.
//
// Place   the checker looks a call up here; messages and docs/expressions.md name what is here.
//         What a function does is operations' and evaluator's to know.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "expr/ast.h"

namespace gatehouse {

struct Signature {
  Op op;
  Kind result;
  std::uint8_t count;
  Kind takes[2];
};

// Empty for those that the checker knows by themselves: ==, in, indexing, ?:, dyn().
std::span<const Signature> signatures_of(Op op);

struct Function {
  std::string_view name;
  Op op;
  bool is_plain;   // name(x)
  bool is_method;  // x.name()
};

std::span<const Function> all_functions();
const Function* find_function(std::string_view name);

// "+", "size": the operator's sign or the function's name.
std::string_view sign_of(Op op);
// "int + int, uint + uint or string + string"; empty where there are no signatures.
std::string usage_of(Op op);

}  // namespace gatehouse
