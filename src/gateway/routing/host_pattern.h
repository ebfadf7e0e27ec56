// gateway/routing/host_pattern: which hosts a route is for.
//
//   pattern := "*" | ["*."] label ("." label)*      label := literal | "{name}"
//
// "*" alone is any host; "*." in front takes one label or more; "{name}" takes exactly one and
// keeps it. Literals are lower case ASCII (punycode); a pattern has no port.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace gatehouse {

struct HostLabel {
  enum class Kind : std::uint8_t { literal, capture, wildcard };
  Kind kind = Kind::literal;
  std::string text;  // the literal or the name; empty for the wildcard

  bool operator==(const HostLabel&) const = default;
};

struct HostPattern {
  static constexpr std::size_t kLabelsMax = 32;

  std::vector<HostLabel> labels;  // left to right; empty: any host

  bool any() const { return labels.empty(); }

  [[nodiscard]] static Result<HostPattern> parse(std::string_view text);
};

}  // namespace gatehouse
