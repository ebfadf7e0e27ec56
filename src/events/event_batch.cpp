#include "events/event_batch.h"

#include <utility>

namespace gatehouse {

std::span<char> EventBatch::add(std::size_t bytes) {
  const std::size_t at = frames.size();
  frames.resize(at + kFrameHeadBytes + bytes);
  const auto length = static_cast<std::uint32_t>(bytes);
  std::memcpy(frames.data() + at, &length, sizeof length);
  ++count;
  return {frames.data() + at + kFrameHeadBytes, bytes};
}

void EventBatch::clear() {
  first = 0;
  last = 0;
  count = 0;
  is_journaled = true;
  frames.clear();
}

void intrusive_ptr_add_ref(const EventBatch* batch) {
  batch->holders_.fetch_add(1, std::memory_order_relaxed);
}

void intrusive_ptr_release(const EventBatch* batch) {
  // What the others read must be done before the batch is filled anew.
  if (batch->holders_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  // The last holder is the owner again: share() took it from one.
  std::unique_ptr<EventBatch> owned(const_cast<EventBatch*>(batch));
  if (BatchPool* const home = owned->home_) home->keep(std::move(owned));
}

std::unique_ptr<EventBatch> BatchPool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!spare_.empty()) {
      std::unique_ptr<EventBatch> batch = std::move(spare_.back());
      spare_.pop_back();
      return batch;
    }
  }
  auto batch = std::make_unique<EventBatch>();
  batch->home_ = this;
  return batch;
}

void BatchPool::keep(std::unique_ptr<EventBatch> batch) {
  batch->clear();
  if (batch->frames.capacity() > kSpareBytes) return;
  const std::lock_guard lock(mutex_);
  if (spare_.size() < kSpareMax) spare_.push_back(std::move(batch));
}

std::size_t BatchPool::spare() const {
  const std::lock_guard lock(mutex_);
  return spare_.size();
}

}  // namespace gatehouse
