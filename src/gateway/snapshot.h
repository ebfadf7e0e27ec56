// gateway/snapshot: a checked config, compiled into what the request path looks things up in.
//
// Immutable; built off the workers, shared by all of them, swapped by message. State (pools,
// limiters, health) does not live here: it is found by name and declaration and outlives the
// snapshot.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "config/gate_config.h"
#include "gateway/backend.h"
#include "gateway/identity/sign_in.h"
#include "gateway/policies.h"
#include "gateway/policies/risk.h"
#include "gateway/routing/router.h"
#include "gateway/trusted_proxies.h"
#include "gateway/upstream.h"
#include "http/session.h"
#include "net/tls.h"

namespace gatehouse {

struct CompiledRoute {
  std::string name;
  std::string api;
  std::string pattern;
  bool encoded_slash = false;
  std::uint64_t body_bytes_max = 0;       // 0: no bound
  std::chrono::milliseconds time_max{0};  // of the whole request; 0: no bound
  std::vector<std::string> policies;      // by phase, then in the config's order
  std::size_t identifying = 0;            // how many of them stand before `guard`
  RiskRules risk;
  std::unique_ptr<const SignIn> sign_in;  // null: nobody signs in here
  std::unique_ptr<const Backend> backend;
};

struct ListenerRules {
  std::string address;  // as configured
  SocketAddress bind;
  bool http2 = true;
  bool trusts_any = false;
  TrustedProxies trusted;
  std::shared_ptr<const TlsServer> tls;  // null: plain
};

// A policy as declared, which tells whether it is still the same after a reload, and as planned.
struct PlannedPolicy {
  PolicyConfig config;
  std::unique_ptr<const PolicyPlan> plan;
};

class Snapshot {
 public:
  const GateConfig& config() const { return config_; }
  const Router& router() const { return *router_; }
  const CompiledRoute& route(std::uint32_t index) const { return routes_[index]; }
  const std::vector<CompiledRoute>& routes() const { return routes_; }
  const std::vector<UpstreamSpec>& upstreams() const { return upstreams_; }
  const std::map<std::string, PlannedPolicy>& policies() const { return policies_; }
  const std::vector<ListenerRules>& listeners() const { return listeners_; }
  const SessionLimits& limits() const { return limits_; }
  // Fields that policies set from the caller's identity; no client may send them, on any route.
  const std::vector<std::string>& owned_fields() const { return owned_fields_; }
  bool enforces() const { return config_.behavior.mode == BehaviorMode::enforce; }

 private:
  friend class SnapshotBuilder;
  explicit Snapshot(GateConfig config) : config_(std::move(config)) {}

  const GateConfig config_;
  std::unique_ptr<const Router> router_;
  std::vector<CompiledRoute> routes_;
  std::vector<UpstreamSpec> upstreams_;
  std::map<std::string, PlannedPolicy> policies_;
  std::vector<std::string> owned_fields_;
  std::vector<ListenerRules> listeners_;
  SessionLimits limits_;
};

// Null when the diagnostics got an error.
std::shared_ptr<const Snapshot> build_snapshot(GateConfig config, const TicketKeys& tickets,
                                               Diagnostics& diagnostics);

}  // namespace gatehouse
