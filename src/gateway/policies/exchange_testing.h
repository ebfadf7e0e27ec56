// gateway/policies/exchange_testing: a request without a network, taken through the policies of a
// config.
//
// Place    tests of policies and of what an expression reads. The route's chain is the config's
//          policies and, behind them, a look at the exchange; then 404 says that all passed.
// Holds    a worker's parts with a clock that stands still, and the last answer.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/exchange.h"
#include "gateway/policies/rate_table.h"
#include "gateway/snapshot_testing.h"
#include "testing/manual_clock.h"

namespace gatehouse::testing {

// A stream whose request has no content left to read and whose answer is kept.
class QuietStream final : public ServerStream, private Body, private Sink {
 public:
  QuietStream() { peer_.address = "203.0.113.7"; }

  Arena& arena() override { return arena_; }
  RequestHead& request() override { return head_; }
  const Peer& peer() const override { return peer_; }
  Peer& peer() { return peer_; }
  Body& body() override { return *this; }
  Sink& sink() override { return *this; }
  void bound_body(std::uint64_t) override {}
  bool certificate_covers(std::string_view) const override { return true; }
  void send_informational(const ResponseHead&) override {}
  void send_head(const ResponseHead& head, bool) override {
    status = head.status;
    for (const Field& field : head.fields) {
      fields += std::string(field.name) + ": " + std::string(field.value) + '\n';
    }
  }
  void abort(StreamError) override {}
  void listen(AbortListener*) override {}
  void close_after() override {}

  std::uint16_t status = 0;
  std::string fields;
  std::string text;

 private:
  std::string_view peek() override { return {}; }
  void consume(std::size_t) override {}
  bool ended() const override { return true; }
  Task<bool> more() override { co_return true; }
  void cancel() override {}
  StreamError error() const override { return StreamError::none; }
  std::uint64_t bytes_total() const override { return text.size(); }
  const FieldList& trailers() const override { return head_.fields; }
  std::size_t write(std::string_view bytes) override {
    text += bytes;
    return bytes.size();
  }
  Task<bool> drained() override { co_return true; }
  void finish(const FieldList*) override {}
  void flush() override {}

  Arena arena_;
  RequestHead head_{arena_};
  Peer peer_;
};

class ExchangeRig {
 public:
  // `policies` is what stands under `policies:` in one line, or nothing; they are all on the route.
  // What the config is refused for is in `faults`.
  explicit ExchangeRig(std::string_view policies = "", std::string_view match = "/*") {
    BuiltSnapshot made = built_snapshot(
        "listeners: [{address: '127.0.0.1:0'}]\n"
        "upstreams: {up: {targets: ['127.0.0.1:9']}}\n"
        "apis: [{name: shop, routes: [{name: all, match: '" +
        std::string(match) + "', policies: [" + names_in(policies) +
        "], backend: {http: up}}]}]\n" + (policies.empty() ? "" : "policies:\n") +
        std::string(policies) + '\n');
    local.snapshot = std::move(made.snapshot);
    faults = std::move(made.report);
    if (local.snapshot == nullptr) return;
    local.listeners = {&local.snapshot->listeners().front()};
    local.route_slots = local.upstream_slots = {0};
    rebuild();
  }

  // The policies, as a worker builds them, with `keys` and `passwords` if they are set; with the
  // tables of another rig they share what counts.
  void rebuild(RateTables* with = nullptr) {
    std::vector<std::unique_ptr<Policy>> fresh;
    std::vector<Policy*> chain;
    for (const std::string& name : local.snapshot->route(0).policies) {
      const auto& planned = local.snapshot->policies().at(name);
      fresh.push_back(planned.plan->build({.clock = clock,
                                           .key = key,
                                           .keys = keys,
                                           .passwords = passwords,
                                           .rates = with == nullptr ? &rates : with,
                                           .name = name}));
      chain.push_back(fresh.back().get());
    }
    built = std::move(fresh);
    chain.push_back(&last_);
    local.chains = {chain};
  }

  // The answer's status; 404 where every policy let it pass.
  std::uint16_t ask(const std::function<void(QuietStream&)>& change = nullptr) {
    answer = std::make_unique<QuietStream>();
    RequestHead& head = answer->request();
    head.method = Method::get;
    head.method_text = "GET";
    head.scheme = "http";
    head.authority = "shop.example:8080";
    head.target = head.raw_path = "/orders/17";
    if (change) change(*answer);
    start(serve(*answer));
    return answer->status;
  }

  // Asked of each exchange that passes.
  std::function<void(Exchange&)> look;

  Loop loop;
  ManualClock clock;
  Wakeup wakeup;
  EventQueue events{1 << 20, wakeup};
  VerdictTable verdicts;
  WorkerMetrics metrics;
  HashKey key;
  WorkerParts parts{loop, clock, 0, events, verdicts, metrics, key, {}, {}, false};
  RateTables rates{clock};
  KeySources* keys = nullptr;
  PasswordChecks* passwords = nullptr;
  LocalSnapshot local;
  std::vector<std::unique_ptr<Policy>> built;
  std::unique_ptr<QuietStream> answer;
  std::string faults;
  std::string_view code;  // of the refusal

 private:
  class Last final : public Policy {
   public:
    explicit Last(ExchangeRig& rig) : rig_(rig) {}
    Phase phase() const override { return Phase::transform; }
    Decision on_request(Exchange& exchange) override {
      if (rig_.look) rig_.look(exchange);
      return Decision::refuse(GateError::route_not_found);
    }

   private:
    ExchangeRig& rig_;
  };

  static std::string names_in(std::string_view policies) {
    std::string names;
    for (std::size_t at = 0; at < policies.size();) {
      const std::size_t end = std::min(policies.find('\n', at), policies.size());
      const std::string_view line = policies.substr(at, end - at);
      // Names stand two columns in, what is in them further.
      if (line.starts_with("  ") && line.size() > 2 && line[2] != ' ') {
        names += std::string(names.empty() ? "" : ", ") +
                 std::string(line.substr(2, line.find(':') - 2));
      }
      at = end + 1;
    }
    return names;
  }

  Task<void> serve(QuietStream& stream) {
    Exchange exchange(parts, local, stream);
    Task<void> running = exchange.run(HeadError::none);
    co_await running;
    code = exchange.facts().error == nullptr ? "" : exchange.facts().error->code;
  }

  Last last_{*this};
};

}  // namespace gatehouse::testing
