// http/http2_budget: how much of something a peer may do in a while.
//
// A count that begins anew each kWindow. Spending beyond the most is the peer's fault and ends the
// connection: what is counted here costs us more than it costs the peer.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace gatehouse {

class Http2Budget {
 public:
  static constexpr std::chrono::seconds kWindow{10};

  explicit Http2Budget(std::uint32_t most) : most_(most) {}

  // False when this was too much.
  [[nodiscard]] bool spend(Monotonic now, std::uint32_t cost = 1) {
    if (now >= ends_) {
      ends_ = now + kWindow;
      spent_ = 0;
    }
    spent_ += cost;
    return spent_ <= most_;
  }

 private:
  const std::uint32_t most_;
  std::uint32_t spent_ = 0;
  Monotonic ends_{};
};

}  // namespace gatehouse
