// expr/operations: what the operators and functions do to values.
//
// Place    the evaluator has its arguments evaluated and asks here; nothing here knows of programs.
// Errors   values of kind error, without an origin. Kinds that don't go together are
//          no_such_overload: after the checker, only where a type was dyn.
// Full     what is long takes steps of the Scratch, what is made takes its arena.
#pragma once

#include <cstdint>

#include "expr/program.h"
#include "expr/value.h"

namespace gatehouse {

enum class Order : std::uint8_t { less, equal, greater, unordered, mismatch };

constexpr bool is_numeric(Kind kind) {
  return kind == Kind::integer || kind == Kind::unsigned_integer || kind == Kind::number;
}

// Numbers of every kind are ordered as numbers. `mismatch` of kinds that have no order.
Order compare(const Value& one, const Value& other);

// A bool or an error. Values of different kinds are unequal, numbers are compared as numbers.
Value equals(const Value& one, const Value& other, Scratch& scratch);
// Whether an item of a list is what is looked for, or a network that holds it.
Value in(const Value& value, const Value& container, Scratch& scratch);

Value add(const Value& one, const Value& other, Scratch& scratch);
Value subtract(const Value& one, const Value& other);
Value multiply(const Value& one, const Value& other);
Value divide(const Value& one, const Value& other);
Value modulo(const Value& one, const Value& other);
Value negate(const Value& one);
Value index(const Value& container, const Value& key);

}  // namespace gatehouse
