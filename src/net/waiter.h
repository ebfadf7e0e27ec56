// net/waiter: something that a loop wakes once: a suspended coroutine, or an idle object that holds
// no frame.
//
// A waiter is linked into at most one list at a time (a descriptor's slot, a signal, the loop's
// queue of the ready) and unlinks itself when destroyed, so a coroutine may be torn down while it
// waits.
#pragma once

#include <coroutine>

namespace gatehouse {

class Waiter {
 public:
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  virtual void wake() = 0;

 protected:
  Waiter() = default;
  virtual ~Waiter() { unlink(); }

 private:
  friend class ReadyQueue;
  friend class WaitSlot;
  void unlink();

  Waiter* next_ = nullptr;
  Waiter* previous_ = nullptr;
  class WaitSlot* slot_ = nullptr;
  class ReadyQueue* queue_ = nullptr;
};

// Room for one waiter.
class WaitSlot {
 public:
  WaitSlot() = default;
  WaitSlot(const WaitSlot&) = delete;
  WaitSlot& operator=(const WaitSlot&) = delete;
  ~WaitSlot() {
    if (waiter_ != nullptr) waiter_->slot_ = nullptr;
  }
  void set(Waiter& waiter);
  Waiter* take();
  bool taken() const { return waiter_ != nullptr; }

 private:
  friend class Waiter;
  Waiter* waiter_ = nullptr;
};

// First in, first out.
class ReadyQueue {
 public:
  void push(Waiter& waiter);
  Waiter* pop();
  bool empty() const { return first_ == nullptr; }

 private:
  friend class Waiter;
  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
};

class CoroutineWaiter : public Waiter {
 public:
  void wake() override { handle.resume(); }
  std::coroutine_handle<> handle;
};

}  // namespace gatehouse
