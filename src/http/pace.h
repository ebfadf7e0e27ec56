// http/pace: how fast a peer moves bytes while we wait for it, against the least we accept.
//
// Only time spent waiting for that peer counts: a slow upstream never makes a client look slow.
// After the grace, an average below the minimum says too slow; the count begins anew after kWindow
// more, so that an early burst buys no eternity.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace gatehouse {

class Pace {
 public:
  static constexpr std::chrono::seconds kGrace{5};
  static constexpr std::chrono::seconds kWindow{30};

  void begin_wait(Monotonic now) { began_ = now; }
  void end_wait(Monotonic now) { waited_ += now - began_; }
  void moved(std::uint64_t bytes) { bytes_ += bytes; }

  // bytes_a_second 0: no minimum.
  bool too_slow(std::uint32_t bytes_a_second, Monotonic::duration grace = kGrace) {
    if (bytes_a_second == 0 || waited_ < grace) return false;
    const auto seconds = std::chrono::duration<double>(waited_).count();
    const bool slow = static_cast<double>(bytes_) < seconds * bytes_a_second;
    if (waited_ > grace + kWindow) *this = Pace{};
    return slow;
  }

 private:
  Monotonic began_{};
  Monotonic::duration waited_{};
  std::uint64_t bytes_ = 0;
};

}  // namespace gatehouse
