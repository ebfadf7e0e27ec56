// gateway/router_build: routes to a tree, with what is wrong with them.
#include <algorithm>
#include <map>
#include <utility>

#include "gateway/routing/host_pattern.h"
#include "gateway/routing/router.h"

namespace gatehouse {
namespace {

using Index = RouteTree::Index;
using Names = std::vector<CaptureName>;

constexpr std::string_view kMethodNames[] = {"",      "GET",    "HEAD",    "POST",    "PUT",
                                             "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"};

Names names_in(const HostPattern& host) {
  Names names;
  for (const HostLabel& label : host.labels) {
    if (label.kind == HostLabel::Kind::capture) {
      names.push_back({label.text, CaptureKind::host_label});
    }
  }
  return names;
}

class Builder {
 public:
  explicit Builder(std::span<const RouteSpec> specs) : specs_(specs), routes_(specs.size()) {}

  RouterBuild build() {
    for (std::uint32_t route = 0; route < specs_.size(); ++route) {
      Status added = add(route);
      if (added) continue;
      Error error = std::move(added).error().while_doing("reading route `" + name(route) + "`");
      findings_.push_back({RouteFinding::Kind::bad_pattern, route, route, std::move(error)});
    }
    tree_.shrink();
    auto router =
        std::make_unique<const Router>(std::move(tree_), std::move(routes_), std::move(names_));
    if (router->steps_max() > Router::kStepsMax) {
      Error error{.code = "E0405",
                  .what = "the routes branch so often that one request could need " +
                          std::to_string(router->steps_max()) + " steps, the most is " +
                          std::to_string(Router::kStepsMax),
                  .help = "use fewer paths in which text and `{name}` alternate at the same place"};
      findings_.push_back({RouteFinding::Kind::too_much_work, 0, 0, std::move(error)});
    }
    return {std::move(router), std::move(findings_)};
  }

 private:
  // What became of one route's requests while it was put into the tree.
  struct Placed {
    bool some = false;
    std::map<std::uint32_t, std::string> taken;  // by which route, and for instance which
  };

  Status add(std::uint32_t route) {
    const RouteSpec& spec = specs_[route];
    GH_TRY(const PathPattern path, PathPattern::parse(spec.match));
    std::vector<HostPattern> hosts;
    for (const std::string& text : spec.hosts) {
      GH_TRY(HostPattern host, HostPattern::parse(text));
      hosts.push_back(std::move(host));
    }
    if (hosts.empty()) hosts.emplace_back();
    const Status named = keep_names(route, hosts, path);
    if (!named) return named;

    Placed placed;
    for (const HostPattern& host : hosts) place(route, host, path, placed);
    for (const auto& [other, example] : placed.taken) {
      report(route, other, example, placed.some);
    }
    return {};
  }

  Status keep_names(std::uint32_t route, const std::vector<HostPattern>& hosts,
                    const PathPattern& path) {
    Names names = names_in(hosts.front());
    for (std::size_t i = 1; i < hosts.size(); ++i) {
      if (names_in(hosts[i]) == names) continue;
      return fail(Error{.code = "E0404",
                        .what = "hosts `" + specs_[route].hosts[0] + "` and `" +
                                specs_[route].hosts[i] + "` don't capture the same names",
                        .help = "capture the same names in the same order, or make two routes"});
    }
    for (const PathSegment& segment : path.segments) {
      if (segment.kind == PathSegment::Kind::literal) continue;
      const auto same = [&](const CaptureName& name) { return name.text == segment.text; };
      if (std::any_of(names.begin(), names.end(), same)) {
        return fail(Error{.code = "E0404",
                          .what = "`{" + segment.text + "}` is captured by host and path",
                          .help = "rename one of them"});
      }
      const bool rest = segment.kind == PathSegment::Kind::rest;
      names.push_back({segment.text, rest ? CaptureKind::rest : CaptureKind::segment});
    }
    if (names.size() > RouteMatch::kCapturesMax) {
      return fail(Error{
          .code = "E0404",
          .what = "the route captures " + std::to_string(names.size()) + " parts, the most is 16",
          .help = "end the path with `{rest*}`"});
    }
    routes_[route].name_count = static_cast<std::uint8_t>(names.size());
    const auto [kept, is_new] =
        kept_names_.try_emplace(names, static_cast<std::uint32_t>(names_.size()));
    if (is_new) names_.insert(names_.end(), names.begin(), names.end());
    routes_[route].names = kept->second;
    return {};
  }

