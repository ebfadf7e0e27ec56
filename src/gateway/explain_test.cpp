// What is promised: of a request it is told which route takes it, what each policy would make of it
// in its order, and where it would go; or why nobody takes it, and what may have been meant.
#include "gateway/explain.h"

#include <gtest/gtest.h>

#include "gateway/snapshot_testing.h"

namespace gatehouse {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr std::string_view kConfig = R"(listeners: [{address: '127.0.0.1:0'}]
upstreams: {up: {targets: ['127.0.0.1:9001']}}
policies:
  office: {kind: ip_list, allow: [192.0.2.0/24]}
  tag: {kind: headers, request: {set: {X-Tag: '1'}}}
  post-only: {kind: condition, allow: "request.method == 'POST'"}
apis:
  - name: shop
    hosts: [shop.example, 'shop.test']
    routes:
      - {match: 'GET /orders/{id}', policies: [tag, office], backend: {http: up, path: '/v1/{id}'}}
      - {match: 'GET /orders', backend: {http: up}}
      - {match: '/both', policies: [office, post-only], backend: {http: up}}
      - {match: '/hello', backend: {mock: {status: 204}}}
)";

struct ExplainTest : ::testing::Test {
  ExplainTest() {
    const testing::BuiltSnapshot built = testing::built_snapshot(kConfig);
    snapshot = built.snapshot;
    EXPECT_NE(snapshot, nullptr) << built.report;
  }

  Explanation ask(std::string_view method, std::string_view target,
                  std::string_view host = "shop.example", std::string_view from = "192.0.2.7") {
    RequestHead head(arena);
    head.method_text = method;
    head.method = method_of(method);
    head.scheme = "http";
    head.authority = host;
    head.target = target;
    const std::size_t mark = std::min(target.find('?'), target.size());
    head.raw_path = target.substr(0, mark);
    head.has_query = mark != target.size();
    if (head.has_query) head.query = target.substr(mark + 1);
    return explain(*snapshot, head, from);
  }

  Arena arena;
  std::shared_ptr<const Snapshot> snapshot;
};

TEST_F(ExplainTest, tells_route_policies_by_phase_and_where_it_goes) {
  const Explanation told = ask("GET", "/orders/./17?x=1");
  EXPECT_FALSE(told.refusal);
  EXPECT_EQ(told.path, "/orders/17");
  EXPECT_EQ(told.api, "shop");
  EXPECT_EQ(told.route, "GET /orders/{id}");
  EXPECT_THAT(told.captures, ElementsAre(Pair("id", "17")));
  ASSERT_EQ(told.policies.size(), 2U);
  EXPECT_EQ(told.policies[0].name, "office");  // its phase comes first
  EXPECT_EQ(told.policies[1].name, "tag");
  for (const ExplainedPolicy& one : told.policies) {
    EXPECT_EQ(one.foresight.kind, Foresight::Kind::passes) << one.name;
    EXPECT_TRUE(one.reached) << one.name;
  }
  EXPECT_EQ(told.upstream, "up");
  EXPECT_EQ(told.target, "/v1/17?x=1");
  EXPECT_EQ(told.mock_status, 0U);
}

TEST_F(ExplainTest, what_refuses_for_certain_leaves_the_others_unreached) {
  const Explanation told = ask("GET", "/orders/17", "shop.example", "203.0.113.9");
  ASSERT_EQ(told.policies.size(), 2U);
  EXPECT_EQ(told.policies[0].foresight.kind, Foresight::Kind::refuses);
  EXPECT_EQ(told.policies[0].foresight.error, GateError::address_not_allowed);
  EXPECT_TRUE(told.policies[0].reached);
  EXPECT_FALSE(told.policies[1].reached);
}

TEST_F(ExplainTest, one_that_can_only_be_told_later_ends_nothing) {
  for (const ExplainedPolicy& one : ask("GET", "/both").policies) EXPECT_TRUE(one.reached);
}

TEST_F(ExplainTest, a_host_that_nobody_serves_is_told_with_those_that_are) {
  const Explanation told = ask("GET", "/orders", "shop.exampel");
  ASSERT_EQ(told.refusal, GateError::host_not_served);
  EXPECT_THAT(told.near, ElementsAre("shop.example", "shop.test"));
  EXPECT_THAT(told.policies, IsEmpty());
}

TEST_F(ExplainTest, a_path_that_no_route_has_is_told_with_what_may_have_been_meant) {
  const Explanation told = ask("GET", "/helo");
  ASSERT_EQ(told.refusal, GateError::route_not_found);
  EXPECT_THAT(told.near, ElementsAre("/hello of shop"));
  const Explanation below = ask("GET", "/orders/17/items");
  ASSERT_EQ(below.refusal, GateError::route_not_found);
  EXPECT_THAT(below.near,
              ::testing::UnorderedElementsAre("GET /orders/{id} of shop", "GET /orders of shop"));
}

TEST_F(ExplainTest, a_method_that_the_path_does_not_take_is_told_with_those_that_it_does) {
  const Explanation told = ask("DELETE", "/orders/17");
  ASSERT_EQ(told.refusal, GateError::method_not_allowed);
  EXPECT_NE(told.why.find("GET"), std::string::npos) << told.why;
}

TEST_F(ExplainTest, a_path_that_can_not_be_read_is_told_as_it_came) {
  const Explanation told = ask("GET", "/orders/%zz");
  EXPECT_EQ(told.refusal, GateError::bad_path_encoding);
  EXPECT_EQ(told.path, "/orders/%zz");
  EXPECT_NE(told.why, "");
}

TEST_F(ExplainTest, a_slash_in_disguise_reaches_no_policy) {
  const Explanation told = ask("GET", "/orders/a%2fb");
  EXPECT_EQ(told.refusal, GateError::encoded_slash_refused);
  EXPECT_EQ(told.route, "GET /orders/{id}");
  EXPECT_THAT(told.policies, IsEmpty());
}

TEST_F(ExplainTest, what_the_gate_answers_itself_goes_nowhere) {
  const Explanation told = ask("GET", "/hello");
  EXPECT_EQ(told.mock_status, 204U);
  EXPECT_EQ(told.upstream, "");
  EXPECT_EQ(told.target, "");
}

}  // namespace
}  // namespace gatehouse
