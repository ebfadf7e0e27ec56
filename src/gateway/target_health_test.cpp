// What is promised: the failure that is one too many within the window is told once; a success, a
// pause or a rule of nought forgets; an ejection ends by itself.
#include "gateway/target_health.h"

#include <gtest/gtest.h>

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

TEST_F(TargetHealthTest, a_success_forgets_the_failures_before_it) {
  health.failed(start, rule);
  health.failed(start, rule);
  health.succeeded();
  EXPECT_EQ(health.failures(), 0U);
  EXPECT_FALSE(health.failed(start, rule));
}

TEST_F(TargetHealthTest, failures_further_apart_than_the_window_do_not_add_up) {
  health.failed(start, rule);
  health.failed(start + 10s, rule);
  EXPECT_FALSE(health.failed(start + 10s + 1ns, rule));
  EXPECT_EQ(health.failures(), 1U);
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
