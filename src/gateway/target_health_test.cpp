// What is promised: the failure that is one too many within a window that slides is told once, on
// whichever worker it comes; a rule of nought tells none; an ejection ends by itself.
#include "gateway/target_health.h"

#include <gtest/gtest.h>

#include <thread>

namespace gatehouse {
namespace {

using namespace std::chrono_literals;

struct TargetHealthTest : ::testing::Test {
  const Monotonic start{1h};
  TargetHealth::Rule rule{3, 10s, 30s};
  TargetHealth health;
};

TEST_F(TargetHealthTest, tells_the_failure_that_is_one_too_many_and_counts_anew) {
  EXPECT_FALSE(health.failed(start, rule));
  EXPECT_FALSE(health.failed(start + 1s, rule));
  EXPECT_TRUE(health.failed(start + 2s, rule));
  EXPECT_FALSE(health.failed(start + 3s, rule));
}

TEST_F(TargetHealthTest, a_failure_counts_to_the_end_of_its_window) {
  health.failed(start, rule);
  health.failed(start + 5s, rule);
  EXPECT_TRUE(health.failed(start + 10s, rule));
}

TEST_F(TargetHealthTest, a_failure_counts_for_a_tenth_of_the_window_more_at_most) {
  health.failed(start, rule);
  health.failed(start + 5s, rule);
  EXPECT_FALSE(health.failed(start + 11s, rule));
}

TEST_F(TargetHealthTest, the_window_slides_over_the_failures) {
  health.failed(start, rule);
  health.failed(start + 9s, rule);
  EXPECT_FALSE(health.failed(start + 12s, rule)) << "the first is out";
  EXPECT_TRUE(health.failed(start + 18s, rule)) << "the second isn't";
}

TEST_F(TargetHealthTest, a_long_peace_forgets_all) {
  health.failed(start, rule);
  health.failed(start, rule);
  EXPECT_FALSE(health.failed(start + 24h, rule));
  EXPECT_FALSE(health.failed(start + 24h, rule));
}

TEST_F(TargetHealthTest, workers_that_fail_at_once_lose_no_failure) {
  rule.failures = 10'001;
  {
    std::vector<std::jthread> workers;
    for (int worker = 0; worker < 4; ++worker) {
      workers.emplace_back([this] {
        for (int i = 0; i < 2'500; ++i) (void)health.failed(start, rule);
      });
    }
  }
  EXPECT_TRUE(health.failed(start, rule));
}

TEST_F(TargetHealthTest, one_failure_is_enough_where_the_rule_says_so_and_none_where_it_is_off) {
  rule.failures = 1;
  EXPECT_TRUE(health.failed(start, rule));
  rule.failures = 0;
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(health.failed(start, rule));
}

TEST_F(TargetHealthTest, an_ejection_ends_exactly_at_its_time) {
  EXPECT_FALSE(health.ejected(start));
  health.eject(start, rule);
  EXPECT_TRUE(health.ejected(start + 30s - 1ns));
  EXPECT_FALSE(health.ejected(start + 30s));
}

TEST(HealthBoardTest, a_target_of_an_upstream_has_one_health_for_ever) {
  HealthBoard board;
  TargetHealth* const one = board.of("a", "192.0.2.1:80");
  ASSERT_NE(one, nullptr);
  EXPECT_EQ(board.of("a", "192.0.2.1:80"), one);
  EXPECT_NE(board.of("b", "192.0.2.1:80"), one);
  EXPECT_NE(board.of("a", "192.0.2.1:81"), one);
}

}  // namespace
}  // namespace gatehouse
