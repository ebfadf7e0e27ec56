// admin/admin_waits: how a coroutine of the admin's loop waits for another thread's answer.
//
// An answer is found by number, so that one that comes when nobody waits any more is dropped.
// Stop     who answers must have ended, or be past answering, before the loop goes.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "base/task.h"
#include "net/loop.h"

namespace gatehouse {

class AdminWaits {
 public:
  explicit AdminWaits(Loop& loop) : loop_(loop) {}
  AdminWaits(const AdminWaits&) = delete;
  AdminWaits& operator=(const AdminWaits&) = delete;

  // `start(done)` sets it going and says whether it could; `done(T)` may be called on any thread.
  // Nothing: it could not, or no answer came in time.
  template <class T, class Start>
  Task<std::optional<T>> answer(Start start, std::chrono::milliseconds patience) {
    Pending<T> pending(loop_);
    const std::uint64_t number = ++last_;
    pending_.emplace(number, &pending);
    auto done = [this, number](T value) {
      loop_.post([this, number, got = std::move(value)]() mutable {
        const auto found = pending_.find(number);
        if (found == pending_.end()) return;
        static_cast<Pending<T>*>(found->second)->value = std::move(got);
        found->second->signal.set();
      });
    };
    if (start(std::move(done))) {
      pending.timer.arm_in(patience);
      Signal::Awaiter waiting = pending.signal.wait();
      co_await waiting;
    }
    pending_.erase(number);
    co_return std::move(pending.value);
  }

  Task<void> pause(std::chrono::milliseconds time) {
    Wait wait(loop_);
    wait.timer.arm_in(time);
    Signal::Awaiter waiting = wait.signal.wait();
    co_await waiting;
  }

  Monotonic now() const { return loop_.now(); }

 private:
  struct Wait {
    explicit Wait(Loop& loop) : signal(loop), timer(loop.timers(), &expire, this) {}
    static void expire(void* self) { static_cast<Wait*>(self)->signal.set(); }
    Signal signal;
    Timer timer;
  };
  template <class T>
  struct Pending : Wait {
    using Wait::Wait;
    std::optional<T> value;
  };

  Loop& loop_;
  std::map<std::uint64_t, Wait*> pending_;
  std::uint64_t last_ = 0;
};

}  // namespace gatehouse
