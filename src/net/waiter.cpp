#include "net/waiter.h"

#include <cassert>
#include <utility>

namespace gatehouse {

void Waiter::unlink() {
  if (slot_ != nullptr) {
    slot_->waiter_ = nullptr;
    slot_ = nullptr;
  }
  if (queue_ == nullptr) return;
  (previous_ == nullptr ? queue_->first_ : previous_->next_) = next_;
  (next_ == nullptr ? queue_->last_ : next_->previous_) = previous_;
  next_ = previous_ = nullptr;
  queue_ = nullptr;
}

void WaitSlot::set(Waiter& waiter) {
  assert(waiter_ == nullptr && waiter.slot_ == nullptr && waiter.queue_ == nullptr);
  waiter_ = &waiter;
  waiter.slot_ = this;
}

Waiter* WaitSlot::take() {
  Waiter* const taken = std::exchange(waiter_, nullptr);
  if (taken != nullptr) taken->slot_ = nullptr;
  return taken;
}

void ReadyQueue::push(Waiter& waiter) {
  assert(waiter.queue_ == nullptr && waiter.slot_ == nullptr);
  waiter.queue_ = this;
  waiter.previous_ = last_;
  waiter.next_ = nullptr;
  (last_ == nullptr ? first_ : last_->next_) = &waiter;
  last_ = &waiter;
}

Waiter* ReadyQueue::pop() {
  Waiter* const first = first_;
  if (first != nullptr) first->unlink();
  return first;
}

}  // namespace gatehouse
