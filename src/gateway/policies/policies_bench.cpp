// gateway/policies_bench: what the policies that decide by address, expression and count cost a
// request, and how the table of a limit holds up when workers share it.
#include <benchmark/benchmark.h>

#include <random>

#include "gateway/policies/address_set.h"
#include "gateway/policies/exchange_testing.h"

namespace gatehouse::testing {
namespace {

constexpr int kCalls = 256;

// The policy alone, asked so many times in each exchange; the time is that of one call.
void policy(benchmark::State& state, std::string_view declaration) {
  ExchangeRig rig("  p: " + std::string(declaration));
  if (rig.built.empty()) {
    state.SkipWithError("its config is refused");
    return;
  }
  std::chrono::duration<double> taken{};
  rig.look = [&](Exchange& exchange) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kCalls; ++i) {
      benchmark::DoNotOptimize(rig.built[0]->on_request(exchange));
    }
    taken = std::chrono::steady_clock::now() - begin;
  };
  for (auto _ : state) {
    rig.ask();
    state.SetIterationTime(taken.count() / kCalls);
  }
}

void ip_list(benchmark::State& state) {
  policy(state, "{kind: ip_list, deny: [192.0.2.0/24], allow: [203.0.113.0/24, '2001:db8::/32']}");
}
BENCHMARK(ip_list)->UseManualTime()->MinTime(0.002);

void condition(benchmark::State& state) {
  policy(state,
         "{kind: condition, allow: \"request.method == 'GET' && "
         "request.path.startsWith('/orders/') && !(client.address in cidr('10.0.0.0/8'))\"}");
}
BENCHMARK(condition)->UseManualTime()->MinTime(0.002);

void rate_limit(benchmark::State& state) {
  policy(state, "{kind: rate_limit, limit: 1000000000/s, fields: false}");
}
BENCHMARK(rate_limit)->UseManualTime()->MinTime(0.002);

void rate_limit_that_tells(benchmark::State& state) {
  policy(state, "{kind: rate_limit, limit: 1000000000/s}");
}
BENCHMARK(rate_limit_that_tells)->UseManualTime()->MinTime(0.002);

void rate_limit_per_expression(benchmark::State& state) {
  policy(state, "{kind: rate_limit, limit: 1000000000/s, fields: false, per: request.host}");
}
BENCHMARK(rate_limit_per_expression)->UseManualTime()->MinTime(0.002);

// Random addresses, half of them listed, in a set of so many networks.
void address_set(benchmark::State& state) {
  std::mt19937_64 random(7);
  std::vector<IpPrefix> networks;
  std::vector<IpAddress> asked;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    IpAddress one = *IpAddress::parse("0.0.0.0");
    for (std::size_t k = 12; k < 15; ++k) one.bytes[k] = static_cast<std::uint8_t>(random());
    one.bytes[15] = static_cast<std::uint8_t>(random() & 0xfe);
    networks.push_back({one, 128});
    if (asked.size() < 8192) asked.push_back(one);
    one.bytes[15] |= 1;
    if (asked.size() < 8192) asked.push_back(one);
  }
  const AddressSet set(networks);
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(set.contains(asked[next]));
    next = (next + 1) % asked.size();
  }
  state.counters["bytes"] = static_cast<double>(set.bytes());
}
BENCHMARK(address_set)->Arg(100)->Arg(100'000);

// One key is the worst that workers can do to one another.
class SharedTable : public benchmark::Fixture {
 public:
  RateTable table{{1'000'000'000, std::chrono::seconds{1}, 1'000'000'000},
                  100'000,
                  std::chrono::steady_clock::now()};
};
BENCHMARK_DEFINE_F(SharedTable, one_key)(benchmark::State& state) {
  const StableHash key = stable_hash({}, SubjectKind::user, "ann");
  for (auto _ : state) {
    benchmark::DoNotOptimize(table.take(key, std::chrono::steady_clock::now()));
  }
}
BENCHMARK_REGISTER_F(SharedTable, one_key)->Threads(1)->Threads(2)->UseRealTime();

BENCHMARK_DEFINE_F(SharedTable, many_keys)(benchmark::State& state) {
  std::vector<StableHash> keys;
  for (int i = 0; i < 50'000; ++i) {
    keys.push_back(stable_hash({}, SubjectKind::user, std::to_string(i)));
  }
  std::size_t next = static_cast<std::size_t>(state.thread_index()) * 1000;
  for (auto _ : state) {
    benchmark::DoNotOptimize(table.take(keys[next], std::chrono::steady_clock::now()));
    next = (next + 7919) % keys.size();
  }
}
BENCHMARK_REGISTER_F(SharedTable, many_keys)->Threads(1)->Threads(2)->UseRealTime();

}  // namespace
}  // namespace gatehouse::testing
