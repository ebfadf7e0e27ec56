// verdicts/verdict_table_bench: what every request pays to be looked up, found or not.
#include <benchmark/benchmark.h>

#include "verdicts/verdict_table.h"

namespace gatehouse {
namespace {

StableHash hash_of(std::uint64_t number) {
  return sip_hash_128({}, {reinterpret_cast<const char*>(&number), sizeof number});
}

void look_up(benchmark::State& state) {
  const auto rows = static_cast<std::uint64_t>(state.range(0));
  const WallTime now{std::chrono::seconds{1}};
  VerdictTable table;
  std::vector<VerdictSubject> asked;
  for (std::uint64_t n = 0; n < rows; ++n) {
    const VerdictSubject subject{SubjectKind::address, hash_of(n)};
    table.set({.subject = subject, .expires = now + std::chrono::seconds{60}});
    asked.push_back(subject);
    asked.push_back({SubjectKind::address, hash_of(n + rows)});  // a stranger
  }
  if (asked.empty()) asked.push_back({SubjectKind::address, hash_of(0)});
  std::size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(table.find(asked[at], now));
    at = at + 1 == asked.size() ? 0 : at + 1;
  }
}
BENCHMARK(look_up)->Arg(0)->Arg(100)->Arg(100'000);

}  // namespace
}  // namespace gatehouse
