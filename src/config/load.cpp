#include "config/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/digest.h"
#include "config/check.h"
#include "config/include.h"
#include "config/reader.h"
#include "config/secrets.h"

namespace gatehouse {
namespace {

constexpr std::size_t kRevisionDigits = 12;
constexpr std::string_view kSocketName = "gatehouse.sock";

// What depends on other parts: the names of routes, the folder of the config, the store's socket.
void settle(GateConfig& config, const std::filesystem::path& folder) {
  if (config.store.path.at.line == 0) {
    config.store.path.path = (folder / config.store.path.path).lexically_normal().string();
  }
  if (config.admin.socket.path.empty()) {
    const std::filesystem::path store{config.store.path.path};
    config.admin.socket.path = (store / kSocketName).lexically_normal().string();
  }
  for (ApiConfig& api : config.apis) {
    for (RouteConfig& route : api.routes) {
      if (route.name.empty()) route.name = route.match.text;
    }
  }
}

Error not_a_target(std::string_view to) {
  return {.code = "E0301",
          .what = fmt::format("`--to` is `{}`, not the address of a server", to),
          .help = "write one such as `http://127.0.0.1:3000`"};
}

}  // namespace

ConfigLoad load_config(const std::string& path, const Surroundings& surroundings) {
  ConfigLoad load;
  IncludedTree tree = read_tree(path, surroundings, load.diagnostics);
  if (!tree.root) return load;
  fill_in(*tree.root, surroundings, load.diagnostics);
  GateConfig config = read_options<GateConfig>(*tree.root, load.diagnostics, "the config");
  settle(config, std::filesystem::path{path}.parent_path());
  config.revision = tree.digest.substr(0, kRevisionDigits);
  config.files = std::move(tree.files);
  check_config(config, surroundings, load.diagnostics);
  if (!load.diagnostics.has_errors()) load.config = std::move(config);
  return load;
}

ConfigLoad load_config(const std::string& path) { return load_config(path, SystemSurroundings{}); }

Result<GateConfig> config_from_flags(std::string_view from, std::string_view to) {
  const auto address = parse_endpoint(from);
  if (!address) {
    return fail({.code = "E0301",
                 .what = fmt::format("`--from` is `{}`, not an address with a port", from),
                 .help = "write one such as `:8080` or `127.0.0.1:8080`"});
  }
  const bool secure = to.starts_with("https://");
  std::string target{to};
  if (const std::size_t scheme = to.find("://"); scheme != to.npos) {
    if (!secure && !to.starts_with("http://")) return fail(not_a_target(to));
    target = to.substr(scheme + 3);
  }
  if (target.ends_with('/')) target.pop_back();
  const bool bracketed = target.ends_with(']');
  if (!target.starts_with("unix:") && (bracketed || target.rfind(':') == target.npos)) {
    target += secure ? ":443" : ":80";
  }
  const auto endpoint = parse_endpoint(target);
  if (!endpoint || (endpoint->host.empty() && !endpoint->is_unix())) return fail(not_a_target(to));

  GateConfig config;
  config.listeners.emplace_back().address = *address;
  UpstreamConfig& upstream = config.upstreams["to"];
  upstream.targets.push_back(*endpoint);
  if (secure) upstream.tls.emplace();
  RouteConfig route;
  route.match = {{}, "/*", "/*"};
  route.backend.http.name = "to";
  ApiConfig api;
  api.name = "all";
  api.routes.push_back(std::move(route));
  config.apis.push_back(std::move(api));
  settle(config, {});
  config.revision = sha256_hex(fmt::format("{}\n{}", from, to)).substr(0, kRevisionDigits);
  return config;
}

}  // namespace gatehouse
