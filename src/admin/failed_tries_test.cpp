// What is promised: ten wrong tokens a minute and address are told so, more are told to wait until
// the minute ends; no number of addresses takes more memory.
#include "admin/failed_tries.h"

#include "testing/manual_clock.h"

namespace gatehouse {
namespace {

using namespace std::chrono_literals;

TEST(FailedTries, says_when_to_try_again_after_too_many) {
  testing::ManualClock clock;
  FailedTries tries;
  for (std::uint32_t i = 0; i < FailedTries::kTriesMax; ++i) {
    EXPECT_EQ(tries.add("192.0.2.1", clock.monotonic()), 0U);
  }
  EXPECT_EQ(tries.add("192.0.2.1", clock.monotonic()), 60U);
  EXPECT_EQ(tries.add("192.0.2.2", clock.monotonic()), 0U);
  clock.advance(59'500ms);
  EXPECT_EQ(tries.add("192.0.2.1", clock.monotonic()), 1U);
  clock.advance(500ms);
  EXPECT_EQ(tries.add("192.0.2.1", clock.monotonic()), 0U);
}

TEST(FailedTries, forgets_the_oldest_window_when_it_is_full) {
  testing::ManualClock clock;
  FailedTries tries;
  for (std::size_t i = 0; i <= FailedTries::kAddressesMax; ++i) {
    for (std::uint32_t n = 0; n <= FailedTries::kTriesMax; ++n) {
      tries.add(std::to_string(i), clock.monotonic());
    }
    clock.advance(1ms);
  }
  EXPECT_EQ(tries.size(), FailedTries::kAddressesMax);
  EXPECT_GT(tries.add("1", clock.monotonic()), 0U);
  EXPECT_EQ(tries.add("0", clock.monotonic()), 0U);
}

}  // namespace
}  // namespace gatehouse
