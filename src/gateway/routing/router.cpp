#include "gateway/routing/router.h"

#include <algorithm>
#include <utility>

#include "gateway/routing/host_pattern.h"

namespace gatehouse {
namespace {

using Index = RouteTree::Index;

// One request's way through the tree. Recursion is as deep as the longest pattern, at most
// HostPattern::kLabelsMax + PathPattern::kSegmentsMax.
class Walk {
 public:
  Walk(const RouteTree& tree, Method method, std::string_view method_text, std::string_view path,
       RouteMatch& match)
      : tree_(tree), method_(method), method_text_(method_text), path_(path), match_(match) {}

  void run(std::string_view host) {
    split_path();
    if (!host.empty()) {
      split_host(host);
      if (hosts(tree_.host_root, 0)) return;
    }
    if (tree_.any_host != RouteTree::kNone && site(tree_.any_host)) return;
    if (!host_known_) return;
    match_.outcome = RouteOutcome::no_path;
    if (!path_known_) return;
    match_.outcome =
        method_ == Method::options ? RouteOutcome::options : RouteOutcome::wrong_method;
  }

 private:
  // Without constructors, so that an array of them costs nothing until it is filled.
  struct Part {
    const char* data;
    std::size_t size;
    std::uint64_t hash;

    std::string_view text() const { return {data, size}; }
  };
  static Part part_of(std::string_view text) {
    return {text.data(), text.size(), RouteTree::hash_of(text)};
  }

  void split_path() {
    // One part more than the deepest pattern has: what is beyond can only be a rest.
    if (!path_.starts_with('/')) return;
    std::size_t at = 0;
    while (at != std::string_view::npos && segment_count_ <= tree_.segment_depth) {
      const std::size_t slash = path_.find('/', at + 1);
      const std::string_view text = path_.substr(at + 1, slash - at - 1);
      segments_[segment_count_++] = part_of(text);
      at = slash;
    }
  }

  void split_host(std::string_view host) {
    if (host.starts_with('[')) {
      labels_[label_count_++] = part_of(host);
      return;
    }
    std::size_t end = host.size();
    while (label_count_ <= tree_.label_depth) {
      const std::size_t dot = end == 0 ? std::string_view::npos : host.rfind('.', end - 1);
      const std::size_t begin = dot == std::string_view::npos ? 0 : dot + 1;
      const std::string_view text = host.substr(begin, end - begin);
      labels_[label_count_++] = part_of(text);
      if (dot == std::string_view::npos) return;
      end = dot;
    }
  }

  // Each returns true when the route is found and false to try what comes next.

  bool hosts(Index at, std::uint32_t label) {
    ++match_.steps;
    const RouteTree::Node& node = tree_.nodes[at];
    if (label == label_count_) return node.here != RouteTree::kNone && site(node.here);
    const Part& part = labels_[label];
    const Index literal = tree_.child(at, part.text(), part.hash);
    if (literal != RouteTree::kNone && hosts(literal, label + 1)) return true;
    if (part.size == 0) return false;
    if (node.param != RouteTree::kNone) {
      host_captures_[host_capture_count_++] = label;
      if (hosts(node.param, label + 1)) return true;
      --host_capture_count_;
    }
    return node.rest != RouteTree::kNone && site(node.rest);
  }

  bool site(Index root) {
    host_known_ = true;
    return segment_count_ != 0 && paths(root, 0);
  }

  bool paths(Index at, std::uint32_t segment) {
    ++match_.steps;
    const RouteTree::Node& node = tree_.nodes[at];
    if (segment == segment_count_) return take(node.here);
    const Part& part = segments_[segment];
    const Index literal = tree_.child(at, part.text(), part.hash);
    if (literal != RouteTree::kNone && paths(literal, segment + 1)) return true;
    if (node.param != RouteTree::kNone && part.size != 0) {
      path_captures_[path_capture_count_++] = segment;
      if (paths(node.param, segment + 1)) return true;
      --path_capture_count_;
    }
    if (node.rest == RouteTree::kNone) return false;
    return take_rest(node.rest, part);
  }

  bool take(Index first) {
    constexpr int kMissed = 3;
    int best = kMissed;
    Index route = 0;
    for (Index at = first; at != RouteTree::kNone; at = tree_.entries[at].next) {
      path_known_ = true;
      const int rank = rank_of(tree_.entries[at]);
      if (rank >= best) continue;
      best = rank;
      route = tree_.entries[at].route;
    }
    if (best == kMissed) {
      for (Index at = first; at != RouteTree::kNone; at = tree_.entries[at].next) {
        allow(tree_.entries[at]);
      }
      return false;
    }
    match_.outcome = RouteOutcome::found;
    match_.route = route;
    for (std::uint32_t i = host_capture_count_; i > 0; --i) {
      capture(labels_[host_captures_[i - 1]].text());
    }
    for (std::uint32_t i = 0; i < path_capture_count_; ++i) {
      capture(segments_[path_captures_[i]].text());
    }
    return true;
  }

