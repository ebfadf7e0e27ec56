// Promised: the tree finds what a scan of the plain list finds under the stated precedence, for
// random routes and requests; captures are right; a finding names both routes.
#include "gateway/routing/router.h"

#include <algorithm>
#include <optional>
#include <random>

#include "gateway/routing/host_pattern.h"

namespace gatehouse {
namespace {

using Outcome = RouteOutcome;
using testing::ElementsAre;
using testing::HasSubstr;

std::unique_ptr<const Router> router_of(const std::vector<RouteSpec>& specs) {
  RouterBuild build = build_router(specs);
  for (const RouteFinding& finding : build.findings) ADD_FAILURE() << finding.error.what;
  return std::move(build.router);
}

// "GET a.example/x" → the route's name with its captures, or why there is none.
std::string ask(const std::vector<RouteSpec>& specs, const Router& router, std::string_view text) {
  const std::size_t blank = text.find(' ');
  const std::string_view method = text.substr(0, blank);
  const std::string_view url = text.substr(blank + 1);
  const std::size_t slash = std::min(url.find('/'), url.size());
  const RouteMatch match =
      router.match(method_of(method), method, url.substr(0, slash), url.substr(slash));
  EXPECT_LE(match.steps, router.steps_max()) << text;
  Arena arena;
  switch (match.outcome) {
    case Outcome::no_host:
      return "no host";
    case Outcome::no_path:
      return "no path";
    case Outcome::wrong_method:
      return "allow " + std::string(allow_text(match, arena));
    case Outcome::options:
      return "options " + std::string(allow_text(match, arena));
    case Outcome::found:
      break;
  }
  std::string answer = specs[match.route].name;
  const auto names = router.capture_names(match.route);
  EXPECT_EQ(names.size(), match.captures().size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    answer += " " + names[i].text + "=" + std::string(match.captures()[i]);
  }
  return answer;
}

struct Case {
  const char* request;
  const char* answer;
};

TEST(Router, finds_the_most_exact_route_and_goes_back_from_a_dead_end) {
  const std::vector<RouteSpec> specs{
      {"root", "/", {}},
      {"order", "GET /orders/{id}", {}},
      {"order-items", "GET|POST /orders/{order}/items", {}},
      {"order-new", "/orders/new", {}},
      {"order-new-draft", "GET /orders/new/draft", {}},
      {"files", "GET /files/{rest*}", {}},
      {"files-index", "/files/", {}},
      {"file-meta", "GET /files/{name}/meta", {}},
      {"all-of-static", "/static/*", {}},
      {"purge", "PURGE /static/{name}", {}},
  };
  const auto router = router_of(specs);
  for (const Case& c : std::initializer_list<Case>{
           {"GET x/", "root"},
           {"GET x/orders/7", "order id=7"},
           {"HEAD x/orders/7", "order id=7"},
           {"GET x/orders/a%2Fb", "order id=a%2Fb"},
           {"GET x/orders/new", "order-new"},
           {"GET x/orders/new/draft", "order-new-draft"},
           {"POST x/orders/new/items", "order-items order=new"},
           {"DELETE x/orders/7", "allow GET, HEAD, OPTIONS"},
           {"OPTIONS x/orders/7/items", "options GET, HEAD, POST, OPTIONS"},
           {"GET x/orders/", "no path"},
           {"GET x/orders", "no path"},
           {"GET x/orders/7/", "no path"},
           {"GET x/files", "no path"},
           {"GET x/files/", "files-index"},
           {"GET x/files/a", "files rest=a"},
           {"GET x/files/a/meta", "file-meta name=a"},
           {"GET x/files/a/meta/b", "files rest=a/meta/b"},
           {"GET x/files//meta", "files rest=/meta"},
           {"PURGE x/static/a", "purge name=a"},
           {"GET x/static/a", "all-of-static *=a"},
           {"GET x/static/", "all-of-static *="},
           {"PURGE x/files/b", "allow GET, HEAD, OPTIONS"},
           {"GET x*", "no path"},
           {"GET x", "no path"},
           {"GET /", "root"},
       }) {
    EXPECT_EQ(ask(specs, *router, c.request), c.answer) << c.request;
  }
}

TEST(Router, prefers_the_exact_host_then_the_longer_suffix_then_any) {
  const std::vector<RouteSpec> specs{
      {"any", "/x", {}},
      {"any-more", "/more", {"*"}},
      {"exact", "/x", {"API.shop.example"}},
      {"tenant", "/{p}", {"{tenant}.shop.example"}},
      {"deep", "/x", {"*.shop.example"}},
      {"deeper", "/x", {"*.eu.shop.example"}},
      {"two", "/x", {"{a}.{b}.de.shop.example"}},
      {"address", "/x", {"[::1]", "127.0.0.1"}},
  };
  const auto router = router_of(specs);
  for (const Case& c : std::initializer_list<Case>{
           {"GET api.shop.example/x", "exact"},
           {"GET api.shop.example/y", "tenant tenant=api p=y"},
           {"GET acme.shop.example/x", "tenant tenant=acme p=x"},
           {"GET a.b.shop.example/x", "deep"},
           {"GET a.eu.shop.example/x", "deeper"},
           {"GET eu.shop.example/x", "tenant tenant=eu p=x"},
           {"GET a.b.de.shop.example/x", "two a=a b=b"},
           {"GET a.b.c.de.shop.example/x", "deep"},
           {"GET shop.example/x", "any"},
           {"GET a.b.shop.example/more", "any-more"},
           {"GET a.b.shop.example/nothing", "no path"},
           {"GET [::1]/x", "address"},
           {"GET 127.0.0.1/x", "address"},
           {"GET .shop.example/x", "any"},
       }) {
    EXPECT_EQ(ask(specs, *router, c.request), c.answer) << c.request;
  }
}

TEST(Router, says_that_a_host_is_unknown_only_when_no_route_is_for_it) {
  const std::vector<RouteSpec> specs{{"a", "/x", {"a.example"}}};
  const auto router = router_of(specs);
  EXPECT_EQ(ask(specs, *router, "GET b.example/x"), "no host");
  EXPECT_EQ(ask(specs, *router, "GET a.example/y"), "no path");
  EXPECT_EQ(ask(specs, *router, "GET /x"), "no host");
  EXPECT_EQ(ask({}, *router_of({}), "GET a.example/x"), "no host");
}

TEST(Router, gathers_allowed_methods_over_all_routes_of_the_path) {
  const std::vector<RouteSpec> specs{
      {"a", "PUT /x/y", {}}, {"b", "PATCH|LOCK /x/{z}", {}}, {"c", "DELETE /x/*", {}}};
  const auto router = router_of(specs);
  EXPECT_EQ(ask(specs, *router, "GET h/x/y"), "allow LOCK, PUT, PATCH, DELETE, OPTIONS");
  EXPECT_EQ(ask(specs, *router, "LOCK h/x/y"), "b z=y");
  EXPECT_EQ(ask(specs, *router, "UNLOCK h/x/q"), "allow LOCK, PATCH, DELETE, OPTIONS");
}

TEST(Router, of_one_pattern_a_named_method_goes_before_get_for_head_and_that_before_any) {
  const std::vector<RouteSpec> specs{
      {"any", "* /x", {}}, {"get", "GET /x", {}}, {"head", "HEAD /y", {}}, {"get-y", "GET /y", {}}};
  const auto router = router_of(specs);
  EXPECT_EQ(ask(specs, *router, "HEAD h/x"), "get");
  EXPECT_EQ(ask(specs, *router, "POST h/x"), "any");
  EXPECT_EQ(ask(specs, *router, "BREW h/x"), "any");
  EXPECT_EQ(ask(specs, *router, "HEAD h/y"), "head");
}

std::string findings_of(const std::vector<RouteSpec>& specs) {
  std::string text;
  for (const RouteFinding& finding : build_router(specs).findings) {
    text += finding.error.what + "\n";
  }
  return text;
}

TEST(RouterFindings, name_both_routes_of_a_conflict) {
  EXPECT_EQ(findings_of({{"a", "GET /x/{id}", {"h.example"}}, {"b", "/x/{key}", {"h.example"}}}),
            "");
  EXPECT_EQ(
      findings_of({{"a", "GET /x/{id}", {"h.example"}}, {"b", "POST|GET /x/{key}", {"H.example"}}}),
      "routes `a` and `b` both answer the same requests (GET); `a` stands first and gets "
      "them\n");
  EXPECT_EQ(findings_of({{"a", "/x/*", {}}, {"b", "/x/{rest*}", {"*"}}}),
            "route `b` is never reached: `a` has the same pattern (any method)\n");
  EXPECT_EQ(findings_of({{"a", "GET|LOCK /x", {}}, {"b", "LOCK /x", {}}}),
            "route `b` is never reached: `a` has the same pattern (LOCK)\n");
  EXPECT_EQ(findings_of({{"a", "/x", {"{p}.example"}}, {"b", "/x", {"c.example", "{q}.example"}}}),
            "hosts `c.example` and `{q}.example` don't capture the same names\n");
  EXPECT_EQ(findings_of({{"a", "/x", {"c.example", "c.example"}}}),
            "route `a` names the same host twice\n");
}

TEST(RouterFindings, leave_the_first_of_two_in_place) {
  const std::vector<RouteSpec> specs{{"a", "GET /x", {}}, {"b", "GET|PUT /x", {}}};
  const RouterBuild build = build_router(specs);
  ASSERT_EQ(build.findings.size(), 1U);
  EXPECT_EQ(build.findings[0].kind, RouteFinding::Kind::conflict);
  EXPECT_EQ(build.findings[0].route, 1U);
  EXPECT_EQ(build.findings[0].other, 0U);
  EXPECT_EQ(ask(specs, *build.router, "GET h/x"), "a");
  EXPECT_EQ(ask(specs, *build.router, "PUT h/x"), "b");
}

TEST(RouterFindings, say_which_captures_are_wrong) {
  EXPECT_THAT(findings_of({{"a", "/x/{id}", {"{id}.example"}}}),
              HasSubstr("`{id}` is captured by host and path"));
  std::string path;
  for (char c = 'a'; c <= 'q'; ++c) path += std::string("/{") + c + "}";
  EXPECT_THAT(findings_of({{"a", path, {}}}), HasSubstr("captures 17 parts, the most is 16"));
}

TEST(RouterFindings, refuse_routes_that_would_make_a_walk_long) {
  std::vector<RouteSpec> specs;
  for (unsigned bits = 0; bits < 1024; ++bits) {  // every mix of text and parameter, ten deep
    std::string path;
    for (unsigned i = 0; i < 10; ++i) {
      path += (bits >> i & 1) != 0 ? "/a" : "/{p" + std::to_string(i) + "}";
    }
    specs.push_back({"r" + std::to_string(bits), path + "/end", {}});
  }
  EXPECT_THAT(findings_of(specs), HasSubstr("could need 3072 steps, the most is 1024"));
}

// The slow twin: every route is tried, and the best by comparison wins.
class List {
 public:
  explicit List(const std::vector<RouteSpec>& specs) {
    for (std::uint32_t i = 0; i < specs.size(); ++i) {
      const PathPattern path = *PathPattern::parse(specs[i].match);
      std::vector<std::string> hosts = specs[i].hosts;
      if (hosts.empty()) hosts.emplace_back("*");
      for (const std::string& host : hosts) lines_.push_back({i, *HostPattern::parse(host), path});
    }
  }

