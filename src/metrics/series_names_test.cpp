// Promised: a name keeps its slot for good, and names beyond the limit share the one named "other".
#include "metrics/series_names.h"

namespace gatehouse {
namespace {

TEST(SeriesNames, keep_their_slot) {
  SeriesNames names(8);
  const auto orders = names.slot_of("orders");
  const auto users = names.slot_of("users");
  EXPECT_NE(orders, users);
  EXPECT_NE(orders, SeriesNames::kOther);
  EXPECT_EQ(names.slot_of("orders"), orders);
  EXPECT_THAT(names.names(), testing::ElementsAre("other", "orders", "users"));
}

TEST(SeriesNames, beyond_the_limit_share_other) {
  SeriesNames names(2);
  EXPECT_EQ(names.slot_of("a"), 1);
  EXPECT_EQ(names.slot_of("b"), SeriesNames::kOther);
  EXPECT_EQ(names.slot_of("a"), 1);
  EXPECT_EQ(names.slot_of("other"), SeriesNames::kOther);
  EXPECT_EQ(names.overflowed(), 1U);
}

}  // namespace
}  // namespace gatehouse
