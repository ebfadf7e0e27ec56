// What is promised: of each caller as many requests pass as the limit says, over all workers and
// through reloads; who has too many is told when to come again; what can't be counted passes.
#include "gateway/policies/rate_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/policies/exchange_testing.h"

namespace gatehouse::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

std::string with(std::string_view settings) {
  return "  fair: {kind: rate_limit, " + std::string(settings) + '}';
}

void from(QuietStream& stream, std::string_view address) {
  stream.peer().address = address;
  stream.peer().address_hash = stable_hash({}, SubjectKind::address, address);
}

std::uint16_t ask(ExchangeRig& rig, std::string_view address) {
  return rig.ask([&](QuietStream& stream) { from(stream, address); });
}

std::uint16_t ask_as(ExchangeRig& rig, std::string_view tenant) {
  return rig.ask([&](QuietStream& stream) {
    EXPECT_TRUE(stream.request().fields.add(FieldId::other, "X-Tenant", tenant));
  });
}

TEST(RateLimitPolicy, each_address_has_its_own_and_is_told_what_is_left) {
  ExchangeRig rig(with("limit: 2/m"));
  ASSERT_EQ(rig.faults, "");
  EXPECT_EQ(ask(rig, "192.0.2.1"), 404);
  EXPECT_THAT(rig.answer->fields, HasSubstr("RateLimit-Policy: \"fair\";q=2;w=60\n"));
  EXPECT_THAT(rig.answer->fields, HasSubstr("RateLimit: \"fair\";r=1;t=30\n"));
  EXPECT_EQ(ask(rig, "192.0.2.1"), 404);
  EXPECT_EQ(ask(rig, "192.0.2.1"), 429);
  EXPECT_EQ(rig.code, "rate-limited");
  EXPECT_THAT(rig.answer->fields, HasSubstr("Retry-After: 30\n"));
  EXPECT_THAT(rig.answer->fields, HasSubstr("RateLimit: \"fair\";r=0;t=30\n"));
  EXPECT_EQ(ask(rig, "192.0.2.2"), 404);
}

TEST(RateLimitPolicy, opens_again_at_the_second_that_it_told) {
  ExchangeRig rig(with("limit: 2/m, fields: false"));
  EXPECT_EQ(ask(rig, "192.0.2.1"), 404);
  EXPECT_THAT(rig.answer->fields, Not(HasSubstr("RateLimit")));
  EXPECT_EQ(ask(rig, "192.0.2.1"), 404);
  rig.clock.advance(30s - 1ns);
  EXPECT_EQ(ask(rig, "192.0.2.1"), 429);
  EXPECT_THAT(rig.answer->fields, HasSubstr("Retry-After: 1\n"));
  rig.clock.advance(1ns);
  EXPECT_EQ(ask(rig, "192.0.2.1"), 404);
  EXPECT_EQ(ask(rig, "192.0.2.1"), 429);
}

TEST(RateLimitPolicy, the_burst_may_be_less_than_the_limit) {
  ExchangeRig rig(with("limit: 60/m, burst: 1"));
  EXPECT_EQ(ask(rig, "192.0.2.1"), 404);
  EXPECT_EQ(ask(rig, "192.0.2.1"), 429);
  rig.clock.advance(1s);
  EXPECT_EQ(ask(rig, "192.0.2.1"), 404);
}

TEST(RateLimitPolicy, counts_by_an_expression) {
  ExchangeRig rig(with("limit: 1/h, per: \"request.headers['x-tenant']\""));
  ASSERT_EQ(rig.faults, "");
  EXPECT_EQ(ask_as(rig, "acme"), 404);
  EXPECT_EQ(ask_as(rig, "acme"), 429);
  EXPECT_EQ(ask_as(rig, "other"), 404);
}

TEST(RateLimitPolicy, lets_pass_what_it_cannot_count_and_says_so_in_the_metrics) {
  ExchangeRig rig(with("limit: 1/h, per: \"request.headers['x-tenant']\""));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(rig.ask(), 404);
  EXPECT_EQ(rig.metrics.undecided.value(), 3U);
  ExchangeRig strict(with("limit: 1/h, on_error: reject, per: \"request.headers['x-tenant']\""));
  EXPECT_EQ(strict.ask(), 429);
  EXPECT_THAT(strict.answer->fields, HasSubstr("Retry-After: 1\n"));
}

