// What is promised: never early, at most a tick late; later costs nothing, earlier works; a firing
// timer may do anything.
#include "net/timer_wheel.h"

#include <gtest/gtest.h>

#include <memory>

namespace gatehouse {
namespace {

using namespace std::chrono_literals;

struct TimerWheelTest : ::testing::Test {
  const Monotonic start{1h};
  TimerWheel wheel{start};
  int fired = 0;
  Timer timer{wheel, [](void* self) { ++*static_cast<int*>(self); }, &fired};
};

TEST_F(TimerWheelTest, fires_once_not_early_and_at_most_a_tick_late) {
  timer.arm_in(100ms);
  wheel.advance(start + 99ms);
  EXPECT_EQ(fired, 0);
  wheel.advance(start + 100ms + TimerWheel::kTick);
  EXPECT_EQ(fired, 1);
  wheel.advance(start + 10s);
  EXPECT_EQ(fired, 1);
  EXPECT_FALSE(timer.armed());
}

TEST_F(TimerWheelTest, a_deadline_moved_later_holds) {
  timer.arm_in(100ms);
  timer.arm_in(5s);
  wheel.advance(start + 4990ms);
  EXPECT_EQ(fired, 0);
  wheel.advance(start + 5s + TimerWheel::kTick);
  EXPECT_EQ(fired, 1);
}

TEST_F(TimerWheelTest, a_deadline_moved_earlier_holds) {
  timer.arm_in(5s);
  timer.arm_in(100ms);
  wheel.advance(start + 100ms + TimerWheel::kTick);
  EXPECT_EQ(fired, 1);
}

TEST_F(TimerWheelTest, a_deadline_beyond_a_turn_of_the_wheel_holds) {
  timer.arm_in(60s);
  for (auto at = 0ms; at < 60s; at += 500ms) wheel.advance(start + at);
  EXPECT_EQ(fired, 0);
  wheel.advance(start + 60s + TimerWheel::kTick);
  EXPECT_EQ(fired, 1);
}

TEST_F(TimerWheelTest, a_firing_timer_may_destroy_its_neighbour) {
  struct Pair {
    std::unique_ptr<Timer> victim;
    int fired = 0;
  } pair;
  const auto fire = [](void* self) {
    ++static_cast<Pair*>(self)->fired;
    static_cast<Pair*>(self)->victim.reset();
  };
  pair.victim = std::make_unique<Timer>(wheel, fire, &pair);
  Timer killer(wheel, fire, &pair);
  pair.victim->arm_in(50ms);
  killer.arm_in(50ms);
  wheel.advance(start + 1s);
  EXPECT_EQ(pair.fired, 1);
}

TEST_F(TimerWheelTest, says_how_long_a_loop_may_sleep) {
  EXPECT_LT(wheel.until_next(), 0ms);
  timer.arm_in(100ms);
  EXPECT_GE(wheel.until_next(), 84ms);
  EXPECT_LE(wheel.until_next(), 116ms);
}

}  // namespace
}  // namespace gatehouse
