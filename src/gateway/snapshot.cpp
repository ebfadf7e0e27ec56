#include "gateway/snapshot.h"

#include <algorithm>
#include <map>

#include "gateway/backends.h"
#include "gateway/backends/decoy_backend.h"
#include "gateway/identity.h"
#include "gateway/upstream_declaration.h"

namespace gatehouse {

// Compiles part by part; each part adds what it finds wrong and goes on.
class SnapshotBuilder {
 public:
  SnapshotBuilder(GateConfig config, const TicketKeys& tickets, Diagnostics& diagnostics)
      : snapshot_(new Snapshot(std::move(config))), tickets_(tickets), out_(diagnostics) {}

  std::shared_ptr<const Snapshot> build() {
    set_limits();
    for (const auto& [name, upstream] : config().upstreams) add_upstream(name, upstream);
    for (const ListenerConfig& listener : config().listeners) add_listener(listener);
    for (const auto& [name, policy] : config().policies) {
      if (auto plan = read_policy(name, policy, out_)) {
        add_owned(plan->owned_fields());
        snapshot_->policies_.emplace(name, PlannedPolicy{policy, std::move(plan)});
      }
    }
    add_mark();
    add_routes();
    if (out_.has_errors()) return nullptr;
    return std::move(snapshot_);
  }

 private:
  const GateConfig& config() const { return snapshot_->config_; }

  void report(Error error, const Origin& at) {
    if (error.at.line == 0) error.at = at.position();
    out_.error(std::move(error));
  }

  void set_limits() {
    const LimitsConfig& from = config().limits;
    SessionLimits& to = snapshot_->limits_;
    to.transfer.idle_time = from.body_idle;
    to.transfer.rate_min = static_cast<std::uint32_t>(from.min_rate.bytes_per_second);
    to.transfer.rate_grace = from.min_rate_grace;
    to.head = {from.head_bytes.count, from.fields, from.uri_bytes.count};
    to.head_time = from.head_time;
    to.idle_time = from.idle;
    to.requests_max = from.requests_per_connection;
    to.streams_max = from.streams;
  }

  void add_upstream(const std::string& name, const UpstreamConfig& from) {
    UpstreamSpec to;
    to.name = name;
    for (const Endpoint& target : from.targets) to.endpoints.push_back({target.host, target.port});
    to.least_requests = from.balance == Balance::least_requests;
    if (from.tls) {
      auto tls = TlsClient::build({from.tls->verify, from.tls->ca.path, from.tls->server_name});
      if (tls) {
        to.tls = *std::move(tls);
      } else {
        report(std::move(tls).error(), from.tls->at);
      }
    }
    to.connect_time = from.connect_timeout;
    to.total_time = from.total_timeout;
    to.client.transfer = {from.idle_timeout, 0};
    to.client.head = {config().limits.head_bytes.count, config().limits.fields,
                      config().limits.uri_bytes.count};
    to.client.first_byte_time = from.first_byte_timeout;
    to.connections_max = from.connections_max;
    to.waiters_max = from.waiters_max;
    to.wait_time = from.wait_timeout;
    to.keep_idle = from.keep_idle;
    to.keep_idle_time = from.keep_idle_time;
    to.retry = from.retry;
    to.eject = {from.eject.failures, from.eject.window, from.eject.time};
    to.declaration = declaration_of(from, to.client.head);
    index_[name] = static_cast<std::uint32_t>(snapshot_->upstreams_.size());
    snapshot_->upstreams_.push_back(std::move(to));
  }

  void add_listener(const ListenerConfig& from) {
    ListenerRules to;
    to.address = to_text(from.address);
    // The system gives each its own port: they are told apart by their order.
    const int same = addresses_[to.address]++;
    if (same != 0) to.address += " (" + std::to_string(same + 1) + ')';
    to.http2 = from.http2;
    const std::string host = from.address.host.empty() ? "::" : from.address.host;
    const auto bind = SocketAddress::parse(host, from.address.port);
    if (!bind) {
      report({"E0601", "`" + to.address + "` is no address of this machine",
              "write an IP address and a port, such as 127.0.0.1:8080"},
             from.at);
      return;
    }
    to.bind = *bind;
    std::vector<IpPrefix> trusted;
    for (const Cidr& range : from.trusted_proxies) {
      trusted.push_back({IpAddress{range.address}, range.bits});
    }
    to.trusts_any = !trusted.empty();
    to.trusted = TrustedProxies(trusted);
    if (from.tls) {
      TlsServer::Options options;
      options.versions =
          from.tls->profile == TlsProfile::modern ? TlsVersions::only_13 : TlsVersions::from_12;
      options.http2 = from.http2;
      for (const CertificateConfig& one : from.tls->certificates) {
        options.certificates.push_back(
            {one.hosts, one.cert.path, one.key.path, one.cert.at.position()});
      }
      auto tls = TlsServer::build(options, tickets_);
      if (tls) {
        to.tls = *std::move(tls);
      } else {
        report(std::move(tls).error(), from.tls->at);
      }
    }
    snapshot_->listeners_.push_back(std::move(to));
  }

