// What is promised: what is full, dropped or stands still is said when it begins, again only after
// a while, and with how often it happened since.
#include "app/lookout.h"

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

constexpr std::size_t kKeys = 3;
static_assert(Sight::kLimits[kKeys] == Limit::rate_limit_keys);

struct LookoutTest : ::testing::Test {
  std::vector<std::string> look(std::chrono::seconds after = Lookout::kEvery) {
    now += after;
    return lookout.look(sight, now);
  }
  Lookout lookout;
  Sight sight;
  Monotonic now{1h};
};

TEST_F(LookoutTest, says_nothing_while_nothing_is_amiss) {
  EXPECT_THAT(look(), IsEmpty());
  sight.recorded = 100;
  sight.history = 100;
  EXPECT_THAT(look(), IsEmpty());
  EXPECT_THAT(look(1h), IsEmpty());
}

TEST_F(LookoutTest, names_a_limit_at_once_and_then_counts_for_a_while) {
  sight.limits[kKeys] = 2;
  EXPECT_THAT(look(), ElementsAre("the limit rate_limit_keys was reached, 2 more times"));
  sight.limits[kKeys] = 50;
  EXPECT_THAT(look(), IsEmpty());
  sight.limits[kKeys] = 60;
  EXPECT_THAT(look(Lookout::kSayEvery),
              ElementsAre("the limit rate_limit_keys was reached, 58 more times"));
  EXPECT_THAT(look(Lookout::kSayEvery), IsEmpty());
}

TEST_F(LookoutTest, one_thing_does_not_silence_another) {
  sight.limits[0] = 1;
  EXPECT_THAT(look(), ElementsAre("the limit connections was reached, 1 more times"));
  sight.undecided = 4;
  sight.events_dropped = 5;
  EXPECT_THAT(
      look(),
      ElementsAre("policies came to no answer for 4 more requests; their `on_error` decided",
                  "5 more events were dropped: the way to the journal was full"));
}

TEST_F(LookoutTest, a_history_that_stands_still_is_told_once_and_so_is_its_end) {
  sight.recorded = 100;
  sight.history = 90;
  EXPECT_THAT(look(), IsEmpty());  // it may be on its way
  EXPECT_THAT(look(Lookout::kStill - 1s), IsEmpty());
  sight.recorded = 130;
  EXPECT_THAT(look(), ElementsAre("the event history stands still, 40 records behind the journal, "
                                  "which keeps them for it"));
  EXPECT_THAT(look(1h), IsEmpty());
  sight.history = 91;
  EXPECT_THAT(look(), ElementsAre("the event history takes records again"));
}

TEST_F(LookoutTest, a_history_that_is_slow_or_closed_stands_not_still) {
  sight.recorded = 1'000;
  for (std::uint64_t taken = 1; taken < 100; ++taken) {
    sight.history = taken;
    EXPECT_THAT(look(Lookout::kStill - 1s), IsEmpty());
  }
  sight.history.reset();  // it fails, and says so itself
  EXPECT_THAT(look(1h), IsEmpty());
}

}  // namespace
}  // namespace gatehouse
