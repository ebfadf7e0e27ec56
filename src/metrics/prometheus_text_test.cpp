// Promised: the text is what Prometheus reads, whatever a label holds.
#include "metrics/prometheus_text.h"

namespace gatehouse {
namespace {

TEST(PrometheusText, writes_families_and_samples) {
  PrometheusText text;
  text.counter("a_total", "How many.");
  text.sample({}, std::uint64_t{3});
  text.sample({{"route", "x"}, {"class", "2xx"}}, std::uint64_t{4});
  text.gauge("b", "How much.");
  text.sample({}, std::int64_t{-1});
  EXPECT_EQ(text.text(),
            "# HELP a_total How many.\n# TYPE a_total counter\na_total 3\n"
            "a_total{route=\"x\",class=\"2xx\"} 4\n"
            "# HELP b How much.\n# TYPE b gauge\nb -1\n");
}

TEST(PrometheusText, escapes_labels_and_help) {
  PrometheusText text;
  text.counter("a", "one\ntwo \\ \"three\"");
  text.sample({{"l", "a\"b\\c\nd"}}, std::uint64_t{1});
  EXPECT_EQ(text.text(),
            "# HELP a one\\ntwo \\\\ \"three\"\n# TYPE a counter\na{l=\"a\\\"b\\\\c\\nd\"} 1\n");
}

TEST(PrometheusText, writes_cumulative_buckets_in_seconds) {
  Histogram histogram;
  histogram.record(32);
  histogram.record(40);
  histogram.record(100'000'000);
  Histogram::Totals totals;
  histogram.add_to(totals);
  PrometheusText text;
  text.histogram("d_seconds", "How long.");
  text.sample({{"r", "x"}}, totals);
  EXPECT_THAT(text.text(), testing::HasSubstr("d_seconds_bucket{r=\"x\",le=\"0.000032\"} 1\n"
                                              "d_seconds_bucket{r=\"x\",le=\"0.000048\"} 2\n"
                                              "d_seconds_bucket{r=\"x\",le=\"0.000064\"} 2\n"));
  EXPECT_THAT(text.text(), testing::EndsWith("d_seconds_bucket{r=\"x\",le=\"67.108864\"} 2\n"
                                             "d_seconds_bucket{r=\"x\",le=\"+Inf\"} 3\n"
                                             "d_seconds_sum{r=\"x\"} 100.000072\n"
                                             "d_seconds_count{r=\"x\"} 3\n"));
}

TEST(PrometheusText, prints_seconds_exactly) {
  EXPECT_EQ(seconds_text(0), "0");
  EXPECT_EQ(seconds_text(1), "0.000001");
  EXPECT_EQ(seconds_text(1'500'000), "1.5");
  EXPECT_EQ(seconds_text(10'000'000), "10");
}

}  // namespace
}  // namespace gatehouse
