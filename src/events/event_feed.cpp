#include "events/event_feed.h"

#include <algorithm>
#include <utility>

namespace gatehouse {

EventFeed::EventFeed(std::string folder, std::uint64_t from, std::uint64_t journal_last,
                     std::size_t bytes_max)
    : folder_(std::move(folder)),
      bytes_max_(bytes_max),
      next_(from),
      delivered_(from - 1),
      batches_(kBatchesMax),
      behind_until_(journal_last),
      done_(from - 1) {}

SharedBatch EventFeed::next(std::chrono::milliseconds patience) {
  done_.store(delivered_, std::memory_order_relaxed);
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience,
                    [this] { return !batches_.empty() || is_finished_ || next_ <= behind_until_; });
  const std::uint64_t limit = batches_.empty() ? behind_until_ + 1 : batches_.front()->first;
  if (next_ < limit) {
    lock.unlock();
    if (auto batch = read_journal(limit)) return deliver(std::move(batch));
    lost_.fetch_add(limit - next_, std::memory_order_relaxed);
    next_ = limit;
    lock.lock();
  }
  reader_ = nullptr;
  if (batches_.empty()) return nullptr;
  auto batch = std::move(batches_.front());
  batches_.pop_front();
  bytes_ -= batch->frames.size();
  return deliver(std::move(batch));
}

SharedBatch EventFeed::deliver(SharedBatch batch) {
  next_ = batch->last + 1;
  delivered_ = batch->last;
  return batch;
}

// What the journal holds from next_ on, below the limit; nothing when that is nothing.
SharedBatch EventFeed::read_journal(std::uint64_t limit) {
  if (reader_ == nullptr) reader_ = std::make_unique<JournalReader>(folder_, next_);
  auto batch = std::make_unique<EventBatch>();
  while (next_ + batch->count < limit && batch->frames.size() < kCatchUpBytes) {
    const std::optional<EventView> record = reader_->next();
    if (!record) break;
    if (record->sequence() >= limit) {
      reader_ = nullptr;  // it has read one too many
      break;
    }
    const std::span<char> place = batch->add(record->bytes().size());
    std::ranges::copy(record->bytes(), place.begin());
    if (batch->first == 0) batch->first = record->sequence();
    batch->last = record->sequence();
    if (batch->last + 1 == limit) break;
  }
  if (batch->count == 0) return nullptr;
  // Numbers that the journal jumps over were never written to it.
  const std::uint64_t numbers = batch->last + 1 - next_;
  if (numbers > batch->count) lost_.fetch_add(numbers - batch->count, std::memory_order_relaxed);
  return share(std::move(batch));
}

void EventFeed::push(SharedBatch batch) {
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return;
    const bool is_over = bytes_ + batch->frames.size() > bytes_max_ || batches_.full();
    if (!batches_.empty() && is_over) {
      behind_until_ = batch->last;
      overflows_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    bytes_ += batch->frames.size();
    batches_.push_back(std::move(batch));
  }
  changed_.notify_one();
}

void EventFeed::close() {
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  batches_.clear();
  bytes_ = 0;
  done_.store(~std::uint64_t{0}, std::memory_order_relaxed);
}

void EventFeed::finish() {
  {
    const std::lock_guard lock(mutex_);
    is_finished_ = true;
  }
  changed_.notify_one();
}

bool EventFeed::finished() const {
  const std::lock_guard lock(mutex_);
  return is_finished_ && batches_.empty() && next_ > behind_until_;
}

}  // namespace gatehouse
