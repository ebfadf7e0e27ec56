// gateway/target_health: what all workers together know of one target's failures.
//
// One of the named exceptions to "nothing shared on the request path": a success reads one atomic,
// a failure writes a few. A target that fails `failures` times within `window`, none of them
// followed by a success, is ejected for `time`. Relaxed order is enough: a worker that learns of it
// a request later does no harm.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"

namespace gatehouse {

class TargetHealth {
 public:
  struct Rule {
    std::uint32_t failures = 5;  // 0: never ejected
    std::chrono::milliseconds window{10'000};
    std::chrono::milliseconds time{30'000};
    bool operator==(const Rule&) const = default;
  };

  bool ejected(Monotonic now) const {
    return ticks(now) < ejected_until_.load(std::memory_order_relaxed);
  }
  void succeeded() {
    if (failures_.load(std::memory_order_relaxed) != 0) {
      failures_.store(0, std::memory_order_relaxed);
    }
  }
  // True when this failure was the one too many; the caller decides whether to eject().
  bool failed(Monotonic now, const Rule& rule);
  void eject(Monotonic now, const Rule& rule) {
    ejected_until_.store(ticks(now + rule.time), std::memory_order_relaxed);
  }
  std::uint32_t failures() const { return failures_.load(std::memory_order_relaxed); }

 private:
  static std::int64_t ticks(Monotonic at) { return at.time_since_epoch().count(); }

  std::atomic<std::int64_t> ejected_until_{0};
  std::atomic<std::int64_t> window_began_{0};
  std::atomic<std::uint32_t> failures_{0};
};

// Owns the health of every target by upstream and address, for the life of the process: a reload
// forgets nothing.
class HealthBoard {
 public:
  static constexpr std::size_t kTargetsMax = 100'000;

  // Any thread, never on the request path. Lives as long as the board. Null past kTargetsMax: such
  // a target is never ejected.
  TargetHealth* of(const std::string& upstream, const std::string& target);

 private:
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<TargetHealth>> targets_;
};

}  // namespace gatehouse
