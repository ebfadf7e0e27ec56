// What is promised: a set is asked for when its age says so, soon after a failure, and for an
// unknown key never more often than the least time allows.
#include "gateway/identity/key_refresh.h"

#include <gtest/gtest.h>

#include "testing/manual_clock.h"

namespace gatehouse {
namespace {

using namespace std::chrono_literals;

struct KeyRefreshTest : ::testing::Test {
  testing::ManualClock clock;
  KeyRefresh refresh{60s, 1h};

  bool due() { return refresh.is_due(clock.monotonic()); }
  void succeed(std::optional<std::chrono::milliseconds> max_age) {
    refresh.began(clock.monotonic());
    refresh.succeeded(clock.monotonic(), max_age);
  }
  bool due_exactly_after(std::chrono::milliseconds time) {
    clock.advance(time - 1ms);
    const bool early = due();
    clock.advance(1ms);
    return !early && due();
  }
};

TEST_F(KeyRefreshTest, begins_at_once_and_never_twice_at_a_time) {
  EXPECT_TRUE(due());
  refresh.began(clock.monotonic());
  clock.advance(24h);
  EXPECT_FALSE(due());
}

TEST_F(KeyRefreshTest, follows_max_age_within_its_bounds) {
  succeed(10min);
  EXPECT_TRUE(due_exactly_after(10min));
  succeed(1s);
  EXPECT_TRUE(due_exactly_after(60s));
  succeed(0s);
  EXPECT_TRUE(due_exactly_after(60s));
  succeed(240h);
  EXPECT_TRUE(due_exactly_after(1h));
  succeed(std::nullopt);
  EXPECT_TRUE(due_exactly_after(1h));
}

TEST_F(KeyRefreshTest, tries_again_after_a_failure_ever_later) {
  for (const auto pause : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    refresh.began(clock.monotonic());
    refresh.failed(clock.monotonic());
    EXPECT_TRUE(due_exactly_after(pause)) << pause.count();
  }
  succeed(60s);
  clock.advance(60s);
  refresh.began(clock.monotonic());
  refresh.failed(clock.monotonic());
  EXPECT_TRUE(due_exactly_after(1s)) << "a success begins the row anew";
}

TEST_F(KeyRefreshTest, is_brought_forward_by_a_missing_key_once_in_the_least_time) {
  succeed(std::nullopt);
  clock.advance(10s);
  refresh.missed();
  EXPECT_TRUE(due_exactly_after(50s));
  succeed(std::nullopt);
  refresh.missed();
  refresh.missed();
  EXPECT_TRUE(due_exactly_after(60s));
}

TEST_F(KeyRefreshTest, hears_of_a_missing_key_only_while_no_fetch_is_under_way) {
  succeed(std::nullopt);
  clock.advance(2h);
  refresh.began(clock.monotonic());
  refresh.missed();
  EXPECT_FALSE(due());
}

}  // namespace
}  // namespace gatehouse
