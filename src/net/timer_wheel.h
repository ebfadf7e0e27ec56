// net/timer_wheel: coarse deadlines, many and cheap; one wheel a loop.
//
// A hashed wheel (Varghese, Lauck 1987) of kSlots slots of kTick. Moving a deadline later only
// stores it; the wheel finds out when it comes by. A timer fires at most one tick late, never
// early. Not a queue: nothing is bounded here but by the objects that hold timers.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace gatehouse {

class TimerWheel;

// Belongs to an object of the loop; calls `fire(self)` once when its deadline has passed. Disarms
// when destroyed.
class Timer {
 public:
  using Fire = void (*)(void* self);

  Timer(TimerWheel& wheel, Fire fire, void* self) : wheel_(wheel), fire_(fire), self_(self) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { disarm(); }

  void arm(Monotonic deadline);
  void arm_in(std::chrono::milliseconds delay);
  void disarm() {
    deadline_ = kNever;
    unlink();
  }
  bool armed() const { return deadline_ != kNever; }
  Monotonic deadline() const { return deadline_; }

 private:
  friend class TimerWheel;
  static constexpr Monotonic kNever = Monotonic::max();
  void unlink();

  TimerWheel& wheel_;
  const Fire fire_;
  void* const self_;
  Monotonic deadline_ = kNever;
  std::uint64_t tick_ = 0;  // of the slot that holds it
  Timer* next_ = nullptr;
  Timer** link_ = nullptr;  // what points to this timer; null when it is in no slot
};

class TimerWheel {
 public:
  static constexpr std::chrono::milliseconds kTick{16};
  static constexpr std::size_t kSlots = 1024;

  explicit TimerWheel(Monotonic now) : start_(now), now_(now) {}
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  // Moves to `now` and fires what is due, in order of slots.
  void advance(Monotonic now);
  Monotonic now() const { return now_; }
  // Time until the next slot with a timer in it, at most one turn of the wheel; negative when the
  // wheel is empty.
  std::chrono::milliseconds until_next() const;

 private:
  friend class Timer;
  void insert(Timer& timer);
  std::uint64_t tick_of(Monotonic deadline) const;

  const Monotonic start_;
  Monotonic now_;
  std::uint64_t tick_ = 0;  // all slots up to and including this one are done
  std::size_t count_ = 0;
  std::array<Timer*, kSlots> slots_{};
};

}  // namespace gatehouse
