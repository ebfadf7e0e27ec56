// What is promised: exactly as many connections as the limits say, in all and for each address; one
// that is refused was not counted.
#include "gateway/connection_limits.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace gatehouse {
namespace {

constexpr std::optional<Limit> kOpen;

StableHash address(std::uint64_t number) { return {number, number * 7}; }

TEST(ConnectionLimitsTest, an_address_has_its_own_limit) {
  ConnectionLimits limits;
  limits.set(100, 2);
  EXPECT_EQ(limits.open(address(1)), kOpen);
  EXPECT_EQ(limits.open(address(1)), kOpen);
  EXPECT_EQ(limits.open(address(1)), Limit::connections_per_address);
  EXPECT_EQ(limits.open(address(2)), kOpen);
  EXPECT_EQ(limits.total(), 3U);
  limits.close(address(1));
  EXPECT_EQ(limits.open(address(1)), kOpen);
}

TEST(ConnectionLimitsTest, all_together_have_one_and_a_refused_one_does_not_count) {
  ConnectionLimits limits;
  limits.set(2, 10);
  EXPECT_EQ(limits.open(address(1)), kOpen);
  EXPECT_EQ(limits.open(address(2)), kOpen);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(limits.open(address(3)), Limit::connections);
  EXPECT_EQ(limits.total(), 2U);
  limits.close(address(1));
  EXPECT_EQ(limits.open(address(3)), kOpen);
}

TEST(ConnectionLimitsTest, a_lower_limit_counts_for_the_next_and_cuts_nobody) {
  ConnectionLimits limits;
  limits.set(10, 10);
  for (int i = 0; i < 5; ++i) ASSERT_EQ(limits.open(address(1)), kOpen);
  limits.set(10, 3);
  EXPECT_EQ(limits.open(address(1)), Limit::connections_per_address);
  EXPECT_EQ(limits.total(), 5U);
  for (int i = 0; i < 3; ++i) limits.close(address(1));
  EXPECT_EQ(limits.open(address(1)), kOpen);
}

TEST(ConnectionLimitsTest, workers_that_race_never_open_more_than_the_limit) {
  ConnectionLimits limits;
  limits.set(50, 1'000);
  std::atomic<int> opened{0};
  {
    std::vector<std::jthread> workers;
    for (int worker = 0; worker < 4; ++worker) {
      workers.emplace_back([&] {
        for (int i = 0; i < 1'000; ++i) {
          if (limits.open(address(9)) == kOpen) ++opened;
        }
      });
    }
  }
  EXPECT_EQ(opened, 50);
  EXPECT_EQ(limits.total(), 50U);
}

}  // namespace
}  // namespace gatehouse
