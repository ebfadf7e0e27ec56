// gateway/routing/path_pattern: the methods and paths a route asks for, read from `GET|POST
// /orders/{id}`.
//
//   match   := [methods " "] path        no methods, or "*": any method
//   methods := METHOD ("|" METHOD)*      GET answers HEAD as well
//   path    := ("/" segment)+            of which the last may be empty: "/", "/orders/"
//   segment := literal | "{name}" | "*" | "{name*}"      the last two only at the end
//
// A literal is brought into the form of the canonical path, with which it is compared byte by byte.
// "{name}" takes one segment that isn't empty; "*" takes the rest of the path, which may be empty:
// "/files/*" takes "/files/" and "/files/a/b", not "/files".
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "http/message.h"

namespace gatehouse {

struct PathSegment {
  enum class Kind : std::uint8_t { literal, param, rest };
  Kind kind = Kind::literal;
  std::string text;  // the literal in canonical form, or the name; "*" for a rest without a name

  bool operator==(const PathSegment&) const = default;
};

using MethodBits = std::uint16_t;
constexpr MethodBits bit_of(Method method) {
  return static_cast<MethodBits>(1U << static_cast<unsigned>(method));
}

struct PathPattern {
  static constexpr std::size_t kSegmentsMax = 32;
  static constexpr std::size_t kSegmentBytesMax = 255;

  bool any_method = false;
  MethodBits methods = 0;                 // those that Method knows
  std::vector<std::string> more_methods;  // and the others
  std::vector<PathSegment> segments;

  [[nodiscard]] static Result<PathPattern> parse(std::string_view match);
};

// What a captured part of host or path may hold.
enum class CaptureKind : std::uint8_t {
  host_label,  // one label
  segment,     // one segment of the canonical path, not empty
  rest,        // any number of segments, or nothing
};

struct CaptureName {
  std::string text;
  CaptureKind kind = CaptureKind::segment;

  auto operator<=>(const CaptureName&) const = default;
};

// Whether `name` can name a captured part: a letter or "_", then letters, digits, "_" and "-".
bool is_capture_name(std::string_view name);

// A piece of a path in canonical form: hexadecimal digits in upper case, unreserved characters
// decoded, everything that a path may not hold encoded. "/" stays.
[[nodiscard]] Result<std::string> canonical_literal(std::string_view text);

}  // namespace gatehouse
