// events/event_queue: the way of one worker's events to the sequencer.
//
// Place    the worker pushes (encoding straight into the ring), the sequencer drains; one of each.
// Full     push() returns false and the drop is counted by kind; the worker never waits. The last
//          kSpareShare of the ring is kept for refusals, malformed requests and whatever a verdict
//          touched, so that an attack's own noise can't hide it.
// Wakes    the sequencer only when it sleeps (events/wakeup).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/spsc_queue.h"
#include "events/event.h"
#include "events/wakeup.h"

namespace gatehouse {

class EventQueue {
 public:
  static constexpr std::size_t kBytes = 1 << 20;
  static constexpr std::size_t kSpareShare = 4;  // a quarter

  // `bytes`: a power of two, at least 16 KiB. The wakeup outlives the queue.
  EventQueue(std::size_t bytes, Wakeup& wakeup)
      : ring_(bytes, bytes / kSpareShare), wakeup_(wakeup) {}

  // The worker.
  bool push(const RequestEvent& event);
  static bool is_urgent(const RequestEvent& event) {
    return event.outcome == EventOutcome::refused || event.outcome == EventOutcome::malformed ||
           event.by_verdict || !event.verdict_level.empty();
  }

  // The sequencer: take(span) for every record that is there.
  template <class Take>
  std::size_t drain(Take&& take) {
    return ring_.drain(take);
  }
  bool empty() const { return ring_.empty(); }

  // Any thread, for metrics.
  std::uint64_t pushed() const { return pushed_.load(std::memory_order_relaxed); }
  std::uint64_t dropped(EventKind kind) const {
    return dropped_[static_cast<std::size_t>(kind)].load(std::memory_order_relaxed);
  }
  std::uint64_t dropped() const;

 private:
  SpscQueue ring_;
  Wakeup& wakeup_;
  // Written by the worker alone: a plain load and store, no locked instruction.
  alignas(64) std::atomic<std::uint64_t> pushed_{0};
  std::array<std::atomic<std::uint64_t>, kEventKinds> dropped_{};
};

}  // namespace gatehouse