  // The route, or why none.
  std::pair<Outcome, std::uint32_t> match(std::string_view method, const std::string& host,
                                          const std::string& path) const {
    std::optional<std::pair<std::vector<int>, std::uint32_t>> best;
    bool host_known = false;
    bool path_known = false;
    for (const Line& line : lines_) {
      std::vector<int> rank;
      if (!takes_host(line.host, host, rank)) continue;
      host_known = true;
      if (!takes_path(line.path, path, rank)) continue;
      path_known = true;
      if (!takes_method(line.path, method, rank)) continue;
      if (!best || rank < best->first) best = {rank, line.route};
    }
    if (best) return {Outcome::found, best->second};
    if (path_known) return {method == "OPTIONS" ? Outcome::options : Outcome::wrong_method, 0};
    return {host_known ? Outcome::no_path : Outcome::no_host, 0};
  }

 private:
  struct Line {
    std::uint32_t route;
    HostPattern host;
    PathPattern path;
  };

  static std::vector<std::string> cut(const std::string& text, char at) {
    std::vector<std::string> parts{""};
    for (const char c : text) {
      if (c == at) {
        parts.emplace_back();
      } else {
        parts.back() += c;
      }
    }
    return parts;
  }

  // Ranks compare place by place: literal 0, captured 1, wildcard 2, any host 3.
  static bool takes_host(const HostPattern& pattern, const std::string& host,
                         std::vector<int>& rank) {
    if (pattern.any()) {
      rank.push_back(3);
      return true;
    }
    std::vector<std::string> labels = cut(host, '.');
    std::reverse(labels.begin(), labels.end());
    for (std::size_t i = 0; i < pattern.labels.size(); ++i) {
      const HostLabel& wanted = pattern.labels[pattern.labels.size() - 1 - i];
      if (i >= labels.size() || labels[i].empty()) return false;
      rank.push_back(static_cast<int>(wanted.kind));
      if (wanted.kind == HostLabel::Kind::wildcard) return true;
      if (wanted.kind == HostLabel::Kind::literal && wanted.text != labels[i]) return false;
    }
    return labels.size() == pattern.labels.size();
  }

