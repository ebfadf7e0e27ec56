// What is promised: an address may fail so often, then waits, and is forgiven step by step; the
// table never grows, and who is not in it is let through.
#include "gateway/identity/attempt_limit.h"

#include <gtest/gtest.h>

#include "testing/manual_clock.h"

namespace gatehouse {
namespace {

using namespace std::chrono_literals;

struct AttemptLimitTest : ::testing::Test {
  testing::ManualClock clock;
  AttemptLimit limit{3, 60s};
  const StableHash ann{1, 10};

  void fail(const StableHash& address) { limit.refused(address, clock.monotonic()); }
  std::optional<std::chrono::seconds> wait(const StableHash& address) {
    return limit.wait_for(address, clock.monotonic());
  }
};

TEST_F(AttemptLimitTest, takes_back_what_was_counted_before_it_was_found_good) {
  for (int i = 0; i < 9; ++i) {
    fail(ann);
    limit.forgive(ann);
  }
  for (int i = 0; i < 3; ++i) fail(ann);
  EXPECT_EQ(wait(ann), 20s);
  limit.forgive({2, 20});  // whom it doesn't know
}

TEST_F(AttemptLimitTest, closes_after_as_many_as_are_allowed_and_opens_for_one_at_a_time) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(wait(ann), std::nullopt) << i;
    fail(ann);
  }
  EXPECT_EQ(wait(ann), 20s);
  clock.advance(20s - 1ms);
  EXPECT_EQ(wait(ann), 1s);
  clock.advance(1ms);
  EXPECT_EQ(wait(ann), std::nullopt);
  fail(ann);
  EXPECT_EQ(wait(ann), 20s);
  clock.advance(60s);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(wait(ann), std::nullopt) << i;
    fail(ann);
  }
  EXPECT_NE(wait(ann), std::nullopt);
}

TEST_F(AttemptLimitTest, holds_nobody_back_for_another) {
  for (int i = 0; i < 3; ++i) fail(ann);
  EXPECT_EQ(wait({2, 20}), std::nullopt);
  EXPECT_EQ(wait({1, 20}), std::nullopt) << "of the same set";
}

TEST_F(AttemptLimitTest, forgets_whom_it_would_forgive_first_when_a_set_is_full) {
  for (int i = 0; i < 3; ++i) fail(ann);
  for (std::uint64_t i = 0; i < 100; ++i) fail({1, 100 + i});
  EXPECT_NE(wait(ann), std::nullopt) << "its debt is the largest";
}

TEST_F(AttemptLimitTest, is_no_limit_at_a_count_of_0) {
  AttemptLimit none{0, 60s};
  for (int i = 0; i < 1'000; ++i) none.refused(ann, clock.monotonic());
  EXPECT_EQ(none.wait_for(ann, clock.monotonic()), std::nullopt);
}

}  // namespace
}  // namespace gatehouse
