// config/yaml: the text of one YAML file as a Node.
//
// Reads    YAML 1.2, one document, a map or a list at its root; no tags, no keys that aren't
//          scalars.
// Full     a file, a depth or a number of nodes (aliases counted as often as they are used) past
//          its limit is an error at the place where it was passed.
// Errors   E01xx into the diagnostics; the text itself is added there as a source.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/diagnostics.h"
#include "config/node.h"

namespace gatehouse {

struct YamlLimits {
  static constexpr std::size_t kBytesMax = 1 << 20;
  static constexpr std::size_t kDepthMax = 32;
  static constexpr std::size_t kNodesMax = 200'000;
  static constexpr std::size_t kAliasesMax = 1'000;
};

// The tree, or nothing when the file has a fault that leaves no tree.
std::optional<Node> parse_yaml(std::string_view text, const std::string& file,
                               Diagnostics& diagnostics);

}  // namespace gatehouse
