#include "config/gate_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "config/faults.h"

namespace gatehouse {
namespace {

constexpr std::string_view kSecretNames[] = {"secret", "password", "passphrase", "token", "key"};

// Which settings of a policy are secrets is the policy's to say, and it is asked later than the
// first messages are made: until then names decide.
void hide_secrets(const Node& node, bool named, Diagnostics& diagnostics) {
  if (node.is_scalar() && named && !node.secret) detail::hide_value(node, diagnostics);
  for (const Node& item : node.items) hide_secrets(item, named, diagnostics);
  for (const NodeEntry& entry : node.entries) {
    const bool is_secret = std::any_of(
        std::begin(kSecretNames), std::end(kSecretNames),
        [&](std::string_view name) { return entry.name.find(name) != std::string::npos; });
    hide_secrets(entry.value, is_secret, diagnostics);
  }
}

}  // namespace

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
  hide_secrets(node, false, diagnostics);
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
