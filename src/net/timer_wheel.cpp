#include "net/timer_wheel.h"

#include <algorithm>

namespace gatehouse {

void Timer::arm(Monotonic deadline) {
  deadline_ = deadline;
  if (link_ != nullptr && wheel_.tick_of(deadline) >= tick_) return;  // found out later
  unlink();
  wheel_.insert(*this);
}

void Timer::arm_in(std::chrono::milliseconds delay) { arm(wheel_.now() + delay); }

void Timer::unlink() {
  if (link_ == nullptr) return;
  *link_ = next_;
  if (next_ != nullptr) next_->link_ = link_;
  link_ = nullptr;
  next_ = nullptr;
  --wheel_.count_;
}

std::uint64_t TimerWheel::tick_of(Monotonic deadline) const {
  const auto since = std::max(deadline - start_, Monotonic::duration::zero());
  // Rounded up: a slot is visited when its whole tick has passed.
  return static_cast<std::uint64_t>((since + kTick - Monotonic::duration{1}) / kTick);
}

void TimerWheel::insert(Timer& timer) {
  timer.tick_ = std::clamp(tick_of(timer.deadline_), tick_ + 1, tick_ + kSlots - 1);
  Timer*& head = slots_[timer.tick_ % kSlots];
  timer.next_ = head;
  if (head != nullptr) head->link_ = &timer.next_;
  timer.link_ = &head;
  head = &timer;
  ++count_;
}

void TimerWheel::advance(Monotonic now) {
  now_ = std::max(now_, now);
  const auto whole = static_cast<std::uint64_t>((now_ - start_) / kTick);
  while (tick_ < whole) {
    if (count_ == 0) {
      tick_ = whole;
      return;
    }
    ++tick_;
    // Detached first: a timer that fires may arm, disarm or destroy any other.
    Timer* due = slots_[tick_ % kSlots];
    slots_[tick_ % kSlots] = nullptr;
    if (due != nullptr) due->link_ = &due;
    while (due != nullptr) {
      Timer& timer = *due;
      timer.unlink();
      if (timer.deadline_ > now_) {
        insert(timer);
      } else {
        timer.deadline_ = Timer::kNever;
        timer.fire_(timer.self_);
      }
    }
  }
}

std::chrono::milliseconds TimerWheel::until_next() const {
  if (count_ == 0) return std::chrono::milliseconds{-1};
  for (std::uint64_t ahead = 1; ahead < kSlots; ++ahead) {
    if (slots_[(tick_ + ahead) % kSlots] == nullptr) continue;
    const auto at = start_ + (tick_ + ahead) * kTick;
    return std::max(std::chrono::ceil<std::chrono::milliseconds>(at - now_),
                    std::chrono::milliseconds{0});
  }
  return kTick * kSlots;
}

}  // namespace gatehouse
