// gateway/policies_bench: what each policy adds to a request, and how the table of a limit holds up
// when workers share it.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <random>

#include "base/password_hash.h"
#include "gateway/identity/api_keys.h"
#include "gateway/identity/hs256_testing.h"
#include "gateway/identity/key_sources.h"
#include "gateway/identity/password_checks.h"
#include "gateway/policies/address_set.h"
#include "gateway/policies/exchange_testing.h"
#include "testing/jws_vectors.h"

namespace gatehouse::testing {
namespace {

// What a policy adds to a request: each is asked in exchanges of its own, and so is a twin without
// it that gets the same request. `bench/policies.py` takes one from the other; `counted` is for
// callgrind, which looks at asked_once alone.
struct Added {
  std::string policy{};  // its declaration; empty: none of the list
  std::function<void(QuietStream&)> change = nullptr;
  std::function<void(ExchangeRig&)> before = nullptr;  // each request
  std::function<void(Exchange&)> look = nullptr;       // of both twins
  std::function<void(Exchange&)> look_with = nullptr;  // in its place
  std::chrono::nanoseconds clock{};                    // moved by so much
};

[[gnu::noinline]] void asked_once(ExchangeRig& rig, const Added& it) {
  if (it.before) it.before(rig);
  rig.ask(it.change);
}

class Twin {
 public:
  Twin(const Added& it, bool with)
      : it_(it), rig_(with && !it.policy.empty() ? "  p: " + it.policy : "") {
    if (rig_.local.snapshot == nullptr) return;
    rig_.keys = &keys_;
    rig_.passwords = &passwords_;
    rig_.clock.advance(it.clock);
    rig_.rebuild();
    // The first one may wait for a slow hash; those that follow find it remembered.
    rig_.look = [&](Exchange&) { rig_.loop.stop(); };
    ask();
    if (rig_.answer->status == 0) rig_.loop.run();
    passes_ = rig_.code == "route-not-found";
    rig_.look = with && it.look_with ? it.look_with : it.look;
  }
  ~Twin() { rig_.built.clear(); }
  Twin(const Twin&) = delete;
  Twin& operator=(const Twin&) = delete;

  bool passes() const { return passes_; }
  void ask() {
    asked_once(rig_, it_);
    rig_.events.drain([](auto) {});
  }

 private:
  const Added& it_;
  KeySources keys_{[](std::string_view) {}};
  PasswordChecks passwords_;
  ExchangeRig rig_;
  bool passes_ = false;
};

// In turns of kTurn requests; of all their differences the median counts, which a neighbour on the
// machine moves least.
void added(benchmark::State& state, const Added& it) {
  constexpr int kTurn = 64;
  Twin with(it, true);
  Twin without(it, false);
  if (!with.passes() || !without.passes()) {
    state.SkipWithError("its config or its request is refused");
    return;
  }
  const auto turn = [](Twin& twin) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kTurn; ++i) twin.ask();
    return std::chrono::steady_clock::now() - begin;
  };
  std::vector<double> each;
  for (auto _ : state) {
    const auto more = turn(with) - turn(without);
    each.push_back(std::chrono::duration<double, std::nano>(more).count() / kTurn);
  }
  const auto middle = each.begin() + static_cast<std::ptrdiff_t>(each.size() / 2);
  std::nth_element(each.begin(), middle, each.end());
  state.counters["added_ns"] = *middle;
}

void counted(benchmark::State& state, const Added& it, bool with) {
  Twin twin(it, with);
  if (!twin.passes()) state.SkipWithError("its config or its request is refused");
  for (auto _ : state) twin.ask();
}

std::function<void(QuietStream&)> with_field(FieldId id, std::string_view name, std::string value) {
  return [id, name, value = std::move(value)](QuietStream& stream) {
    (void)stream.request().fields.add(id, name, value);
  };
}

Added none() { return {}; }

Added jwt_warm() {
  const std::string secret(32, 's');
  const std::string token = hs256_token(
      R"({"alg":"HS256","typ":"JWT","kid":"bench"})",
      R"({"iss":"https://id.bench.example","aud":"bench","sub":"user-17","exp":1900000000,)"
      R"("iat":1780000000,"jti":"0000a17c","scope":"orders:read orders:write"})",
      secret);
  return {.policy = "{kind: jwt, secret: " + secret +
                    ", issuer: 'https://id.bench.example', audience: [bench], "
                    "forward: {sub: X-User}}",
          .change = with_field(FieldId::authorization, "Authorization", "Bearer " + token)};
}

// The token is an RFC's, of the year 2011. With each request the installation's key is another, so
// that the digest is one that the policy doesn't know.
Added jwt_new(const JwsVector& vector) {
  const std::string path = std::filesystem::temp_directory_path() /
                           ("policies_bench_" + std::to_string(::getpid()) + ".json");
  std::ofstream(path) << jwk_of(vector);
  return {.policy = "{kind: jwt, jwks: " + path + ", algorithms: [" +
                    std::string(vector.algorithm) + "], issuer: joe, user_claim: iss}",
          .change = with_field(FieldId::authorization, "Authorization",
                               "Bearer " + std::string(vector.token)),
          .before =
              [](ExchangeRig& rig) {
                for (std::uint8_t& byte : rig.key.bytes) {
                  if (++byte != 0) break;
                }
              },
          .clock = std::chrono::seconds{1'300'819'000 - 1'790'003'600}};
}

