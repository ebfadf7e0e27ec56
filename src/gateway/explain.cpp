#include "gateway/explain.h"

#include <algorithm>

#include "base/nearest.h"
#include "gateway/backends/http_backend.h"
#include "gateway/forward_fields.h"
#include "http/authority.h"
#include "http/path.h"

namespace gatehouse {
namespace {

constexpr std::size_t kNearMax = 5;

struct Declared {
  const ApiConfig* api = nullptr;
  const RouteConfig* route = nullptr;
};

// By the number of the route, as the snapshot counts them.
std::vector<Declared> declared(const GateConfig& config) {
  std::vector<Declared> all;
  for (const ApiConfig& api : config.apis) {
    for (const RouteConfig& route : api.routes) all.push_back({&api, &route});
  }
  return all;
}

std::string_view first_segment(std::string_view path) {
  return path.substr(0, std::min(path.find('/', 1), path.size()));
}

void add_near(Explanation& out, const std::string& text) {
  const bool known = std::find(out.near.begin(), out.near.end(), text) != out.near.end();
  if (!known && out.near.size() < kNearMax) out.near.push_back(text);
}

void find_near_hosts(const GateConfig& config, Explanation& out) {
  std::vector<std::string_view> hosts;
  for (const ApiConfig& api : config.apis) {
    for (const HostConfig& host : api.hosts) hosts.push_back(host.text);
  }
  if (const auto close = nearest(out.host, hosts); !close.empty())
    add_near(out, std::string(close));
  for (const std::string_view host : hosts) add_near(out, std::string(host));
}

// First what is spelt alike, then what begins alike.
void find_near_routes(const GateConfig& config, Explanation& out) {
  std::vector<std::string_view> paths;
  const auto routes = declared(config);
  for (const Declared& one : routes) paths.push_back(one.route->match.path);
  const std::string_view close = nearest(out.path, paths);
  const auto name = [](const Declared& one) {
    return one.route->match.text + " of " + one.api->name;
  };
  for (const Declared& one : routes) {
    if (!close.empty() && one.route->match.path == close) add_near(out, name(one));
  }
  for (const Declared& one : routes) {
    if (first_segment(one.route->match.path) == first_segment(out.path)) add_near(out, name(one));
  }
}

void refuse(Explanation& out, GateError error, std::string why) {
  out.refusal = error;
  out.why = std::move(why);
}

// Nothing where no route is found; `out` then says why.
std::optional<RouteMatch> find_route(const Snapshot& snapshot, const RequestHead& request,
                                     Arena& arena, Explanation& out) {
  RouteMatch match =
      snapshot.router().match(request.method, request.method_text, out.host, out.path);
  switch (match.outcome) {
    case RouteOutcome::found:
      return match;
    case RouteOutcome::no_host:
      refuse(out, GateError::host_not_served, "no API answers for this host");
      find_near_hosts(snapshot.config(), out);
      return std::nullopt;
    case RouteOutcome::no_path:
      refuse(out, GateError::route_not_found, "no route of this host has this path");
      find_near_routes(snapshot.config(), out);
      return std::nullopt;
    case RouteOutcome::wrong_method:
    case RouteOutcome::options:
      refuse(out, GateError::method_not_allowed,
             "the path takes " + std::string(allow_text(match, arena)));
      return std::nullopt;
  }
  return std::nullopt;
}

void ask_policies(const Snapshot& snapshot, const CompiledRoute& route, const AskedRequest& asked,
                  Explanation& out) {
  bool reached = true;
  for (const std::string& name : route.policies) {
    const PlannedPolicy& planned = snapshot.policies().at(name);
    Foresight foresight = planned.plan->foresee(asked);
    const bool ends = foresight.kind == Foresight::Kind::refuses;
    out.policies.push_back(
        {name, planned.config.kind, planned.plan->phase(), std::move(foresight), reached});
    reached = reached && !ends;
  }
}

void find_destination(const Snapshot& snapshot, const Declared& from, const RouteMatch& match,
                      const RequestHead& request, Explanation& out) {
  const BackendConfig& backend = from.route->backend;
  out.is_decoy = backend.decoy.has_value();
  if (backend.mock) out.mock_status = backend.mock->status;
  if (backend.mock || backend.decoy) return;
  out.upstream = backend.http.name;
  RequestHead head(request.fields.arena());
  head.authority = request.authority;
  head.has_query = request.has_query;
  const auto& http = static_cast<const HttpBackend&>(*snapshot.route(match.route).backend);
  if (http.rewrite(out.path, match.captures(), request.query, head, request.fields.arena())) {
    out.target = head.target;
    out.authority = head.authority;
  }
}

}  // namespace

Explanation explain(const Snapshot& snapshot, RequestHead& request, std::string_view from) {
  Arena& arena = request.fields.arena();
  Explanation out;
  out.host = host_of(request.authority);
  const PathResult canonical = canonical_path(request.raw_path, arena);
  out.path = canonical.error == PathError::none ? canonical.path : request.raw_path;
  if (canonical.error != PathError::none) {
    refuse(out, GateError::bad_path_encoding, std::string(to_text(canonical.error)));
    return out;
  }
  remove_hop_by_hop(request.fields);
  remove_owned(request.fields, snapshot.owned_fields());
  const auto match = find_route(snapshot, request, arena, out);
  if (!match) return out;
  const CompiledRoute& route = snapshot.route(match->route);
  out.api = route.api;
  out.route = route.name;
  out.pattern = route.pattern;
  const auto names = snapshot.router().capture_names(match->route);
  for (std::size_t i = 0; i < std::min(names.size(), match->captures().size()); ++i) {
    out.captures.emplace_back(names[i].text, match->captures()[i]);
  }
  if (canonical.has_encoded_slash && !route.encoded_slash) {
    refuse(out, GateError::encoded_slash_refused, "the route has no `encoded_slash: true`");
    return out;
  }
  ask_policies(snapshot, route, {request, out.path, from, arena}, out);
  find_destination(snapshot, declared(snapshot.config())[match->route], *match, request, out);
  return out;
}

std::string_view to_text(Phase phase) {
  switch (phase) {
    case Phase::route:
      return "route";
    case Phase::shield:
      return "shield";
    case Phase::identify:
      return "identify";
    case Phase::guard:
      return "guard";
    case Phase::limit:
      return "limit";
    case Phase::cache:
      return "cache";
    case Phase::transform:
      return "transform";
    case Phase::backend:
      return "backend";
    case Phase::respond:
      return "respond";
    case Phase::record:
      return "record";
  }
  return {};
}

}  // namespace gatehouse
