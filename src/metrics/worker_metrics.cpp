#include "metrics/worker_metrics.h"

#include <algorithm>

#include "metrics/prometheus_text.h"

namespace gatehouse {
namespace {

using Workers = std::span<const WorkerMetrics* const>;
using Slot = WorkerMetrics::Slot;
using Route = WorkerMetrics::Route;
using Upstream = WorkerMetrics::Upstream;

constexpr std::array<std::string_view, 6> kClasses{"none", "1xx", "2xx", "3xx", "4xx", "5xx"};

// `of` gives one worker's number.
template <class Of>
std::uint64_t sum(Workers workers, Of&& of) {
  std::uint64_t total = 0;
  for (const WorkerMetrics* const worker : workers) total += of(*worker);
  return total;
}

template <class Of>
Histogram::Totals totals_of(Workers workers, Of&& of) {
  Histogram::Totals totals;
  for (const WorkerMetrics* const worker : workers) of(*worker).add_to(totals);
  return totals;
}

// A name that is in use, with its slot.
struct Used {
  Slot slot;
  std::string name;
};

template <class IsUsed>
std::vector<Used> used_of(const SeriesNames& names, std::size_t slots_max, IsUsed&& is_used) {
  std::vector<Used> used;
  std::vector<std::string> all = names.names();
  for (std::size_t i = 0; i < std::min(all.size(), slots_max); ++i) {
    const auto slot = static_cast<Slot>(i);
    if (is_used(slot)) used.push_back({slot, std::move(all[i])});
  }
  return used;
}

// One sample for each worker: how the load is spread is what an operator asks first.
void each_worker(PrometheusText& text, Workers workers, const Gauge WorkerMetrics::* gauge) {
  for (std::size_t i = 0; i < workers.size(); ++i) {
    text.sample({{"worker", std::to_string(i)}}, (workers[i]->*gauge).value());
  }
}

void each_worker(PrometheusText& text, Workers workers, const Counter WorkerMetrics::* counter) {
  for (std::size_t i = 0; i < workers.size(); ++i) {
    text.sample({{"worker", std::to_string(i)}}, (workers[i]->*counter).value());
  }
}

void render_workers(Workers workers, PrometheusText& text) {
  text.counter("gatehouse_exchanges_total", "Requests that began, refused ones included.");
  each_worker(text, workers, &WorkerMetrics::exchanges);
  text.gauge("gatehouse_exchanges_in_flight", "Requests that are not over.");
  each_worker(text, workers, &WorkerMetrics::in_flight);
  text.counter("gatehouse_connections_accepted_total", "Connections of clients that were taken.");
  each_worker(text, workers, &WorkerMetrics::connections_accepted);
  text.counter("gatehouse_connections_refused_total", "Connections that were closed as they came.");
  each_worker(text, workers, &WorkerMetrics::connections_refused);
  text.gauge("gatehouse_connections", "Open connections of clients.");
  each_worker(text, workers, &WorkerMetrics::connections);
  text.counter("gatehouse_blocked_total", "Requests that a verdict ended.");
  each_worker(text, workers, &WorkerMetrics::blocked);
  text.gauge("gatehouse_slowed", "Requests that a verdict is delaying.");
  each_worker(text, workers, &WorkerMetrics::slowed);
  text.gauge("gatehouse_trapped", "Requests that a decoy is answering because of a verdict.");
  each_worker(text, workers, &WorkerMetrics::trapped);
  text.counter("gatehouse_undecided_total", "Times that a policy's expression came to no answer.");
  each_worker(text, workers, &WorkerMetrics::undecided);
  text.counter("gatehouse_events_dropped_total", "Events for which the queue had no room.");
  each_worker(text, workers, &WorkerMetrics::events_dropped);
  text.gauge("gatehouse_event_queue_bytes", "Events that wait for the sequencer.");
  each_worker(text, workers, &WorkerMetrics::event_queue_bytes);
  text.gauge("gatehouse_buffers_in_use", "Pooled buffers that are lent out.");
  each_worker(text, workers, &WorkerMetrics::buffers_in_use);
  text.gauge("gatehouse_loop_lag_microseconds", "How late the loop's last timer was.");
  each_worker(text, workers, &WorkerMetrics::loop_lag_us);
  text.counter("gatehouse_config_swaps_total", "Snapshots of the config that were taken over.");
  each_worker(text, workers, &WorkerMetrics::config_swaps);
}

void render_errors(Workers workers, const MetricNames& names, PrometheusText& text) {
  text.counter("gatehouse_errors_total", "Answers that the gate made by itself, by code.");
  for (std::size_t i = 0; i < std::min(names.errors.size(), WorkerMetrics::kErrorsMax); ++i) {
    text.sample({{"code", names.errors[i]}},
                sum(workers, [&](const WorkerMetrics& w) { return w.errors[i].value(); }));
  }
}

void render_acts(Workers workers, const MetricNames& names, PrometheusText& text) {
  const auto each = [&](const std::array<Counter, WorkerMetrics::kActsMax> WorkerMetrics::* acts) {
    for (std::size_t i = 1; i < std::min(names.acts.size(), WorkerMetrics::kActsMax); ++i) {
      text.sample({{"act", names.acts[i]}},
                  sum(workers, [&](const WorkerMetrics& w) { return (w.*acts)[i].value(); }));
    }
  };
  text.counter("gatehouse_verdict_acts_total", "Requests by what a verdict led to.");
  each(&WorkerMetrics::acts_done);
  text.counter("gatehouse_verdict_acts_observed_total",
               "Requests by what a verdict would have led to, had it been enforced.");
  each(&WorkerMetrics::acts_would);
}

void render_limits(Workers workers, PrometheusText& text) {
  text.counter("gatehouse_limits_reached_total",
               "Times that a limit was reached whose end is no answer, by limit.");
  for (std::size_t i = 0; i < LimitCounts::kNames.size(); ++i) {
    const auto limit = static_cast<Limit>(i);
    text.sample({{"limit", LimitCounts::kNames[i]}},
                sum(workers, [&](const WorkerMetrics& w) { return w.limits.of(limit); }));
  }
}

std::uint64_t requests_of(const Route& route) {
  std::uint64_t total = 0;
  for (const Counter& counter : route.by_class) total += counter.value();
  return total;
}

void render_routes(Workers workers, const MetricNames& names, PrometheusText& text) {
  const std::vector<Used> used = used_of(names.routes, WorkerMetrics::kRoutesMax, [&](Slot slot) {
    return sum(workers, [&](const WorkerMetrics& w) { return requests_of(w.route(slot)); }) != 0;
  });
  text.counter("gatehouse_requests_total", "Requests that ended, by route and class of status.");
  for (const auto& [slot, name] : used) {
    for (std::size_t i = 0; i < kClasses.size(); ++i) {
      text.sample({{"route", name}, {"class", kClasses[i]}},
                  sum(workers, [&, at = slot](const WorkerMetrics& w) {
                    return w.route(at).by_class[i].value();
                  }));
    }
  }
  const auto bytes = [&](const Counter Route::* counter) {
    for (const Used& route : used) {
      text.sample({{"route", route.name}}, sum(workers, [&](const WorkerMetrics& w) {
                    return (w.route(route.slot).*counter).value();
                  }));
    }
  };
  text.counter("gatehouse_request_bytes_total", "Content of requests.");
  bytes(&Route::request_bytes);
  text.counter("gatehouse_response_bytes_total", "Content of responses.");
  bytes(&Route::response_bytes);
  text.histogram("gatehouse_request_duration_seconds", "From the read head to the end.");
  for (const Used& route : used) {
    text.sample({{"route", route.name}},
                totals_of(workers, [&](const WorkerMetrics& w) -> const Histogram& {
                  return w.route(route.slot).duration;
                }));
  }
}

void render_upstreams(Workers workers, const MetricNames& names, PrometheusText& text) {
  const std::vector<Used> used =
      used_of(names.upstreams, WorkerMetrics::kUpstreamsMax, [&](Slot slot) {
        return sum(workers,
                   [&](const WorkerMetrics& w) { return w.upstream(slot).attempts.value(); }) != 0;
      });
  const auto counts = [&](const Counter Upstream::* counter) {
    for (const Used& upstream : used) {
      text.sample({{"upstream", upstream.name}}, sum(workers, [&](const WorkerMetrics& w) {
                    return (w.upstream(upstream.slot).*counter).value();
                  }));
    }
  };
  const auto gauges = [&](const Gauge Upstream::* gauge) {
    for (const Used& upstream : used) {
      std::int64_t total = 0;
      for (const WorkerMetrics* const worker : workers) {
        total += (worker->upstream(upstream.slot).*gauge).value();
      }
      text.sample({{"upstream", upstream.name}}, total);
    }
  };
  text.counter("gatehouse_upstream_attempts_total", "Requests sent to a target, tries included.");
  counts(&Upstream::attempts);
  text.counter("gatehouse_upstream_retries_total", "Requests that were sent once more.");
  counts(&Upstream::retries);
  text.counter("gatehouse_upstream_errors_total", "Attempts that failed, by code.");
  for (const Used& upstream : used) {
    for (std::size_t i = 0; i < std::min(names.errors.size(), WorkerMetrics::kErrorsMax); ++i) {
      const std::uint64_t total = sum(workers, [&](const WorkerMetrics& w) {
        return w.upstream(upstream.slot).errors[i].value();
      });
      if (total != 0) text.sample({{"upstream", upstream.name}, {"code", names.errors[i]}}, total);
    }
  }
  text.gauge("gatehouse_upstream_connections", "Open connections to targets.");
  gauges(&Upstream::connections);
  text.gauge("gatehouse_upstream_connections_idle", "Connections that rest in the pool.");
  gauges(&Upstream::idle);
  text.gauge("gatehouse_upstream_waiting", "Requests that wait for a connection.");
  gauges(&Upstream::waiting);
  text.gauge("gatehouse_upstream_targets_ejected", "Ejected targets, added up over the workers.");
  gauges(&Upstream::ejected);
  text.histogram("gatehouse_upstream_duration_seconds", "From the attempt to the response's end.");
  for (const Used& upstream : used) {
    text.sample({{"upstream", upstream.name}},
                totals_of(workers, [&](const WorkerMetrics& w) -> const Histogram& {
                  return w.upstream(upstream.slot).duration;
                }));
  }
}

}  // namespace

void WorkerMetrics::Route::finished(std::uint16_t status, std::uint64_t us, std::uint64_t bytes_in,
                                    std::uint64_t bytes_out) {
  const unsigned hundreds = status / 100U;
  by_class[hundreds < by_class.size() ? hundreds : 0].add();
  request_bytes.add(bytes_in);
  response_bytes.add(bytes_out);
  duration.record(us);
}

void WorkerMetrics::Upstream::attempted(std::uint64_t us, std::optional<std::uint8_t> error) {
  attempts.add();
  duration.record(us);
  if (error) errors[*error % kErrorsMax].add();
}

void render(std::span<const WorkerMetrics* const> workers, const MetricNames& names,
            PrometheusText& text) {
  render_workers(workers, text);
  render_errors(workers, names, text);
  render_acts(workers, names, text);
  render_limits(workers, text);
  render_routes(workers, names, text);
  render_upstreams(workers, names, text);
  text.counter("gatehouse_metric_names_overflowed_total",
               "Names that were counted under `other` because all slots were taken.");
  text.sample({{"of", "route"}}, names.routes.overflowed());
  text.sample({{"of", "upstream"}}, names.upstreams.overflowed());
}

std::string render(std::span<const WorkerMetrics* const> workers, const MetricNames& names) {
  PrometheusText text;
  render(workers, names, text);
  return text.take();
}

}  // namespace gatehouse
