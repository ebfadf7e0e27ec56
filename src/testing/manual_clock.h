// testing/manual_clock: time that stands still until the test moves it.
#pragma once

#include "base/clock.h"

namespace gatehouse::testing {

class ManualClock final : public Clock {
 public:
  Monotonic monotonic() const override { return Monotonic{since_start_}; }
  WallTime wall() const override {
    return WallTime{kStart + std::chrono::duration_cast<std::chrono::microseconds>(since_start_)};
  }
  void advance(std::chrono::nanoseconds by) { since_start_ += by; }

 private:
  static constexpr std::chrono::microseconds kStart{1'790'000'000'000'000};
  std::chrono::nanoseconds since_start_{std::chrono::hours{1}};
};

}  // namespace gatehouse::testing
