// events/wakeup: how a producer rouses a thread that waits for it, without a system call while that
// thread is awake.
//
// The sleeper says that it is about to sleep, looks once more for work, and only then waits; a
// producer publishes its work and looks whether someone sleeps. Both sides fence in between, so one
// of them sees the other.
#pragma once

#include <atomic>
#include <chrono>

namespace gatehouse {

class Wakeup {
 public:
  Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;
  ~Wakeup();

  // Any thread, after its work is visible.
  void rouse() {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (sleeping_.load(std::memory_order_relaxed)) wake();
  }
  // Any thread: ends the next or present wait whatever the sleeper is at.
  void wake();

  // The sleeper: returns when roused, when has_work() is true, or after `patience`.
  template <class HasWork>
  void sleep(std::chrono::milliseconds patience, HasWork&& has_work) {
    sleeping_.store(true, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (!has_work()) wait(patience);
    sleeping_.store(false, std::memory_order_relaxed);
  }
  // The sleeper: waits without asking to be roused; only wake() ends it early.
  void wait(std::chrono::milliseconds patience);

 private:
  std::atomic<bool> sleeping_{false};
  int event_ = -1;
};

}  // namespace gatehouse
