// expr/expr_bench: what a condition costs the request that it is asked for.
#include <benchmark/benchmark.h>

#include <string_view>
#include <vector>

#include "expr/constants.h"
#include "expr/program.h"

namespace gatehouse {
namespace {

// As the gate's: a switch over slots, views into what the exchange holds.
class Request final : public Environment {
 public:
  Request() {
    Type text(Kind::text);
    schema_.add("request.method", text);
    schema_.add("request.path", text);
    schema_.add("client.address", Type(Kind::address));
    schema_.add("networks", Type::list_of(Type(Kind::prefix)));
    schema_.add("user.roles", Type::list_of(text));
    for (const char* const network : {"10.0.0.0/8", "192.168.0.0/16", "2001:db8::/32"}) {
      prefixes_.push_back(*IpPrefix::parse(network));
    }
    for (const IpPrefix& prefix : prefixes_) networks_.push_back(Value::prefix(prefix));
  }

  Value get(Slot slot) override {
    switch (slot) {
      case 0:
        return Value::text(method_);
      case 1:
        return Value::text(path_);
      case 2:
        return Value::address(address_);
      case 3:
        return Value::list(network_list_);
      case 4:
        return Value::list(role_list_);
      default:
        return {};
    }
  }

  const Schema& schema() const { return schema_; }

 private:
  Schema schema_;
  std::string_view method_ = "POST";
  std::string_view path_ = "/admin/users/17";
  IpAddress address_ = *IpAddress::parse("203.0.113.7");
  std::vector<IpPrefix> prefixes_;
  std::vector<Value> networks_;
  std::vector<Value> roles_ = {Value::text("dev"), Value::text("support"), Value::text("ops")};
  ArrayList network_list_{networks_};
  ArrayList role_list_{roles_};
};

void run(benchmark::State& state, std::string_view text) {
  Request request;
  Diagnostics out;
  const std::optional<Program> program = compile(text, request.schema(), {}, out);
  if (!program) {
    state.SkipWithError("it doesn't compile");
    return;
  }
  Arena arena;
  for (auto _ : state) {
    Scratch scratch(arena);
    const Value value = program->evaluate(request, scratch);
    benchmark::DoNotOptimize(value);
    if (!value.is_true()) state.SkipWithError("it isn't true");
  }
}

void typical_condition(benchmark::State& state) {
  run(state,
      "request.method == \"POST\" && request.path.startsWith(\"/admin\") && "
      "!(client.address in networks) && \"ops\" in user.roles");
}
BENCHMARK(typical_condition);

// The networks stand in the expression: they are searched as ranges.
void constant_networks(benchmark::State& state) {
  run(state,
      "request.method == \"POST\" && request.path.startsWith(\"/admin\") && "
      "!(client.address in [cidr(\"10.0.0.0/8\"), cidr(\"192.168.0.0/16\"), "
      "cidr(\"172.16.0.0/12\"), cidr(\"2001:db8::/32\")]) && \"ops\" in user.roles");
}
BENCHMARK(constant_networks);

void one_comparison(benchmark::State& state) { run(state, "request.method == \"POST\""); }
BENCHMARK(one_comparison);

void set_of_texts(benchmark::State& state) {
  run(state, "request.method in [\"GET\", \"HEAD\", \"OPTIONS\", \"PUT\", \"DELETE\", \"POST\"]");
}
BENCHMARK(set_of_texts);

void regular_expression(benchmark::State& state) {
  run(state, "request.path.matches(\"^/admin/users/[0-9]+$\")");
}
BENCHMARK(regular_expression);

void macro_over_roles(benchmark::State& state) {
  run(state, "user.roles.exists(r, r.startsWith(\"op\"))");
}
BENCHMARK(macro_over_roles);

void compiling(benchmark::State& state) {
  Request request;
  for (auto _ : state) {
    Diagnostics out;
    benchmark::DoNotOptimize(
        compile("request.method == \"POST\" && request.path.startsWith(\"/admin\") && "
                "!(client.address in networks) && \"ops\" in user.roles",
                request.schema(), {}, out));
  }
}
BENCHMARK(compiling);

}  // namespace
}  // namespace gatehouse
