// gateway/target_health: what all workers together know of one target's failures.
//
// One of the named exceptions to "nothing shared on the request path": a choice reads one atomic, a
// failure writes one. A target that fails `failures` times within `window`, whatever succeeds in
// between, is ejected for `time`. The window slides by tenths: a failure counts for as long as the
// window lasts, and for a tenth more at most. Relaxed order is enough: a worker that learns of it a
// request later does no harm.
#pragma once

#include <array>
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
  // True when this failure was the one too many, then the count begins anew; the caller decides
  // whether to eject().
  bool failed(Monotonic now, const Rule& rule);
  void eject(Monotonic now, const Rule& rule) {
    ejected_until_.store(ticks(now + rule.time), std::memory_order_relaxed);
  }

 private:
  static constexpr std::uint32_t kPieces = 10;  // of a window
  // How many failures fell into a piece of time; 0 is none, long ago.
  using Piece = std::atomic<std::uint64_t>;  // number of the piece << 32 | failures

  static std::int64_t ticks(Monotonic at) { return at.time_since_epoch().count(); }

  std::atomic<std::int64_t> ejected_until_{0};
  std::array<Piece, kPieces + 1> pieces_{};  // the one under way and those of a whole window
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
