// http/pace: how fast a peer moves bytes while we wait for it, against the least we accept.
//
// Only time spent waiting for that peer counts: a slow upstream never makes a client look slow.
// After the grace, an average below the minimum says too slow. It is that of this window and the
// one before: an early burst buys no eternity, and a reader that gives credit in large steps may be
// silent between them.
#pragma once

#include <chrono>
#include <cstdint>
#include <utility>

#include "base/clock.h"

namespace gatehouse {

class Pace {
 public:
  static constexpr std::chrono::seconds kGrace{5};
  static constexpr std::chrono::seconds kWindow{30};

  void begin_wait(Monotonic now) { began_ = now; }
  void end_wait(Monotonic now) { window_.waited += now - began_; }
  void moved(std::uint64_t bytes) { window_.bytes += bytes; }

  // bytes_a_second 0: no minimum.
  bool too_slow(std::uint32_t bytes_a_second, Monotonic::duration grace = kGrace) {
    const Monotonic::duration waited = before_.waited + window_.waited;
    if (bytes_a_second == 0 || waited < grace) return false;
    const auto seconds = std::chrono::duration<double>(waited).count();
    const auto bytes = static_cast<double>(before_.bytes + window_.bytes);
    if (window_.waited > grace + kWindow) before_ = std::exchange(window_, {});
    return bytes < seconds * bytes_a_second;
  }

 private:
  struct Window {
    Monotonic::duration waited{};
    std::uint64_t bytes = 0;
  };

  Monotonic began_{};
  Window before_;
  Window window_;
};

}  // namespace gatehouse
