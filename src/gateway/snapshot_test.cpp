// What is promised: a snapshot says what its config says, or there is none and every fault is told
// where it stands.
#include "gateway/snapshot.h"

#include <gtest/gtest.h>

#include "gateway/snapshot_testing.h"

namespace gatehouse {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

struct SnapshotTest : ::testing::Test {
  std::shared_ptr<const Snapshot> build(const std::string& text) {
    testing::BuiltSnapshot built = testing::built_snapshot(text);
    report = std::move(built.report);
    return std::move(built.snapshot);
  }

  std::string report;
};

TEST_F(SnapshotTest, takes_over_limits_and_lets_a_route_have_its_own) {
  const auto snapshot = build(R"(
listeners: [{address: '127.0.0.1:0', http2: false}]
upstreams: {up: {targets: ['127.0.0.1:9001']}}
limits: {body_bytes: 1000B, request_time: 3s, head_time: 2s, streams: 7}
apis:
  - name: a
    routes:
      - {match: /x, body_bytes: 10B, timeout: 1s, backend: {http: up}}
      - {match: /y, backend: {http: up}}
)");
  ASSERT_NE(snapshot, nullptr) << report;
  EXPECT_EQ(snapshot->limits().head_time, 2s);
  EXPECT_EQ(snapshot->limits().streams_max, 7U);
  EXPECT_EQ(snapshot->route(0).body_bytes_max, 10U);
  EXPECT_EQ(snapshot->route(0).time_max, 1s);
  EXPECT_EQ(snapshot->route(1).body_bytes_max, 1000U);
  EXPECT_EQ(snapshot->route(1).time_max, 3s);
  EXPECT_FALSE(snapshot->listeners().at(0).http2);
}

TEST_F(SnapshotTest, a_routes_policies_stand_in_the_configs_order_within_their_phase) {
  const auto snapshot = build(R"(
listeners: [{address: '127.0.0.1:0'}]
upstreams: {up: {targets: ['127.0.0.1:9001']}}
policies:
  one: {kind: headers, request: {remove: [a]}}
  two: {kind: headers, request: {remove: [b]}}
apis: [{name: a, routes: [{match: /x, policies: [two, one], backend: {http: up}}]}]
)");
  ASSERT_NE(snapshot, nullptr) << report;
  EXPECT_THAT(snapshot->route(0).policies, ElementsAre("two", "one"));
}

TEST_F(SnapshotTest, an_address_that_is_a_name_is_told_and_there_is_no_snapshot) {
  const auto snapshot = build(R"(
listeners: [{address: 'gate.example:8080'}]
upstreams: {up: {targets: ['127.0.0.1:9001']}}
apis: [{name: a, routes: [{match: /x, backend: {http: up}}]}]
)");
  EXPECT_EQ(snapshot, nullptr);
  EXPECT_THAT(report, HasSubstr("error[E0601]: `gate.example:8080` is no address of this machine"));
  EXPECT_THAT(report, HasSubstr(".yaml:3:"));
}

}  // namespace
}  // namespace gatehouse
