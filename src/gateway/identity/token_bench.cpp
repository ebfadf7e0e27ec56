// What a token costs: known already (a digest and a look-up), and new, by the algorithm of its key.
#include <benchmark/benchmark.h>

#include "gateway/identity/hs256_testing.h"
#include "gateway/identity/token.h"
#include "gateway/identity/token_cache.h"
#include "testing/jws_vectors.h"

namespace gatehouse {
namespace {

using testing::JwsVector;
using testing::kJwsVectors;

constexpr WallTime kThen{std::chrono::seconds{1'300'819'000}};  // before the vectors' `exp`

void new_token(benchmark::State& state, const JwsVector& vector) {
  TokenRules rules;
  rules.algorithms = {*signature_algorithm(vector.algorithm)};
  TokenCheck check(rules);
  check.use(*KeySet::read(testing::jwk_of(vector)));
  for (auto _ : state) {
    auto checked = check.check(vector.token, kThen);
    if (!checked) state.SkipWithError("refused");
    benchmark::DoNotOptimize(checked);
  }
}
BENCHMARK_CAPTURE(new_token, hs256, kJwsVectors[0]);
BENCHMARK_CAPTURE(new_token, rs256, kJwsVectors[1]);
BENCHMARK_CAPTURE(new_token, es256, kJwsVectors[2]);

// As the policy does it: digest, look-up among ten thousand, and a hold on what was found.
void known_token(benchmark::State& state) {
  const std::string secret(32, 's');
  TokenRules rules;
  rules.algorithms = {SignatureAlgorithm::hs256};
  TokenCheck check(rules);
  check.use(*KeySet::of_secret(secret));
  const std::string claims = R"({"sub":"ann","exp":1900000000,"pad":")" +
                             std::string(static_cast<std::size_t>(state.range(0)), 'x') + "\"}";
  const std::string token = testing::hs256_token(R"({"alg":"HS256"})", claims, secret);
  const HashKey key{{1, 2, 3}};
  TokenCache cache(20'000, 64 << 20);
  const auto verified = *check.check(token, kThen);
  cache.add(stable_hash(key, SubjectKind::token, token), 1, verified);
  for (std::uint64_t i = 0; i < 10'000; ++i) cache.add({i * 0x9e3779b97f4a7c15U, i}, 1, verified);
  for (auto _ : state) {
    auto found = cache.find(stable_hash(key, SubjectKind::token, token), 1, kThen);
    if (found == nullptr) state.SkipWithError("forgotten");
    benchmark::DoNotOptimize(found);
  }
  state.counters["token_bytes"] = static_cast<double>(token.size());
}
BENCHMARK(known_token)->Arg(0)->Arg(400);

// What a stranger's token costs that no key can have made.
void forged_token(benchmark::State& state) {
  const JwsVector& vector = kJwsVectors[2];
  TokenRules rules;
  rules.algorithms = {SignatureAlgorithm::es256};
  TokenCheck check(rules);
  check.use(*KeySet::read(testing::jwk_of(vector)));
  std::string token(vector.token);
  token[token.size() - 20] = token[token.size() - 20] == 'A' ? 'B' : 'A';
  for (auto _ : state) {
    auto checked = check.check(token, kThen);
    if (checked) state.SkipWithError("taken");
    benchmark::DoNotOptimize(checked);
  }
}
BENCHMARK(forged_token);

}  // namespace
}  // namespace gatehouse
