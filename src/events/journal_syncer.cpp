#include "events/journal_syncer.h"

#include <utility>

namespace gatehouse {

void JournalSyncer::start() {
  thread_ = std::thread([this] { run(); });
}

void JournalSyncer::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  stopped_.notify_one();
  if (thread_.joinable()) thread_.join();
  turn();
}

void JournalSyncer::run() {
  std::unique_lock lock(mutex_);
  while (!stopped_.wait_for(lock, kEvery, [this] { return is_stopping_; })) {
    lock.unlock();
    turn();
    lock.lock();
  }
}

void JournalSyncer::mark(const std::string& path) {
  const std::lock_guard lock(mutex_);
  marked_.insert(path);
}

void JournalSyncer::turn() {
  std::set<std::string> paths;
  {
    const std::lock_guard lock(mutex_);
    paths.swap(marked_);
  }
  for (const std::string& path : paths) {
    Status synced = files_.sync(path);
    if (synced) continue;
    failures_.fetch_add(1, std::memory_order_relaxed);
    const std::lock_guard lock(mutex_);
    error_ = std::move(synced).error();
  }
}

std::optional<Error> JournalSyncer::take_error() {
  const std::lock_guard lock(mutex_);
  return std::exchange(error_, std::nullopt);
}

}  // namespace gatehouse