  bool take_rest(Index first, const Part& part) {
    if (!take(first)) return false;
    capture(path_.substr(static_cast<std::size_t>(part.data - path_.data())));
    return true;
  }

  void capture(std::string_view text) { match_.capture_array[match_.capture_count++] = text; }

  int rank_of(const RouteTree::Entry& entry) const {
    if (entry.any) return 2;
    if (entry.other_method != 0) {
      return method_ == Method::other && tree_.text_at(entry.other_method) == method_text_ ? 0 : 3;
    }
    if ((entry.methods & bit_of(method_)) != 0) return 0;
    return method_ == Method::head && (entry.methods & bit_of(Method::get)) != 0 ? 1 : 3;
  }

  void allow(const RouteTree::Entry& entry) {
    match_.allow = static_cast<MethodBits>(match_.allow | entry.methods);
    if (entry.other_method == 0 || match_.allow_more_count == match_.allow_more.size()) return;
    const std::string_view text = tree_.text_at(entry.other_method);
    auto* const end = match_.allow_more.begin() + match_.allow_more_count;
    if (std::find(match_.allow_more.begin(), end, text) != end) return;
    match_.allow_more[match_.allow_more_count++] = text;
  }

  const RouteTree& tree_;
  const Method method_;
  const std::string_view method_text_;
  const std::string_view path_;
  RouteMatch& match_;
  std::uint32_t segment_count_ = 0;
  std::uint32_t label_count_ = 0;
  std::uint32_t host_capture_count_ = 0;
  std::uint32_t path_capture_count_ = 0;
  bool host_known_ = false;
  bool path_known_ = false;
  std::array<Part, PathPattern::kSegmentsMax + 1> segments_;
  std::array<Part, HostPattern::kLabelsMax + 1> labels_;
  // Which of them are captured where the walk stands.
  std::array<std::uint32_t, HostPattern::kLabelsMax> host_captures_;
  std::array<std::uint32_t, PathPattern::kSegmentsMax> path_captures_;
};

}  // namespace

Router::Router(RouteTree tree, std::vector<Route> routes, std::vector<CaptureName> names)
    : tree_(std::move(tree)),
      routes_(std::move(routes)),
      names_(std::move(names)),
      steps_max_(tree_.steps_max()) {}

RouteMatch Router::match(Method method, std::string_view method_text, std::string_view host,
                         std::string_view path) const {
  RouteMatch match;
  Walk walk(tree_, method, method_text, path, match);
  walk.run(host);
  return match;
}

std::size_t Router::bytes() const {
  std::size_t total = tree_.bytes() + routes_.capacity() * sizeof(Route);
  for (const CaptureName& name : names_) total += sizeof name + name.text.capacity();
  return total;
}

std::string_view allow_text(const RouteMatch& match, Arena& arena) {
  constexpr std::array<std::pair<Method, std::string_view>, 8> kNames{
      {{Method::get, "GET, "},
       {Method::head, "HEAD, "},
       {Method::post, "POST, "},
       {Method::put, "PUT, "},
       {Method::patch, "PATCH, "},
       {Method::del, "DELETE, "},
       {Method::trace, "TRACE, "},
       {Method::options, "OPTIONS"}}};
  MethodBits bits = static_cast<MethodBits>(match.allow | bit_of(Method::options));
  if ((bits & bit_of(Method::get)) != 0)
    bits = static_cast<MethodBits>(bits | bit_of(Method::head));
  std::size_t bytes = 0;
  for (const auto& [method, name] : kNames) bytes += (bits & bit_of(method)) != 0 ? name.size() : 0;
  for (std::size_t i = 0; i < match.allow_more_count; ++i) bytes += match.allow_more[i].size() + 2;
  char* const text = arena.take(bytes);
  if (text == nullptr) return {};
  char* to = text;
  for (std::size_t i = 0; i < match.allow_more_count; ++i) {
    to = std::copy(match.allow_more[i].begin(), match.allow_more[i].end(), to);
    *to++ = ',';
    *to++ = ' ';
  }
  for (const auto& [method, name] : kNames) {
    if ((bits & bit_of(method)) != 0) to = std::copy(name.begin(), name.end(), to);
  }
  return {text, bytes};
}

}  // namespace gatehouse
