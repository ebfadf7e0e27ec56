// metrics/worker_metrics: what one worker counts, and the page made of all workers' counts.
//
// Place    one object a worker, made before it starts and kept until the process ends: a reload
//          changes which slots are used (metrics/series_names), never what was counted.
// Writers  the worker alone, with plain stores; render() reads from any thread.
// Memory   fixed: kRoutesMax and kUpstreamsMax slots, about 0.6 MiB, of which only used slots are
//          ever touched by the request path.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/counter.h"
#include "metrics/histogram.h"
#include "metrics/limit_counts.h"
#include "metrics/series_names.h"

namespace gatehouse {

class PrometheusText;

class WorkerMetrics {
 public:
  using Slot = SeriesNames::Slot;
  static constexpr std::size_t kRoutesMax = 1024;    // slots_max of the routes' SeriesNames
  static constexpr std::size_t kUpstreamsMax = 256;  // and of the upstreams'
  static constexpr std::size_t kErrorsMax = 64;      // numbers of the gate's table of errors
  static constexpr std::size_t kActsMax = 8;         // numbers of what a verdict leads to

  struct Route {
    std::array<Counter, 6> by_class;  // [2]: 200 to 299; [0]: ended without a status
    Counter request_bytes;            // content alone
    Counter response_bytes;
    Histogram duration;

    void finished(std::uint16_t status, std::uint64_t us, std::uint64_t bytes_in,
                  std::uint64_t bytes_out);
  };
  struct Upstream {
    Counter attempts;
    Counter retries;
    std::array<Counter, kErrorsMax> errors;
    Histogram duration;  // from the attempt to the end of the response
    Gauge connections;
    Gauge idle;
    Gauge waiting;
    Gauge ejected;

    void attempted(std::uint64_t us, std::optional<std::uint8_t> error);
  };

  WorkerMetrics() : routes_(kRoutesMax), upstreams_(kUpstreamsMax) {}
  WorkerMetrics(const WorkerMetrics&) = delete;
  WorkerMetrics& operator=(const WorkerMetrics&) = delete;

  // An exchange begins, ends. Every begin() has its end().
  void begin() {
    exchanges.add();
    in_flight.add(1);
  }
  void end() { in_flight.add(-1); }

  Route& route(Slot slot) { return routes_[slot < kRoutesMax ? slot : SeriesNames::kOther]; }
  Upstream& upstream(Slot slot) {
    return upstreams_[slot < kUpstreamsMax ? slot : SeriesNames::kOther];
  }
  const Route& route(Slot slot) const { return routes_[slot]; }
  const Upstream& upstream(Slot slot) const { return upstreams_[slot]; }
  void failed(std::uint8_t error) { errors[error % kErrorsMax].add(); }

  Counter exchanges;
  Gauge in_flight;
  std::array<Counter, kErrorsMax> errors;    // answers that the gate made by itself, by number
  Counter blocked;                           // exchanges that a verdict ended
  std::array<Counter, kActsMax> acts_done;   // exchanges by what a verdict led to
  std::array<Counter, kActsMax> acts_would;  // … and by what it would have, if enforced
  Gauge slowed;                              // exchanges that are being delayed
  Gauge trapped;                             // exchanges that a decoy is answering
  Counter undecided;                         // policies whose expression came to no answer
  Counter connections_accepted;
  Counter connections_refused;  // at accept, whatever the reason
  LimitCounts limits;
  Gauge connections;
  Counter events_dropped;
  Gauge event_queue_bytes;  // of this worker's queue to the sequencer
  Gauge buffers_in_use;
  Gauge loop_lag_us;  // how late the last timer was
  Counter config_swaps;

 private:
  std::vector<Route> routes_;
  std::vector<Upstream> upstreams_;
};

struct MetricNames {
  const SeriesNames& routes;
  const SeriesNames& upstreams;
  std::span<const std::string_view> errors;     // codes by number, at most kErrorsMax
  std::span<const std::string_view> acts = {};  // words by number, at most kActsMax; 0 is none
};

// Appends all families. A route or upstream that was never used has no series.
void render(std::span<const WorkerMetrics* const> workers, const MetricNames& names,
            PrometheusText& text);
std::string render(std::span<const WorkerMetrics* const> workers, const MetricNames& names);

}  // namespace gatehouse
