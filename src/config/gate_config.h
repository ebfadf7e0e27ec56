// config/gate_config: the whole configuration as one value.
//
// Place    config/load makes it; app builds every part of the gate from it, and the admin API shows
//          it. It never changes once it is made: a reload makes another.
// Names    every key is the member of the same name; the options beside the members are the
//          reference.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/diagnostics.h"
#include "config/api_config.h"
#include "config/limits_config.h"
#include "config/listener_config.h"
#include "config/node.h"
#include "config/option.h"
#include "config/store_config.h"
#include "config/upstream_config.h"

namespace gatehouse {

// What kind of policy it is and the rest of its map, for the gateway's table of policies to read
// with read_options.
struct PolicyConfig {
  static constexpr std::string_view kNoun = "policy";
  std::string kind;
  Node settings;  // the map without `kind`
  Origin at;      // of the policy's name
  Origin kind_at;

  static PolicyConfig read(const Node& node, const std::string& where, Diagnostics& diagnostics);
  bool operator==(const PolicyConfig&) const = default;
};

struct GateConfig {
  static constexpr std::uint32_t kVersion = 1;

  std::uint32_t gatehouse = kVersion;
  std::vector<ListenerConfig> listeners;
  AdminConfig admin;
  std::uint32_t workers = 0;
  ResolverConfig resolver;
  LimitsConfig limits;
  std::map<std::string, UpstreamConfig> upstreams;
  std::map<std::string, PolicyConfig> policies;
  std::vector<ApiConfig> apis;
  StoreConfig store;
  JournalConfig journal;
  std::optional<AccessLogConfig> access_log;
  BehaviorConfig behavior;

  std::string revision;  // 12 hex digits of the SHA-256 of the files' bytes
  std::vector<std::string> files;

  static constexpr auto options() {
    using C = GateConfig;
    return std::tuple{
        option("gatehouse", &C::gatehouse, "Version of this form of the file; it is 1.")
            .between(1U, kVersion)
            .required(),
        option("listeners", &C::listeners, "Addresses that the gate listens on.").required(),
        option("admin", &C::admin, "The operators' own door."),
        option("workers", &C::workers, "Threads that carry requests; 0 is one for each core.")
            .between(0U, 1'024U),
        option("resolver", &C::resolver, "How names of targets become addresses."),
        option("limits", &C::limits, "How much a caller may send, and how slowly."),
        option("upstreams", &C::upstreams, "Named pools of targets."),
        option("policies", &C::policies, "Named steps that routes refer to."),
        option("apis", &C::apis, "What is published."),
        option("store", &C::store, "Where the gate keeps what it writes."),
        option("journal", &C::journal, "How long and how safely events are kept."),
        option("access_log", &C::access_log,
               "A file with a line for each request; off without it."),
        option("behavior", &C::behavior, "What behaviour may do about a caller."),
    };
  }
};

}  // namespace gatehouse
