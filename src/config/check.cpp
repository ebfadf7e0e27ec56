#include "config/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/nearest.h"

namespace gatehouse {
namespace {

constexpr std::size_t kPemBytesMax = 1 << 20;
constexpr std::size_t kNameBytesMax = 64;

bool is_part_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !name.empty() && name.size() <= kNameBytesMax &&
         std::all_of(name.begin(), name.end(), fits);
}

// `/orders/{id}` and `/orders/{number}` are the same path to a request.
std::string without_names(std::string_view path) {
  std::string bare;
  bool in_braces = false;
  for (const char c : path) {
    if (c == '}') in_braces = false;
    if (!in_braces) bare += c;
    if (c == '{') in_braces = true;
  }
  return bare;
}

class Checker {
 public:
  Checker(const GateConfig& config, const Surroundings& surroundings, Diagnostics& diagnostics)
      : config_(config), surroundings_(surroundings), diagnostics_(diagnostics) {}

  void check() {
    check_listeners();
    check_pairs();
    for (const auto& [name, upstream] : config_.upstreams) check_upstream(name, upstream);
    for (const auto& [name, policy] : config_.policies) check_name("policy", name, policy.at);
    check_apis();
    warn_of_unused();
  }

 private:
  void error(std::string code, std::string what, std::string help, const Origin& at,
             std::string label = {}) {
    diagnostics_.error({.code = std::move(code),
                        .what = std::move(what),
                        .help = std::move(help),
                        .at = at.position(),
                        .label = std::move(label)});
  }

  void check_listeners() {
    std::vector<const Endpoint*> seen;
    for (const ListenerConfig& listener : config_.listeners) {
      const bool unread = listener.address == Endpoint{};
      if (!unread) claim(listener.address, seen);
      if (listener.tls) check_tls(*listener.tls);
    }
    if (config_.admin.address) claim(*config_.admin.address, seen);
  }

  void claim(const Endpoint& endpoint, std::vector<const Endpoint*>& seen) {
    if (endpoint.port == 0 && !endpoint.is_unix()) return;  // the system gives each its own port
    const std::string address = to_text(endpoint);
    for (const Endpoint* const first : seen) {
      const std::string other = to_text(*first);
      const bool is_same = address == other;
      if (!is_same && !covers(endpoint, *first) && !covers(*first, endpoint)) continue;
      error("E0422",
            is_same ? fmt::format("two parts listen on `{}`", address)
                    : fmt::format("`{}` and `{}` listen on the same address", other, address),
            "give each its own address or port", endpoint.at, first_at(first->at, endpoint.at));
      return;
    }
    seen.push_back(&endpoint);
  }

  // `:80` and `[::]:80` are every address of the machine, `0.0.0.0:80` every one of IPv4.
  static bool covers(const Endpoint& wide, const Endpoint& other) {
    if (wide.is_unix() || other.is_unix() || wide.port != other.port) return false;
    if (wide.host.empty() || wide.host == "::") return true;
    return wide.host == "0.0.0.0" && other.host.find(':') == std::string::npos;
  }

  static std::string first_at(const Origin& first, const Origin& second) {
    if (first.position().file == second.position().file) {
      return fmt::format("first on line {}", first.line);
    }
    return fmt::format("first at {}:{}", first.position().file, first.line);
  }

  void check_tls(const TlsConfig& tls) {
    for (const CertificateConfig& certificate : tls.certificates) {
      check_pem(certificate.cert, "cert", "-----BEGIN CERTIFICATE-----");
      check_pem(certificate.key, "key", "PRIVATE KEY-----");
    }
  }

  void check_pem(const FilePath& file, std::string_view key, std::string_view mark) {
    if (file.path.empty()) return;  // missing, and told already
    if (file.path.find("-----BEGIN") != std::string::npos) {
      SourcePosition line = file.at.position();
      line.length = 1 << 20;
      diagnostics_.hide(line);
      error("E0506", fmt::format("`{}` holds the text of a key or certificate, not a path", key),
            "move it to a file and name that", file.at);
      return;
    }
    const auto bytes = surroundings_.file(file.path, kPemBytesMax);
    if (!bytes) {
      error("E0501", fmt::format("`{}` {}", file.path, bytes.error().what),
            "mend the path; it is taken from the folder of this file", file.at);
      return;
    }
    if (bytes->find(mark) == std::string::npos) {
      error("E0506",
            fmt::format("`{}` is no {} in PEM", file.path,
                        key == "key" ? "private key" : "certificate"),
            key == "key" ? "name a file with a line such as `-----BEGIN PRIVATE KEY-----`"
                         : "name a file with a line `-----BEGIN CERTIFICATE-----`",
            file.at);
    }
  }

