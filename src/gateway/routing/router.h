// gateway/routing/router: which route a request belongs to, and the captured parts of its host and
// path.
//
// Place      built once from the config, immutable, read by all workers at the same time.
// Input      the host without port in lower case (http/authority) and the canonical path.
// Precedence the host first, label by label from the right, then the path, segment by segment from
//            the left; at each place a literal goes before a captured part, a captured part before
//            a wildcard, and a route for some host before one for any. Of routes with one and the
//            same pattern, a named method goes before GET's answer to HEAD and that before "any".
//            A route that fits better but not with this method is passed over: 405 is the answer
//            only when no route takes the method.
// Bound      a walk sees each node of the tree at most once; build_router knows the most nodes that
//            any request can make it see, and reports a config in which that is above kStepsMax.
//            No allocation, whatever the request.
// Errors     never: what was wrong with the routes are build_router's findings.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/error.h"
#include "gateway/routing/route_tree.h"
#include "http/message.h"

namespace gatehouse {

struct RouteSpec {
  std::string name;                // for findings
  std::string match;               // "GET|POST /orders/{id}", see path_pattern.h
  std::vector<std::string> hosts;  // see host_pattern.h; none: any host
};

enum class RouteOutcome : std::uint8_t {
  no_host,       // no route is for this host
  no_path,       // none of its routes has this path
  wrong_method,  // known, but not with this method: 405 with allow_text
  options,       // the same, but OPTIONS asks exactly that: 204 with allow_text
  found,
};

struct RouteMatch {
  static constexpr std::size_t kCapturesMax = 16;

  RouteOutcome outcome = RouteOutcome::no_host;
  std::uint32_t route = 0;  // index into the specs; of `found` alone
  std::uint32_t steps = 0;  // nodes that were seen
  std::uint8_t capture_count = 0;
  std::array<std::string_view, kCapturesMax> capture_array{};

  MethodBits allow = 0;                          // of wrong_method and options
  std::uint8_t allow_more_count = 0;             // methods that Method doesn't know
  std::array<std::string_view, 4> allow_more{};  // the first four of them

  // The host's left to right, then the path's; named by Router::capture_names. Views into what was
  // asked for.
  std::span<const std::string_view> captures() const {
    return {capture_array.data(), capture_count};
  }
};

class Router {
 public:
  static constexpr std::uint64_t kStepsMax = 1024;

  struct Route {
    std::uint32_t names = 0;  // first of its names
    std::uint8_t name_count = 0;
  };

  Router(RouteTree tree, std::vector<Route> routes, std::vector<CaptureName> names);
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  RouteMatch match(Method method, std::string_view method_text, std::string_view host,
                   std::string_view path) const;

  std::span<const CaptureName> capture_names(std::uint32_t route) const {
    return {names_.data() + routes_[route].names, routes_[route].name_count};
  }
  std::uint64_t steps_max() const { return steps_max_; }
  std::size_t bytes() const;

 private:
  const RouteTree tree_;
  const std::vector<Route> routes_;
  const std::vector<CaptureName> names_;
  const std::uint64_t steps_max_;
};

struct RouteFinding {
  enum class Kind : std::uint8_t {
    bad_pattern,  // the route was left out
    conflict,     // some requests of `route` go to `other`, which was there first
    shadowed,     // all of them do
    too_much_work,
  };
  Kind kind = Kind::bad_pattern;
  std::uint32_t route = 0;  // indexes into the specs
  std::uint32_t other = 0;
  Error error;
};

struct RouterBuild {
  std::unique_ptr<const Router>
      router;  // of the routes without findings, and what is left of others
  std::vector<RouteFinding> findings;
};

RouterBuild build_router(std::span<const RouteSpec> specs);

// "GET, HEAD, OPTIONS": the Allow field of wrong_method and options. Empty when the arena is full.
std::string_view allow_text(const RouteMatch& match, Arena& arena);

}  // namespace gatehouse