  static bool takes_path(const PathPattern& pattern, const std::string& path,
                         std::vector<int>& rank) {
    std::vector<std::string> segments = cut(path, '/');
    segments.erase(segments.begin());
    for (std::size_t i = 0; i < pattern.segments.size(); ++i) {
      const PathSegment& wanted = pattern.segments[i];
      if (i >= segments.size()) return false;
      rank.push_back(static_cast<int>(wanted.kind));
      if (wanted.kind == PathSegment::Kind::rest) return true;
      if (wanted.kind == PathSegment::Kind::param && segments[i].empty()) return false;
      if (wanted.kind == PathSegment::Kind::literal && wanted.text != segments[i]) return false;
    }
    return segments.size() == pattern.segments.size();
  }

  static bool takes_method(const PathPattern& pattern, std::string_view method,
                           std::vector<int>& rank) {
    const Method known = method_of(method);
    const auto& more = pattern.more_methods;
    const bool named = (pattern.methods & bit_of(known)) != 0 ||
                       std::find(more.begin(), more.end(), method) != more.end();
    const bool by_get = known == Method::head && (pattern.methods & bit_of(Method::get)) != 0;
    rank.push_back(named ? 0 : by_get ? 1 : 2);
    return named || by_get || pattern.any_method;
  }

  std::vector<Line> lines_;
};

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}
  unsigned below(unsigned n) { return static_cast<unsigned>(engine_() % n); }
  std::string one_of(std::initializer_list<const char*> words) {
    return *(words.begin() + below(static_cast<unsigned>(words.size())));
  }

