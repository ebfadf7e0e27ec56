// Promised: the page adds up all workers exactly, under the config's names; a reload loses nothing;
// reading while a worker writes never shows a counter going back.
#include "metrics/worker_metrics.h"

#include <array>
#include <thread>

namespace gatehouse {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Page {
  SeriesNames routes{WorkerMetrics::kRoutesMax};
  SeriesNames upstreams{WorkerMetrics::kUpstreamsMax};
  WorkerMetrics first;
  WorkerMetrics second;

  std::string text() const {
    static constexpr std::array<std::string_view, 2> kCodes{"bad-host", "upstream-closed"};
    const std::array<const WorkerMetrics*, 2> workers{&first, &second};
    return render(workers, {routes, upstreams, kCodes});
  }
};

TEST(WorkerMetrics, adds_up_routes_over_the_workers) {
  Page page;
  const auto slot = page.routes.slot_of("orders \"new\"");
  page.routes.slot_of("unused");
  page.first.route(slot).finished(200, 40, 10, 20);
  page.second.route(slot).finished(204, 40, 1, 2);
  page.second.route(slot).finished(503, 1'000, 0, 0);
  page.second.route(slot).finished(0, 1'000, 0, 0);
  page.second.route(slot).finished(999, 1'000, 0, 0);
  const std::string text = page.text();
  const std::string route = "{route=\"orders \\\"new\\\"\"";
  EXPECT_THAT(text, HasSubstr("\ngatehouse_requests_total" + route + ",class=\"2xx\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("\ngatehouse_requests_total" + route + ",class=\"5xx\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\ngatehouse_requests_total" + route + ",class=\"none\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("\ngatehouse_request_bytes_total" + route + "} 11\n"));
  EXPECT_THAT(text, HasSubstr("\ngatehouse_response_bytes_total" + route + "} 22\n"));
  EXPECT_THAT(text, HasSubstr("\ngatehouse_request_duration_seconds_count" + route + "} 5\n"));
  EXPECT_THAT(text, HasSubstr("\ngatehouse_request_duration_seconds_sum" + route + "} 0.00308\n"));
  EXPECT_THAT(text, Not(HasSubstr("unused")));
}

TEST(WorkerMetrics, shows_each_workers_load) {
  Page page;
  page.first.begin();
  page.first.begin();
  page.first.end();
  page.second.events_dropped.add(7);
  const std::string text = page.text();
  EXPECT_THAT(text, HasSubstr("\ngatehouse_exchanges_total{worker=\"0\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("\ngatehouse_exchanges_in_flight{worker=\"0\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\ngatehouse_exchanges_in_flight{worker=\"1\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("\ngatehouse_events_dropped_total{worker=\"1\"} 7\n"));
}

TEST(WorkerMetrics, counts_errors_by_code_and_upstream) {
  Page page;
  const auto slot = page.upstreams.slot_of("orders");
  page.first.failed(0);
  page.first.upstream(slot).attempted(100, std::nullopt);
  page.second.upstream(slot).attempted(100, 1);
  page.first.upstream(slot).connections.set(3);
  page.second.upstream(slot).connections.set(4);
  const std::string text = page.text();
  EXPECT_THAT(text, HasSubstr("\ngatehouse_errors_total{code=\"bad-host\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\ngatehouse_errors_total{code=\"upstream-closed\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("\ngatehouse_upstream_attempts_total{upstream=\"orders\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("\ngatehouse_upstream_errors_total{upstream=\"orders\","
                              "code=\"upstream-closed\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\ngatehouse_upstream_connections{upstream=\"orders\"} 7\n"));
}

TEST(WorkerMetrics, adds_up_each_limit_under_its_name) {
  Page page;
  page.first.limits.reached(Limit::connections);
  page.second.limits.reached(Limit::connections);
  page.second.limits.reached(Limit::http2_untaken_time);
  const std::string text = page.text();
  const std::string family = "\ngatehouse_limits_reached_total{limit=";
  EXPECT_THAT(text, HasSubstr(family + "\"connections\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(family + "\"connections_per_address\"} 0\n"));
  EXPECT_THAT(text, HasSubstr(family + "\"http2_untaken_time\"} 1\n"));
}

TEST(WorkerMetrics, a_reload_changes_no_count) {
  Page page;
  page.first.route(page.routes.slot_of("a")).finished(200, 1, 0, 0);
  // The new config has other routes in another order, and then `a` comes back.
  page.first.route(page.routes.slot_of("b")).finished(200, 1, 0, 0);
  page.first.route(page.routes.slot_of("a")).finished(200, 1, 0, 0);
  EXPECT_THAT(page.text(), HasSubstr("gatehouse_requests_total{route=\"a\",class=\"2xx\"} 2\n"));
  EXPECT_THAT(page.text(), HasSubstr("gatehouse_requests_total{route=\"b\",class=\"2xx\"} 1\n"));
}

TEST(WorkerMetrics, routes_beyond_the_slots_are_counted_as_other) {
  Page page;
  for (std::size_t i = 0; i < WorkerMetrics::kRoutesMax + 2; ++i) {
    page.first.route(page.routes.slot_of("r" + std::to_string(i))).finished(200, 1, 0, 0);
  }
  EXPECT_THAT(page.text(), HasSubstr("{route=\"other\",class=\"2xx\"} 3\n"));
  EXPECT_THAT(page.text(), HasSubstr("overflowed_total{of=\"route\"} 3\n"));
}

TEST(WorkerMetrics, a_reader_never_sees_a_counter_go_back) {
  constexpr std::uint64_t kRounds = 20'000;
  WorkerMetrics worker;
  std::jthread writer([&worker] {
    for (std::uint64_t i = 0; i < kRounds; ++i) worker.route(1).finished(200, i, 1, 1);
  });
  std::uint64_t last = 0;
  while (last < kRounds) {
    Histogram::Totals totals;
    worker.route(1).duration.add_to(totals);
    ASSERT_GE(totals.count(), last);
    last = totals.count();
  }
  writer.join();
  EXPECT_EQ(worker.route(1).by_class[2].value(), kRounds);
}

}  // namespace
}  // namespace gatehouse