  void add_owned(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      if (!is_owned(name, snapshot_->owned_fields_)) snapshot_->owned_fields_.push_back(name);
    }
  }

  // No client says itself under what verdict it is.
  void add_mark() {
    const RiskConfig& risk = config().behavior.risk;
    if (risk.mark.empty()) return;
    if (may_be_owned(risk.mark)) return add_owned({risk.mark});
    report({"E0427", "`" + risk.mark + "` is no field that `risk` may set",
            "take a name of your own, such as `X-Risk`"},
           risk.at);
  }

  RiskRules risk_of(const RouteConfig& route) {
    RiskRules rules = risk_rules(config().behavior, route.risk);
    rules.decoy = decoy_;
    if (!route.risk || !route.risk->decoy) return rules;
    if (auto decoy = DecoyBackend::read(*route.risk->decoy)) {
      rules.decoy = *std::move(decoy);
    } else {
      report(std::move(decoy).error(), route.risk->decoy->at);
    }
    return rules;
  }

  std::size_t identifying(const std::vector<std::string>& names) const {
    return static_cast<std::size_t>(
        std::count_if(names.begin(), names.end(), [&](const std::string& name) {
          return snapshot_->policies_.at(name).plan->phase() <= Phase::identify;
        }));
  }

  // The names of the policies that stand, by phase; within a phase the config's order counts.
  std::vector<std::string> ordered(const std::vector<Reference>& references) const {
    std::multimap<Phase, std::string> by_phase;  // equals stay in the order of their coming
    for (const Reference& one : references) {
      const auto found = snapshot_->policies_.find(one.name);
      if (found != snapshot_->policies_.end()) {
        by_phase.emplace(found->second.plan->phase(), one.name);
      }
    }
    std::vector<std::string> names;
    for (auto& [phase, name] : by_phase) names.push_back(std::move(name));
    return names;
  }

  void add_routes() {
    std::vector<RouteSpec> specs;
    std::vector<const RouteConfig*> origins;
    for (const ApiConfig& api : config().apis) {
      for (const RouteConfig& route : api.routes) {
        RouteSpec spec{route.name, route.match.text, {}};
        for (const auto& host : api.hosts) spec.hosts.push_back(host.text);
        specs.push_back(std::move(spec));
        origins.push_back(&route);
        CompiledRoute compiled;
        compiled.name = route.name;
        compiled.api = api.name;
        compiled.pattern = route.match.path;
        compiled.encoded_slash = route.encoded_slash;
        compiled.body_bytes_max =
            route.body_bytes ? route.body_bytes->count : config().limits.body_bytes.count;
        compiled.time_max = route.timeout ? *route.timeout : config().limits.request_time;
        compiled.policies = ordered(route.policies);
        compiled.identifying = identifying(compiled.policies);
        compiled.risk = risk_of(route);
        if (route.sign_in) {
          compiled.sign_in = SignIn::read(*route.sign_in, "route `" + route.name + '`', out_);
        }
        snapshot_->routes_.push_back(std::move(compiled));
      }
    }
    RouterBuild built = build_router(specs);
    for (RouteFinding& finding : built.findings) {
      // Two routes that meet in some requests are legal, since precedence is fixed; one that can't
      // be reached is not.
      if (finding.kind == RouteFinding::Kind::conflict) {
        finding.error.at = origins[finding.route]->at.position();
        out_.warning(std::move(finding.error));
      } else {
        report(std::move(finding.error), origins[finding.route]->at);
      }
    }
    snapshot_->router_ = std::move(built.router);
    if (out_.has_errors()) return;
    for (std::uint32_t i = 0; i < origins.size(); ++i) {
      auto backend =
          build_backend(origins[i]->backend, index_, snapshot_->router_->capture_names(i));
      if (backend) {
        snapshot_->routes_[i].backend = *std::move(backend);
      } else {
        report(std::move(backend).error(), origins[i]->backend.at);
      }
    }
  }

  std::unique_ptr<Snapshot> snapshot_;
  const TicketKeys& tickets_;
  Diagnostics& out_;
  UpstreamIndex index_;
  const std::shared_ptr<const Backend> decoy_ =
      std::make_unique<DecoyBackend>(DecoyBackend::Examples{});
  std::map<std::string, int> addresses_;  // how many listeners have it
};

std::shared_ptr<const Snapshot> build_snapshot(GateConfig config, const TicketKeys& tickets,
                                               Diagnostics& diagnostics) {
  return SnapshotBuilder(std::move(config), tickets, diagnostics).build();
}

}  // namespace gatehouse
