// What is promised: exactly as many connections as the limits say, in all and for each address; one
// that is refused was not counted.
#include "gateway/connection_limits.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace gatehouse {
namespace {

StableHash address(std::uint64_t number) { return {number, number * 7}; }

TEST(ConnectionLimitsTest, an_address_has_its_own_limit) {
  ConnectionLimits limits;
  limits.set(100, 2);
  EXPECT_TRUE(limits.open(address(1)));
  EXPECT_TRUE(limits.open(address(1)));
  EXPECT_FALSE(limits.open(address(1)));
  EXPECT_TRUE(limits.open(address(2)));
  EXPECT_EQ(limits.total(), 3U);
  limits.close(address(1));
  EXPECT_TRUE(limits.open(address(1)));
}

TEST(ConnectionLimitsTest, all_together_have_one_and_a_refused_one_does_not_count) {
  ConnectionLimits limits;
  limits.set(2, 10);
  EXPECT_TRUE(limits.open(address(1)));
  EXPECT_TRUE(limits.open(address(2)));
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(limits.open(address(3)));
  EXPECT_EQ(limits.total(), 2U);
  limits.close(address(1));
  EXPECT_TRUE(limits.open(address(3)));
}

TEST(ConnectionLimitsTest, a_lower_limit_counts_for_the_next_and_cuts_nobody) {
  ConnectionLimits limits;
  limits.set(10, 10);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(limits.open(address(1)));
  limits.set(10, 3);
  EXPECT_FALSE(limits.open(address(1)));
  EXPECT_EQ(limits.total(), 5U);
  for (int i = 0; i < 3; ++i) limits.close(address(1));
  EXPECT_TRUE(limits.open(address(1)));
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
          if (limits.open(address(9))) ++opened;
        }
      });
    }
  }
  EXPECT_EQ(opened, 50);
  EXPECT_EQ(limits.total(), 50U);
}

}  // namespace
}  // namespace gatehouse
