// What is promised: who is slower than the least rate is told so after the grace, whatever he moved
// long ago; time in which nobody waits for him, and silence between large steps, count for nothing.
#include "http/pace.h"

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

using std::chrono::seconds;

constexpr std::uint32_t kRate = 240;

class PaceTest : public ::testing::Test {
 protected:
  bool waits_and_moves(seconds waited, std::uint64_t bytes) {
    pace.begin_wait(now);
    now += waited;
    pace.end_wait(now);
    pace.moved(bytes);
    return !pace.too_slow(kRate);
  }

  Monotonic now{std::chrono::hours{100}};
  Pace pace;
};

TEST_F(PaceTest, within_the_grace_nobody_is_slow) {
  EXPECT_TRUE(waits_and_moves(seconds{4}, 0));
  EXPECT_FALSE(waits_and_moves(seconds{1}, 0));
}

TEST_F(PaceTest, the_least_rate_is_enough_for_ever_and_one_byte_less_is_not) {
  for (int second = 0; second < 1'000; ++second) {
    ASSERT_TRUE(waits_and_moves(seconds{1}, kRate)) << second;
  }
  EXPECT_FALSE(waits_and_moves(seconds{1}, kRate - 1));
}

TEST_F(PaceTest, time_without_waiting_does_not_count) {
  EXPECT_TRUE(waits_and_moves(seconds{4}, 0));
  now += std::chrono::hours{1};
  EXPECT_TRUE(waits_and_moves(seconds{0}, 0));
}

TEST_F(PaceTest, an_early_burst_is_forgotten) {
  EXPECT_TRUE(waits_and_moves(seconds{6}, 1 << 30));
  int second = 0;
  while (waits_and_moves(seconds{1}, 1)) ASSERT_LT(++second, 120);
  EXPECT_GT(second, 60);
}

TEST_F(PaceTest, silence_between_large_steps_is_not_slow) {
  for (int step = 0; step < 100; ++step) {
    ASSERT_TRUE(waits_and_moves(seconds{33}, 16 << 20)) << step;
    ASSERT_TRUE(waits_and_moves(seconds{6}, 0)) << step;
  }
}

TEST_F(PaceTest, a_wait_that_is_under_way_survives_the_end_of_a_window) {
  pace.begin_wait(now);
  for (int step = 0; step < 10; ++step) {
    now += seconds{20};
    pace.end_wait(now);
    pace.moved(16'384);
    pace.begin_wait(now);
    ASSERT_FALSE(pace.too_slow(kRate)) << step;
  }
}

}  // namespace
}  // namespace gatehouse
