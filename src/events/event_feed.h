// events/event_feed: one consumer's way to the numbered records: batches from memory, and from the
// journal when it lags or begins in the past.
//
// Place    between the sequencer's thread (push) and one consumer's (next): engine, later store.
// Full     at kBytesMax waiting bytes, or kBatchesMax batches, a new one is not kept; next() reads
//          it from the journal when its turn comes. Only records that the journal doesn't hold
//          either are lost(): they were fed while it could not be written, and a gap record stands
//          in their place.
// Order    next() gives rising sequence numbers, each record once.
#pragma once

#include <atomic>
#include <boost/circular_buffer.hpp>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "events/event_batch.h"
#include "events/journal_reader.h"

namespace gatehouse {

class EventFeed {
 public:
  static constexpr std::size_t kBytesMax = 16 << 20;
  static constexpr std::size_t kBatchesMax = 4096;
  static constexpr std::size_t kCatchUpBytes = 256 * 1024;

  // The consumer begins at `from`; the journal holds up to `journal_last`.
  EventFeed(std::string folder, std::uint64_t from, std::uint64_t journal_last,
            std::size_t bytes_max = kBytesMax);

  // The consumer: the next batch, or nothing after `patience`, and at once when finished(). Asking
  // for the next says that the one before is done with.
  SharedBatch next(std::chrono::milliseconds patience);
  // The consumer: wants no more; nothing is kept back for it.
  void close();
  // The consumer: the sequencer has stopped and all was delivered.
  bool finished() const;

  // The sequencer.
  void push(SharedBatch batch);
  void finish();

  // Any thread.
  std::uint64_t done() const { return done_.load(std::memory_order_relaxed); }
  std::uint64_t overflows() const { return overflows_.load(std::memory_order_relaxed); }
  std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

 private:
  SharedBatch deliver(SharedBatch batch);
  SharedBatch read_journal(std::uint64_t limit);

  const std::string folder_;
  const std::size_t bytes_max_;
  std::uint64_t next_;       // the consumer's alone
  std::uint64_t delivered_;  // the consumer's alone
  std::unique_ptr<JournalReader> reader_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  boost::circular_buffer<SharedBatch> batches_;
  std::size_t bytes_ = 0;
  std::uint64_t behind_until_;  // not kept in memory; the journal has it
  bool is_finished_ = false;
  bool is_closed_ = false;

  std::atomic<std::uint64_t> done_;
  std::atomic<std::uint64_t> overflows_{0};
  std::atomic<std::uint64_t> lost_{0};
};

}  // namespace gatehouse
