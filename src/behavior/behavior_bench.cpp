// behavior/behavior_bench: from a journal's record to its scores: events a second, and bytes a
// user.
//
// Users    1,000 to 100,000, alike or by Zipf's law (exponent 1), each with routes, hours, pace and
//          a number of paths of its own; one event in 5,000 is somebody's odd route.
// Warm     a week of event time is scored before anything is measured; then 30 events a second.
// Bytes    all that scorer holds (pool, rows, names, groups, timers) over the users that came.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "behavior/judge.h"
#include "behavior/scorer_testing.h"

namespace gatehouse {
namespace {

constexpr std::int64_t kStart = 1'790'000'000'000'000;
constexpr std::int64_t kWeekUs = 7LL * 24 * 3600 * 1'000'000;
constexpr std::int64_t kStepUs = 33'333;

constexpr std::string_view kContent = R"(
features:
  user.routes: { model: seen, value: route }
  user.networks: { model: seen, value: network }
  user.devices: { model: seen, value: device }
  user.hours: { model: hours }
  user.calls: { model: pace, window: 1m }
  user.paths: { model: distinct, value: path, window: 5m }
  address.tries:
    { model: distinct, value: sign_in_user, window: 5m, where: event.sign_in == "failed" }
detectors:
  new_route:
    when: user.routes.new && user.routes.surprise > 6.0
    points: 30
    reason: "first use of {event.route}"
  new_network:
    when: user.networks.new && user.networks.surprise > 6.0
    points: 30
    reason: "from a new network"
  new_device:
    when: user.devices.new && user.devices.surprise > 6.0
    points: 25
    reason: "with a new device"
  odd_hour: { when: user.hours.surprise > 5.0, points: 15, reason: "at an odd hour" }
  rush: { when: user.calls.surprise > 7.0, points: 25, reason: "{user.calls.amount} calls" }
  crawl: { when: user.paths.surprise > 7.0, points: 25, reason: "{user.paths.amount} paths" }
  stuffing:
    when: address.tries.amount >= 10
    about: address
    points: 120
    fact: true
    reason: "{address.tries.amount} accounts tried"
)";

enum Spread : std::int64_t { uniform, zipf };

// Who calls next.
class Callers {
 public:
  Callers(std::size_t users, Spread spread) : sums_(users) {
    double sum = 0;
    for (std::size_t i = 0; i < users; ++i) {
      sums_[i] = sum += spread == zipf ? 1 / static_cast<double>(i + 1) : 1;
    }
  }
  std::size_t next(std::mt19937_64& random) const {
    const double at = static_cast<double>(random() >> 11) / 0x1p53 * sums_.back();
    const auto found = std::ranges::upper_bound(sums_, at);
    return std::min(static_cast<std::size_t>(found - sums_.begin()), sums_.size() - 1);
  }

 private:
  std::vector<double> sums_;
};

class World {
 public:
  World(std::size_t users, Spread spread, std::function<void(const EventView&)> take)
      : callers_(users, spread), came_(users), records_(std::move(take)) {
    records_.content(kContent, kStart);
  }
  // One event; the texts are made anew each time, as a record's are.
  void step(std::int64_t at_us) {
    const std::size_t who = callers_.next(random_);
    came_[who] = true;
    const std::uint64_t dice = random_();
    const std::string user = "user-" + std::to_string(who);
    const std::uint64_t own = dice % 5 * (dice >> 8) % 5 % 9;
    const std::string route = dice % 5000 == 0 ? "odd-" + std::to_string(dice >> 40 & 1023)
                                               : "route-" + std::to_string((who * 7 + own) % 400);
    const std::string client = "10." + std::to_string(who >> 8 & 255) + '.' +
                               std::to_string(who & 255) + '.' + std::to_string(dice >> 20 & 3);
    records_.call({.user = user, .route = route, .client = client}, at_us);
  }
  std::size_t came() const { return static_cast<std::size_t>(std::ranges::count(came_, true)); }

 private:
  Callers callers_;
  std::vector<bool> came_;
  testing::Records records_;
  std::mt19937_64 random_{1};
};

void score(benchmark::State& state) {
  const auto users = static_cast<std::size_t>(state.range(0));
  std::vector<VerdictChange> changes;
  Judge judge({}, {});
  World world(users, static_cast<Spread>(state.range(1)), [&](const EventView& record) {
    changes.clear();
    judge.on_record(record, changes);
  });
  const std::size_t warm = std::max<std::size_t>(200'000, users * 10);
  for (std::size_t i = 0; i < warm; ++i) {
    world.step(kStart + kWeekUs / static_cast<std::int64_t>(warm) * static_cast<std::int64_t>(i));
  }
  std::int64_t at = kStart + kWeekUs;
  for (auto _ : state) world.step(at += kStepUs);
  const JudgeCounts counts = judge.counts();
  state.SetItemsProcessed(state.iterations());
  state.counters["bytes_per_user"] = static_cast<double>(judge.scorer().memory().bytes()) /
                                     static_cast<double>(std::max<std::size_t>(1, world.came()));
  state.counters["users"] = static_cast<double>(world.came());
  state.counters["entities"] = static_cast<double>(counts.scorer.memory.entities.entities);
  state.counters["findings"] = static_cast<double>(counts.scorer.findings);
}
BENCHMARK(score)
    ->ArgNames({"users", "zipf"})
    ->ArgsProduct({{1000, 10'000, 100'000}, {uniform, zipf}})
    ->Iterations(300'000)
    ->Unit(benchmark::kMicrosecond);

// What making the record alone costs, to be taken off.
void make_record(benchmark::State& state) {
  World world(10'000, uniform, [](const EventView&) {});
  std::int64_t at = kStart;
  for (auto _ : state) world.step(at += kStepUs);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(make_record)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace gatehouse
