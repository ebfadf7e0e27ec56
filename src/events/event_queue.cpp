#include "events/event_queue.h"

namespace gatehouse {
namespace {

void count_one(std::atomic<std::uint64_t>& counter) {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace

bool EventQueue::push(const RequestEvent& event) {
  const std::span<char> room = ring_.reserve(kEventBytesMax, is_urgent(event));
  if (room.empty()) {
    count_one(dropped_[static_cast<std::size_t>(event.kind)]);
    return false;
  }
  ring_.commit(encode(event, room));
  count_one(pushed_);
  wakeup_.rouse();
  return true;
}

std::uint64_t EventQueue::dropped() const {
  std::uint64_t sum = 0;
  for (const auto& counter : dropped_) sum += counter.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace gatehouse
