// gateway/worker_parts: what an exchange needs of the worker that it runs on, handed over by
// reference.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/stable_hash.h"
#include "events/event_queue.h"
#include "gateway/policy.h"
#include "gateway/snapshot.h"
#include "gateway/upstream.h"
#include "metrics/worker_metrics.h"
#include "net/loop.h"
#include "verdicts/verdict_table.h"

namespace gatehouse {

// A worker's hold on a snapshot: counted by its exchanges without atomics, with the pools that the
// snapshot's upstreams stand for on this worker.
struct LocalSnapshot {
  std::shared_ptr<const Snapshot> snapshot;
  std::vector<Upstream*> upstreams;  // by the snapshot's index
  std::vector<const ListenerRules*>
      listeners;                             // by the worker's number; null: no longer configured
  std::vector<std::vector<Policy*>> chains;  // by route
  std::vector<SeriesNames::Slot> route_slots;
  std::vector<SeriesNames::Slot> upstream_slots;
  std::uint32_t exchanges = 0;
  bool current = true;
};

// "Tue, 24 Nov 2026 21:00:00 GMT", made once a second.
class DateText {
 public:
  std::string_view text(std::int64_t wall_us);

 private:
  std::int64_t second_ = -1;
  char text_[32] = {};
};

// Request ids: 64 random bits a worker, and a count that is spread over the other 64.
class RequestIds {
 public:
  RequestIds();
  RequestId next();

 private:
  std::uint64_t high_;
  std::uint64_t count_;
};
// 32 lower-case hex digits.
void write_hex(const RequestId& id, char* into);

struct WorkerParts {
  Loop& loop;
  const Clock& clock;
  std::uint16_t number = 0;
  EventQueue& events;
  VerdictTable& verdicts;
  WorkerMetrics& metrics;
  const HashKey& key;
  DateText date;
  RequestIds ids;
  bool draining = false;
};

}  // namespace gatehouse
