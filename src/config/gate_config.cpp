#include "config/gate_config.h"

#include <fmt/format.h>

#include <utility>

namespace gatehouse {

PolicyConfig PolicyConfig::read(const Node& node, const std::string& where,
                                Diagnostics& diagnostics) {
  PolicyConfig policy;
  policy.at = policy.kind_at = node.at;
  if (!node.is_map()) {
    diagnostics.error(
        {.code = "E0301",
         .what = fmt::format("{} is {}, not a map of settings", where, node.display()),
         .help = "write `{ kind: …, … }`",
         .at = node.at.position()});
    return policy;
  }
  policy.settings = node;
  const NodeEntry* const kind = node.find("kind");
  if (kind == nullptr || !kind->value.is_scalar()) {
    diagnostics.error({.code = "E0201",
                       .what = fmt::format("{} has no `kind`", where),
                       .help = "add `kind`: what the policy does, such as `rate_limit`",
                       .at = kind == nullptr ? node.at.position() : kind->at.position()});
    return policy;
  }
  policy.kind = kind->value.text;
  policy.kind_at = kind->value.at;
  std::erase_if(policy.settings.entries,
                [](const NodeEntry& entry) { return entry.name == "kind"; });
  return policy;
}

}  // namespace gatehouse