  void place(std::uint32_t route, const HostPattern& host, const PathPattern& path,
             Placed& placed) {
    Index at = root_of(host);
    bool rest = false;
    for (const PathSegment& segment : path.segments) {
      if (segment.kind == PathSegment::Kind::literal) at = tree_.literal_child(at, segment.text);
      if (segment.kind == PathSegment::Kind::param) at = tree_.param_child(at);
      rest = segment.kind == PathSegment::Kind::rest;
    }
    tree_.segment_depth =
        std::max(tree_.segment_depth, static_cast<std::uint32_t>(path.segments.size()));

    if (path.any_method) put(at, rest, {.route = route, .any = true}, placed);
    if (path.methods != 0) put(at, rest, {.route = route, .methods = path.methods}, placed);
    for (const std::string& method : path.more_methods) {
      put(at, rest, {.route = route, .other_method = method_text(method)}, placed);
    }
  }

  Index root_of(const HostPattern& host) {
    if (host.any()) {
      if (tree_.any_host == RouteTree::kNone) tree_.any_host = tree_.new_node();
      return tree_.any_host;
    }
    Index at = tree_.host_root;
    bool rest = false;
    for (auto label = host.labels.rbegin(); label != host.labels.rend(); ++label) {
      if (label->kind == HostLabel::Kind::literal) at = tree_.literal_child(at, label->text);
      if (label->kind == HostLabel::Kind::capture) at = tree_.param_child(at);
      rest = label->kind == HostLabel::Kind::wildcard;
    }
    tree_.label_depth = std::max(tree_.label_depth, static_cast<std::uint32_t>(host.labels.size()));
    const auto end = rest ? &RouteTree::Node::rest : &RouteTree::Node::here;
    if (tree_.nodes[at].*end == RouteTree::kNone) {
      const Index root = tree_.new_node();  // moves the nodes
      tree_.nodes[at].*end = root;
    }
    return tree_.nodes[at].*end;
  }

  std::uint32_t method_text(const std::string& method) {
    const auto [kept, is_new] = kept_methods_.try_emplace(method, 0);
    if (is_new) kept->second = tree_.keep_text(method);
    return kept->second;
  }

  // Adds what of `entry` nobody had before.
  void put(Index node, bool rest, RouteTree::Entry entry, Placed& placed) {
    Index& first = rest ? tree_.nodes[node].rest : tree_.nodes[node].here;
    for (Index at = first; at != RouteTree::kNone; at = tree_.entries[at].next) {
      const RouteTree::Entry& old = tree_.entries[at];
      if (entry.any && old.any) {
        placed.taken.try_emplace(old.route, "any method");
        return;
      }
      if (entry.other_method != 0 && entry.other_method == old.other_method) {
        placed.taken.try_emplace(old.route, tree_.text_at(entry.other_method));
        return;
      }
      for (unsigned bit = 1; bit < std::size(kMethodNames); ++bit) {
        if ((entry.methods & old.methods & (1U << bit)) == 0) continue;
        placed.taken.try_emplace(old.route, kMethodNames[bit]);
      }
      entry.methods = static_cast<MethodBits>(entry.methods & ~unsigned{old.methods});
    }
    if (!entry.any && entry.methods == 0 && entry.other_method == 0) return;
    placed.some = true;
    entry.next = first;
    tree_.entries.push_back(entry);
    first = static_cast<Index>(tree_.entries.size() - 1);
  }

  void report(std::uint32_t route, std::uint32_t other, const std::string& example, bool some) {
    Error error{.code = "E0403", .what = {}, .help = {}};
    if (route == other) {
      error.what = "route `" + name(route) + "` names the same host twice";
      error.help = "remove one";
    } else if (some) {
      error.what = "routes `" + name(other) + "` and `" + name(route) +
                   "` both answer the same requests (" + example + "); `" + name(other) +
                   "` stands first and gets them";
      error.help = "give one of them another host, path or method";
    } else {
      error.what = "route `" + name(route) + "` is never reached: `" + name(other) +
                   "` has the same pattern (" + example + ")";
      error.help = "remove one of them, or give it another host, path or method";
    }
    const auto kind = some ? RouteFinding::Kind::conflict : RouteFinding::Kind::shadowed;
    findings_.push_back({kind, route, other, std::move(error)});
  }

  const std::string& name(std::uint32_t route) const { return specs_[route].name; }

  const std::span<const RouteSpec> specs_;
  RouteTree tree_;
  std::vector<Router::Route> routes_;
  Names names_;
  std::map<Names, std::uint32_t> kept_names_;
  std::map<std::string, std::uint32_t> kept_methods_;
  std::vector<RouteFinding> findings_;
};

}  // namespace

RouterBuild build_router(std::span<const RouteSpec> specs) { return Builder(specs).build(); }

}  // namespace gatehouse
