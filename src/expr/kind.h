// expr/kind: the kinds that types and values of expressions have.
//
// Place   a Type is a kind and, for lists and maps, what is in them; a Value carries its kind.
#pragma once

#include <cstdint>
#include <string_view>

namespace gatehouse {

enum class Kind : std::uint8_t {
  dyn,     // of types alone: known only when the expression is evaluated
  absent,  // of values alone: there is no such value this time; has() is false of it
  error,   // a value that could not be computed; of types: a fault was already told
  null,
  boolean,
  integer,           // 64 bits, signed
  unsigned_integer,  // 64 bits
  number,            // a double
  text,              // UTF-8, as far as its source is honest
  bytes,
  duration,   // nanoseconds in 64 bits: 292 years either way
  timestamp,  // from year 1 to 9999, to the nanosecond
  address,
  prefix,
  list,
  map,
};

// The word for it in the language: "int", "string", "ip".
std::string_view to_text(Kind kind);

}  // namespace gatehouse