TEST(RateLimitPolicy, lets_pass_for_whom_there_is_no_room_and_counts_it) {
  ExchangeRig rig(with("limit: 1/h, keys: 100"));
  const auto full = [&] { return rig.metrics.limits.of(Limit::rate_limit_keys); };
  int asked = 0;
  for (; full() == 0 && asked < 1000; ++asked) {
    EXPECT_EQ(ask(rig, "10.0.0." + std::to_string(asked)), 404);
  }
  EXPECT_GT(asked, 100) << "as many as were promised have room";
  const std::string last = "10.0.0." + std::to_string(asked - 1);
  EXPECT_EQ(ask(rig, last), 404);
  EXPECT_EQ(full(), 2U);
}

TEST(RateLimitPolicy, users_and_apps_count_apart_and_strangers_by_address) {
  for (const std::string_view per : {"user", "app"}) {
    ExchangeRig rig(with("limit: 1/h, per: " + std::string(per)));
    ASSERT_EQ(rig.faults, "");
    // Stands before the limiter and says who calls.
    class Caller final : public Policy {
     public:
      Phase phase() const override { return Phase::identify; }
      Decision on_request(Exchange& exchange) override {
        Identity found;
        found.proof = "test";
        found.user = found.app = name;
        found.verified = verified;
        exchange.identify(std::move(found));
        return Decision::pass();
      }
      std::string_view name;
      bool verified = true;
    } caller;
    rig.local.chains[0].insert(rig.local.chains[0].begin(), &caller);
    caller.name = "ann";
    EXPECT_EQ(ask(rig, "192.0.2.1"), 404);
    EXPECT_EQ(ask(rig, "192.0.2.2"), 429) << "whatever the address";
    caller.name = "bob";
    EXPECT_EQ(ask(rig, "192.0.2.1"), 404);
    caller.name = "ann";
    caller.verified = false;
    EXPECT_EQ(ask(rig, "192.0.2.1"), 404) << "who only claims to be ann isn't";
    EXPECT_EQ(ask(rig, "192.0.2.1"), 429);
  }
}

TEST(RateLimitPolicy, only_tells_where_it_may_not_reject) {
  ExchangeRig rig(with("limit: 1/h, when_over: pass"));
  EXPECT_EQ(ask(rig, "192.0.2.1"), 404);
  EXPECT_EQ(ask(rig, "192.0.2.1"), 404);
  EXPECT_THAT(rig.answer->fields, HasSubstr("RateLimit: \"fair\";r=0;t=3600\n"));
}

TEST(RateLimitPolicy, a_reload_and_another_worker_go_on_counting) {
  ExchangeRig rig(with("limit: 2/h"));
  EXPECT_EQ(ask(rig, "192.0.2.1"), 404);
  rig.rebuild();
  EXPECT_EQ(ask(rig, "192.0.2.1"), 404);
  ExchangeRig same(with("limit: 2/h, when_over: reject, fields: false"));
  same.rebuild(&rig.rates);
  EXPECT_EQ(ask(same, "192.0.2.1"), 429) << "how it is told doesn't matter";
  ExchangeRig other(with("limit: 3/h"));
  other.rebuild(&rig.rates);
  EXPECT_EQ(ask(other, "192.0.2.1"), 404) << "another limit begins anew";
}

TEST(RateLimitPolicy, settings_that_cannot_work_are_told) {
  const auto faults = [](std::string_view settings) { return ExchangeRig(with(settings)).faults; };
  EXPECT_THAT(faults("per: user"), HasSubstr("limit"));
  EXPECT_THAT(faults("limit: 0/s"), HasSubstr("lets nothing pass"));
  EXPECT_THAT(faults("limit: 1/h, burst: 1000000"), HasSubstr("more than a year"));
  EXPECT_THAT(faults("limit: 1/s, per: request.headers"), HasSubstr("map<string, string>"));
  EXPECT_THAT(faults("limit: 1/s, per: nobody.there"), HasSubstr("E0433"));
}

}  // namespace
}  // namespace gatehouse::testing
