// base/clock: the two times, handed in by constructor so that a test can hold them still.
//
// Monotonic time measures and expires; wall time is what events and logs say.
#pragma once

#include <chrono>
#include <cstdint>

namespace gatehouse {

using Monotonic = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

class Clock {
 public:
  virtual Monotonic monotonic() const = 0;
  virtual WallTime wall() const = 0;

 protected:
  ~Clock() = default;  // never owned through this type
};

class SystemClock final : public Clock {
 public:
  Monotonic monotonic() const override { return std::chrono::steady_clock::now(); }
  WallTime wall() const override {
    return std::chrono::time_point_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now());
  }
};

}  // namespace gatehouse