  void check_pairs() {
    const ResolverConfig& resolver = config_.resolver;
    if (resolver.ttl_min > resolver.ttl_max) {
      error("E0305",
            fmt::format("`ttl_min` is {} and `ttl_max` only {}", to_text(resolver.ttl_min),
                        to_text(resolver.ttl_max)),
            "set ttl_max to ttl_min or more", resolver.at);
    }
    const CountRuleConfig& rule = config_.behavior.count_rule;
    if (rule.status_min > rule.status_max) {
      error("E0305",
            fmt::format("`status_min` is {} and `status_max` only {}", rule.status_min,
                        rule.status_max),
            "set status_max to status_min or more", rule.at);
    }
    if (config_.journal.segment_bytes > config_.journal.keep_bytes) {
      error(
          "E0305",
          fmt::format("`segment_bytes` is {} and `keep_bytes` only {}",
                      to_text(config_.journal.segment_bytes), to_text(config_.journal.keep_bytes)),
          "set keep_bytes to segment_bytes or more", config_.journal.at);
    }
    if (config_.limits.uri_bytes > config_.limits.head_bytes) {
      error("E0305",
            fmt::format("`uri_bytes` is {} and `head_bytes` only {}",
                        to_text(config_.limits.uri_bytes), to_text(config_.limits.head_bytes)),
            "set head_bytes to uri_bytes or more", config_.limits.at);
    }
  }

  void check_name(std::string_view noun, std::string_view name, const Origin& at) {
    if (is_part_name(name)) return;
    error("E0306",
          fmt::format("`{}` is no name for {} {}", name.substr(0, kNameBytesMax),
                      noun == "upstream" || noun == "api" ? "an" : "a", noun),
          fmt::format("use letters, digits, `-`, `_` and `.`, at most {}", kNameBytesMax), at);
  }

  void check_upstream(std::string_view name, const UpstreamConfig& upstream) {
    check_name("upstream", name, upstream.at);
    for (const Endpoint& target : upstream.targets) {
      if (target.is_unix() || (!target.host.empty() && target.port != 0)) continue;
      error("E0307",
            fmt::format("the target `{}` of upstream `{}` can't be connected to", to_text(target),
                        name),
            "write its host and its port", target.at);
    }
    if (upstream.tls && !upstream.tls->ca.path.empty()) {
      check_pem(upstream.tls->ca, "ca", "-----BEGIN CERTIFICATE-----");
    }
    if (upstream.tls && !upstream.tls->verify) {
      diagnostics_.warning({.code = "E0308",
                            .what = fmt::format("upstream `{}` trusts any certificate", name),
                            .help = "remove `verify: false`, and name your own roots with `ca`",
                            .at = upstream.tls->at.position()});
    }
  }

  void check_apis() {
    std::map<std::string, Origin> names;
    for (const ApiConfig& api : config_.apis) {
      if (!api.name.empty()) {
        check_name("api", api.name, api.at);
        once("api", api.name, api.at, names);
      }
      std::map<std::string, Origin> routes;
      for (const RouteConfig& route : api.routes) {
        if (!route.name.empty()) once("route", route.name, route.at, routes);
        check_route(api, route);
        check_reachable(api, route);
      }
    }
  }

  // A route all of whose hosts and methods are taken by routes before it. Two that share only some
  // of their requests are the router's to judge.
  void check_reachable(const ApiConfig& api, const RouteConfig& route) {
    std::vector<std::string> hosts;
    for (const HostConfig& host : api.hosts) hosts.push_back(without_names(host.text));
    if (hosts.empty()) hosts.emplace_back("*");
    const Origin* taken_by = nullptr;
    bool is_reached = false;
    for (const std::string& host : hosts) {
      for (const std::string& key : match_keys(route)) {
        const auto [first, is_new] = taken_.try_emplace(host + ' ' + key, route.at);
        is_reached = is_reached || is_new;
        if (!is_new) taken_by = &first->second;
      }
    }
    if (is_reached || taken_by == nullptr) return;
    error("E0403",
          fmt::format("route `{}` is never reached: another has the same match", route.name),
          "remove one of them, or give it another host, path or method", route.at,
          first_at(*taken_by, route.at));
  }

  static std::vector<std::string> match_keys(const RouteConfig& route) {
    if (route.match.path.empty()) return {};
    const std::string path = without_names(route.match.path);
    if (route.match.methods.empty()) return {"* " + path};
    std::vector<std::string> keys;
    for (const std::string& method : route.match.methods) keys.push_back(method + ' ' + path);
    return keys;
  }

  void once(std::string_view noun, const std::string& name, const Origin& at,
            std::map<std::string, Origin>& seen) {
    const auto [first, is_new] = seen.try_emplace(name, at);
    if (is_new) return;
    error("E0423", fmt::format("two {}s are named `{}`", noun, name),
          fmt::format("give each {} its own name", noun), at, first_at(first->second, at));
  }

  void check_route(const ApiConfig& api, const RouteConfig& route) {
    for (const Reference& policy : route.policies) {
      refer("policy", "policies", policy, config_.policies, route);
      used_policies_.insert(policy.name);
    }
    const BackendConfig& backend = route.backend;
    if (backend.at.line == 0) return;  // missing, and told already
    check_kind(route);
    if (backend.http.name.empty()) return;
    refer("upstream", "upstreams", backend.http, config_.upstreams, route);
    used_upstreams_.insert(backend.http.name);
    check_templates(api, route);
  }

