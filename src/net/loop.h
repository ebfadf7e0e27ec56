// net/loop: one thread's event loop: descriptors, timers, ready coroutines and messages from other
// threads.
//
// Stands on   epoll, edge-triggered: a descriptor is registered once for both directions, so a
// request costs no
//             epoll_ctl (docs/architecture.md has the measurement that chose it).
// Threads     built, run and destroyed on one thread; only post() and stop() may be called from
// others. Order       a turn is: wait → mark what is ready → wake it → run posted messages → fire
// timers. Full        at kPostsMax posted messages post() returns false; the caller counts or tries
// again later.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "net/loop_bound.h"
#include "net/timer_wheel.h"
#include "net/waiter.h"

namespace gatehouse {

class Descriptor;

class Loop : public LoopBound {
 public:
  static constexpr std::size_t kPostsMax = 65'536;
  static constexpr int kEventsMax = 256;

  Loop();
  ~Loop();

  void run();
  // Any thread: run() returns at the end of its turn.
  void stop();
  // Any thread: runs the message on the loop, in order.
  bool post(std::move_only_function<void()> message);

  // Wakes the waiter later in this turn, from the top of the stack.
  void defer(Waiter& waiter) { ready_.push(waiter); }
  TimerWheel& timers() { return timers_; }
  // The time at the beginning of this turn; moves while handlers run only by refresh_now().
  Monotonic now() const { return timers_.now(); }

 private:
  friend class Descriptor;
  void add(Descriptor& descriptor);
  void remove(Descriptor& descriptor);
  void turn();
  void wake_ready();
  void run_posts();

  int epoll_ = -1;
  int wakeup_ = -1;
  TimerWheel timers_;
  ReadyQueue ready_;
  std::atomic<bool> stopping_{false};
  std::mutex posts_mutex_;
  std::vector<std::move_only_function<void()>> posts_;
  std::vector<std::move_only_function<void()>> running_;
  struct Batch;
  Batch* batch_ =
      nullptr;  // events of the turn under way, so that a destroyed descriptor leaves it
};

// An awaitable pause that gives other ready work its turn.
class Yield : public CoroutineWaiter {
 public:
  explicit Yield(Loop& loop) : loop_(loop) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> self) {
    handle = self;
    loop_.defer(*this);
  }
  void await_resume() const noexcept {}

 private:
  Loop& loop_;
};

// Set by one side, awaited by at most one coroutine of the same loop. Stays set until reset().
class Signal {
 public:
  explicit Signal(Loop& loop) : loop_(loop) {}
  void set() {
    set_ = true;
    if (Waiter* const waiter = slot_.take()) loop_.defer(*waiter);
  }
  void reset() { set_ = false; }
  bool is_set() const { return set_; }

  class Awaiter : public CoroutineWaiter {
   public:
    explicit Awaiter(Signal& signal) : signal_(signal) {}
    bool await_ready() const noexcept { return signal_.set_; }
    void await_suspend(std::coroutine_handle<> self) {
      handle = self;
      signal_.slot_.set(*this);
    }
    void await_resume() const noexcept {}

   private:
    Signal& signal_;
  };
  Awaiter wait() { return Awaiter{*this}; }

 private:
  Loop& loop_;
  bool set_ = false;
  WaitSlot slot_;
};

}  // namespace gatehouse
