// gateway/router_bench: what a match costs with 10, 1,000 and 100,000 routes, how much memory a
// route takes, and how long the tree takes to build.
#include <benchmark/benchmark.h>

#include <random>

#include "gateway/routing/router.h"

namespace gatehouse {
namespace {

// What a company's list looks like: services with versions, resources, and paths below one item.
std::vector<RouteSpec> routes_of(std::size_t count) {
  std::vector<RouteSpec> specs;
  specs.reserve(count);
  for (std::size_t i = 0; specs.size() < count; ++i) {
    const std::string base =
        "/service" + std::to_string(i / 20) + "/v1/resource" + std::to_string(i % 20);
    const std::string host =
        i % 3 == 0 ? "{tenant}.shop.example" : "api" + std::to_string(i % 7) + ".shop.example";
    for (const std::string& match :
         {"GET|POST " + base, "GET|PUT|DELETE " + base + "/{id}", "GET " + base + "/{id}/history",
          "/files" + std::to_string(i) + "/*"}) {
      if (specs.size() < count) specs.push_back({"r" + std::to_string(i), match, {host}});
    }
  }
  return specs;
}

void match_random_routes(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const std::vector<RouteSpec> specs = routes_of(count);
  const RouterBuild build = build_router(specs);
  struct Ask {
    std::string host, path;
  };
  std::vector<Ask> asks;
  std::mt19937 dice(7);
  for (int i = 0; i < 8192; ++i) {
    const RouteSpec& spec = specs[dice() % count];
    std::string path = spec.match.substr(spec.match.find('/'));
    if (const std::size_t at = path.find("{id}"); at != std::string::npos) {
      path.replace(at, 4, std::to_string(dice()));
    }
    if (path.ends_with('*')) path.replace(path.size() - 1, 1, "css/site.css");
    std::string host = spec.hosts[0];
    if (host.starts_with('{')) host = "acme.shop.example";
    asks.push_back({std::move(host), std::move(path)});
  }
  std::size_t i = 0;
  std::size_t found = 0;
  for (auto _ : state) {
    const Ask& ask = asks[i++ & 8191];
    const RouteMatch match = build.router->match(Method::get, "GET", ask.host, ask.path);
    found += match.outcome == RouteOutcome::found ? 1 : 0;
    benchmark::DoNotOptimize(match);
  }
  if (found != i || !build.findings.empty()) state.SkipWithError("not every request was found");
  state.counters["bytes_a_route"] =
      static_cast<double>(build.router->bytes()) / static_cast<double>(count);
  state.counters["steps_max"] = static_cast<double>(build.router->steps_max());
}
BENCHMARK(match_random_routes)->Arg(10)->Arg(1000)->Arg(100000);

void build_routes(benchmark::State& state) {
  const std::vector<RouteSpec> specs = routes_of(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(build_router(specs));
}
BENCHMARK(build_routes)->Arg(10)->Arg(1000)->Arg(100000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace gatehouse