Added api_key() {
  std::string apps;
  for (int i = 0; i < 100; ++i) {
    apps += "{name: app" + std::to_string(i) + ", digest: '" +
            key_digest("a key that an app holds " + std::to_string(i)) + "'}, ";
  }
  return {.policy = "{kind: api_key, header: X-Api-Key, app_field: X-App, apps: [" + apps + "]}",
          .change = with_field(FieldId::other, "X-Api-Key", "a key that an app holds 57")};
}

Added basic_warm() {
  return {.policy = "{kind: basic, user_field: X-User, users: [{name: ann, hash: '" +
                    hash_password("correct horse") + "'}]}",
          .change = with_field(FieldId::authorization, "Authorization",
                               "Basic YW5uOmNvcnJlY3QgaG9yc2U=")};
}

Added ip_list() {
  std::string networks;
  for (int i = 0; i < 1000; ++i) {
    networks += std::to_string(10 + i / 256) + '.' + std::to_string(i % 256) + ".7.0/24, ";
  }
  return {.policy = "{kind: ip_list, deny: [" + networks +
                    "], allow: [203.0.113.0/24, '2001:db8::/32']}"};
}

Added rate_limit() { return {.policy = "{kind: rate_limit, limit: 1000000000/s}"}; }
Added rate_limit_silent() {
  return {.policy = "{kind: rate_limit, limit: 1000000000/s, fields: false}"};
}
Added rate_limit_expression() {
  return {.policy = "{kind: rate_limit, limit: 1000000000/s, per: request.host}"};
}

Added condition() {
  return {.policy =
              "{kind: condition, allow: \"request.method == 'GET' && "
              "request.path.startsWith('/orders/') && !(client.address in cidr('10.0.0.0/8'))\"}"};
}

Added headers() {
  return {.policy =
              "{kind: headers, request: {set: {X-Shop: eu-1}, remove: [X-Debug]}, "
              "response: {set: {Strict-Transport-Security: max-age=63072000}, remove: [Server]}}",
          .change = with_field(FieldId::other, "X-Debug", "1")};
}

// A form, as a browser sends it.
class Form final : public Body {
 public:
  std::string_view peek() override { return kText.substr(at_); }
  void consume(std::size_t bytes) override { at_ += bytes; }
  bool ended() const override { return at_ == kText.size(); }
  Task<bool> more() override { co_return true; }
  void cancel() override {}
  StreamError error() const override { return StreamError::none; }
  std::uint64_t bytes_total() const override { return at_; }
  const FieldList& trailers() const override { return trailers_; }

 private:
  static constexpr std::string_view kText =
      "csrf=8f14e45fceea167a5a36dedd4bea2543&login=ann%40shop.example&password=correct+horse";
  std::size_t at_ = 0;
  Arena arena_;
  FieldList trailers_{arena_};
};

void pass_on(Body& body) {
  benchmark::DoNotOptimize(body.peek());
  body.consume(body.peek().size());
}

// As the exchange does it: the content is copied on its way, and looked at when the answer is
// known.
Added sign_in() {
  const auto add_type =
      with_field(FieldId::content_type, "Content-Type", "application/x-www-form-urlencoded");
  Diagnostics out;
  const std::shared_ptr<const SignIn> reads =
      SignIn::read({.user = {"request.body.login", {}, false},
                    .failed = {"response.status == 401", {}, false},
                    .at = {}},
                   "the bench", out);
  return {.change = add_type,
          .look =
              [](Exchange&) {
                Form form;
                pass_on(form);
              },
          .look_with =
              [reads](Exchange& exchange) {
                Form form;
                WatchedBody watched(form);
                pass_on(watched);
                const auto found = reads->look(exchange, watched.seen());
                if (found) exchange.signed_in(found->user, found->ok);
              }};
}

struct Named {
  const char* name;
  Added (*make)();
};
constexpr Named kAdded[] = {
    {"jwt_warm", jwt_warm},
    {"jwt_new_rs256", [] { return jwt_new(kJwsVectors[1]); }},
    {"jwt_new_es256", [] { return jwt_new(kJwsVectors[2]); }},
    {"api_key", api_key},
    {"basic_warm", basic_warm},
    {"ip_list", ip_list},
    {"rate_limit", rate_limit},
    {"rate_limit_silent", rate_limit_silent},
    {"rate_limit_expression", rate_limit_expression},
    {"condition", condition},
    {"headers", headers},
    {"sign_in", sign_in},
    {"none", none},  // a twin of its own: what the figures of the others may be off by
};

void register_added() {
  constexpr int kTurns = 300;
  constexpr int kCounted = 1000;
  for (const Named& one : kAdded) {
    const std::string name = one.name;
    benchmark::RegisterBenchmark(("added/" + name).c_str(), [make = one.make](auto& state) {
      added(state, make());
    })->Iterations(kTurns);
    for (const bool with : {true, false}) {
      benchmark::RegisterBenchmark(
          ("counted/" + name + (with ? "/with" : "/without")).c_str(),
          [make = one.make, with](auto& state) { counted(state, make(), with); })
          ->Iterations(kCounted);
    }
  }
}

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

int main(int count, char** words) {
  gatehouse::testing::register_added();
  benchmark::Initialize(&count, words);
  if (benchmark::ReportUnrecognizedArguments(count, words)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
