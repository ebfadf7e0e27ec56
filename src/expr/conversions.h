// expr/conversions: values of one kind made from another: int("5"), string(1.5), ip("192.0.2.1").
//
// Errors   not_convertible where the text is none, overflow where the number has no room.
// Full     what is made takes the Scratch's arena.
#pragma once

#include "expr/program.h"
#include "expr/value.h"

namespace gatehouse {

Value to_integer(const Value& from);
Value to_unsigned(const Value& from);
Value to_number(const Value& from);
Value to_boolean(const Value& from);
Value to_text(const Value& from, Scratch& scratch);
Value to_bytes(const Value& from);
Value to_address(const Value& from, Scratch& scratch);
Value to_prefix(const Value& from, Scratch& scratch);

}  // namespace gatehouse
