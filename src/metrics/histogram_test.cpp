// Promised: each value is in the bucket whose bounds hold it, and totals are exact.
#include "metrics/histogram.h"

namespace gatehouse {
namespace {

TEST(Histogram, has_two_buckets_to_a_doubling) {
  EXPECT_EQ(Histogram::bound_of(0), 32U);
  EXPECT_EQ(Histogram::bound_of(1), 48U);
  EXPECT_EQ(Histogram::bound_of(2), 64U);
  EXPECT_EQ(Histogram::bound_of(3), 96U);
  EXPECT_EQ(Histogram::bound_of(Histogram::kBuckets - 2), 67'108'864U);
}

TEST(Histogram, an_upper_bound_is_in_its_bucket_and_one_more_in_the_next) {
  for (std::size_t i = 0; i + 1 < Histogram::kBuckets; ++i) {
    EXPECT_EQ(Histogram::bucket_of(Histogram::bound_of(i)), i);
    EXPECT_EQ(Histogram::bucket_of(Histogram::bound_of(i) + 1), i + 1);
  }
  EXPECT_EQ(Histogram::bucket_of(0), 0U);
  EXPECT_EQ(Histogram::bucket_of(~std::uint64_t{0}), Histogram::kBuckets - 1);
}

TEST(Histogram, totals_add_up_several) {
  Histogram a;
  Histogram b;
  a.record(10);
  a.record(100);
  b.record(100'000'000);
  Histogram::Totals totals;
  a.add_to(totals);
  b.add_to(totals);
  EXPECT_EQ(totals.count(), 3U);
  EXPECT_EQ(totals.sum_us, 100'000'110U);
  EXPECT_EQ(totals.counts[0], 1U);
  EXPECT_EQ(totals.counts[Histogram::bucket_of(100)], 1U);
  EXPECT_EQ(totals.counts.back(), 1U);
}

}  // namespace
}  // namespace gatehouse