  void check_kind(const RouteConfig& route) {
    const BackendConfig& backend = route.backend;
    std::string named;
    std::size_t count = 0;
    for (const auto& [kind, is_there] : {std::pair{"http", !backend.http.name.empty()},
                                         std::pair{"mock", backend.mock.has_value()},
                                         std::pair{"decoy", backend.decoy.has_value()}}) {
      if (is_there) named += fmt::format("{}`{}`", ++count == 1 ? "" : " and ", kind);
    }
    if (count == 1) return;
    error("E0424",
          count == 0
              ? fmt::format("the backend of route `{}` is neither `http` nor `mock` nor `decoy`",
                            route.name)
              : fmt::format("the backend of route `{}` is {} at once", route.name, named),
          count == 0 ? "add `http: UPSTREAM`" : "leave one of them", backend.at);
  }

  template <class Part>
  void refer(std::string_view noun, std::string_view section, const Reference& reference,
             const std::map<std::string, Part>& parts, const RouteConfig& route) {
    if (parts.contains(reference.name)) return;
    std::vector<std::string_view> names;
    if (!diagnostics_.is_full()) {
      for (const auto& [name, part] : parts) names.push_back(name);
    }
    const std::string_view near = nearest(reference.name, names);
    error("E0421",
          fmt::format("route `{}` names the {} `{}`, which isn't there", route.name, noun,
                      reference.name),
          near.empty() ? fmt::format("add it to `{}`", section)
                       : fmt::format("did you mean `{}`?", near),
          reference.at);
  }

  void check_templates(const ApiConfig& api, const RouteConfig& route) {
    const BackendConfig& backend = route.backend;
    std::set<std::string, std::less<>> captured;
    add_names(route.match.path, captured);
    // A name counts where every host captures it: a request comes by one of them.
    for (std::size_t i = 0; i < api.hosts.size(); ++i) {
      std::set<std::string, std::less<>> of_host;
      add_names(api.hosts[i].text, of_host);
      if (i == 0) from_hosts_ = of_host;
      std::erase_if(from_hosts_, [&](const std::string& name) { return !of_host.contains(name); });
    }
    if (!api.hosts.empty()) captured.insert(from_hosts_.begin(), from_hosts_.end());
    check_template(backend.path, "path", captured);
    check_template(backend.host, "host", captured);
    for (const auto& [key, value] : backend.query) check_template(value, key, captured);
    if (!backend.path.text.empty() && !backend.path.text.starts_with('/')) {
      error("E0307", fmt::format("`path` is `{}`, not a path", backend.path.text),
            "begin it with `/`", backend.path.at);
    }
  }

  static void add_names(std::string text, std::set<std::string, std::less<>>& names) {
    if (text.ends_with("*}")) text.erase(text.size() - 2, 1);  // `{rest*}` is named `rest`
    if (const auto found = template_names(text)) names.insert(found->begin(), found->end());
  }

  void check_template(const TextTemplate& text, std::string_view key,
                      const std::set<std::string, std::less<>>& captured) {
    const auto names = template_names(text.text);
    if (!names) return;
    for (const std::string& name : *names) {
      if (captured.contains(name)) continue;
      const std::vector<std::string_view> known(captured.begin(), captured.end());
      const std::string_view near = nearest(name, known);
      error("E0410",
            fmt::format("`{}` uses `{{{}}}`, which neither match nor hosts capture", key, name),
            near.empty() ? fmt::format("add `{{{}}}` to the match", name)
                         : fmt::format("did you mean `{{{}}}`?", near),
            text.at);
    }
  }

  void warn_of_unused() {
    for (const auto& [name, upstream] : config_.upstreams) {
      if (!used_upstreams_.contains(name)) unused("upstream", name, upstream.at);
    }
    for (const auto& [name, policy] : config_.policies) {
      if (!used_policies_.contains(name)) unused("policy", name, policy.at);
    }
  }

  void unused(std::string_view noun, const std::string& name, const Origin& at) {
    diagnostics_.warning({.code = "E0425",
                          .what = fmt::format("{} `{}` is used by no route", noun, name),
                          .help = "remove it, or name it in a route",
                          .at = at.position()});
  }

  const GateConfig& config_;
  const Surroundings& surroundings_;
  Diagnostics& diagnostics_;
  std::map<std::string, Origin> taken_;  // by host, method and path
  std::set<std::string, std::less<>> used_upstreams_;
  std::set<std::string, std::less<>> used_policies_;
  std::set<std::string, std::less<>> from_hosts_;
};

}  // namespace

void check_config(const GateConfig& config, const Surroundings& surroundings,
                  Diagnostics& diagnostics) {
  Checker(config, surroundings, diagnostics).check();
}

}  // namespace gatehouse