  std::string host_pattern(unsigned route) {
    if (below(4) == 0) return "*";
    std::string text = below(3) == 0 ? "*." : "";
    const unsigned labels = 1 + below(3);
    for (unsigned i = 0; i < labels; ++i) {
      const bool captured = below(3) == 0 && i + 1 < labels;
      text += captured ? "{h" + std::to_string(route) + std::string(1, char('a' + i)) + "}"
                       : one_of({"a", "b", "example"});
      if (i + 1 < labels) text += '.';
    }
    return text;
  }
  std::string path_pattern() {
    std::string text;
    const unsigned segments = 1 + below(4);
    for (unsigned i = 0; i < segments; ++i) {
      text += '/';
      text += below(3) == 0 ? "{p" + std::to_string(i) + "}" : one_of({"a", "b", "orders"});
    }
    if (below(4) == 0) text += "/*";
    if (below(8) == 0 && !text.ends_with('*')) text += '/';
    return text;
  }
  std::string methods() { return one_of({"", "* ", "GET ", "POST|PUT ", "GET|LOCK ", "HEAD "}); }
  std::string host() {
    std::string text = one_of({"a", "b", "example", "x"});
    while (below(2) == 0) text = one_of({"a", "b", "example", "y"}) + "." + text;
    return text;
  }
  std::string path() {
    std::string text;
    const unsigned segments = 1 + below(6);
    for (unsigned i = 0; i < segments; ++i) text += "/" + one_of({"a", "b", "orders", "z", ""});
    return text;
  }

 private:
  std::mt19937 engine_;
};

TEST(RouterTwin, tree_and_list_agree_on_random_routes_and_requests) {
  unsigned found = 0;
  for (unsigned seed = 1; seed <= 80; ++seed) {
    Dice dice(seed);
    std::vector<RouteSpec> specs;
    const unsigned count = 1 + dice.below(50);
    while (specs.size() < count) {
      const auto i = static_cast<unsigned>(specs.size());
      specs.push_back(
          {"r" + std::to_string(i), dice.methods() + dice.path_pattern(), {dice.host_pattern(i)}});
      if (!build_router(specs).findings.empty()) specs.pop_back();
    }
    const auto router = router_of(specs);
    const List list(specs);
    for (unsigned i = 0; i < 300; ++i) {
      const std::string method =
          dice.one_of({"GET", "POST", "PUT", "HEAD", "LOCK", "OPTIONS", "DELETE", "BREW"});
      const std::string host = dice.host();
      const std::string path = dice.path();
      const RouteMatch match = router->match(method_of(method), method, host, path);
      const auto [outcome, route] = list.match(method, host, path);
      ASSERT_EQ(match.outcome, outcome) << seed << " " << method << " " << host << path;
      ASSERT_EQ(match.route, route) << seed << " " << method << " " << host << path << " "
                                    << specs[match.route].match << " " << specs[route].match;
      ASSERT_LE(match.steps, router->steps_max());
      if (outcome == Outcome::found) {
        ++found;
        ASSERT_EQ(match.captures().size(), router->capture_names(route).size());
      }
    }
  }
  EXPECT_GT(found, 2'000U);  // else the dice are loaded
}

}  // namespace
}  // namespace gatehouse
