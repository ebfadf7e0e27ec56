// events/event_feed: one consumer's way to the numbered records: batches from memory, and from the
// journal when it lags or begins in the past.
//
// Place    between the sequencer's thread (push) and one consumer's (next): engine, later store.
// Full     at kBytesMax waiting bytes a new batch is not kept; next() reads it from the journal
//          when its turn comes. Only records that the journal doesn't hold either are lost(): they
//          were fed while it could not be written, and a gap record stands in their place.
// Order    next() gives rising sequence numbers, each record once.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "events/event.h"
#include "events/journal.h"
#include "events/journal_reader.h"

namespace gatehouse {

// Records that were written in one go. Never changed once it is shared.
struct EventBatch {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::size_t count = 0;
  bool is_journaled = true;
  std::vector<char> frames;  // as in the journal

  // take(EventView) for each record.
  template <class Take>
  void for_each(Take&& take) const {
    for (std::size_t at = 0; at != frames.size();) {
      std::uint32_t bytes = 0;
      std::memcpy(&bytes, frames.data() + at, sizeof bytes);
      at += kFrameHeadBytes;
      if (const auto view = EventView::parse({frames.data() + at, bytes})) take(*view);
      at += bytes;
    }
  }
  // Adds a frame for a record of these bytes, to be filled by the caller and then sealed.
  std::span<char> add(std::size_t bytes);
};

class EventFeed {
 public:
  static constexpr std::size_t kBytesMax = 16 << 20;
  static constexpr std::size_t kCatchUpBytes = 256 * 1024;

  // The consumer begins at `from`; the journal holds up to `journal_last`.
  EventFeed(std::string folder, std::uint64_t from, std::uint64_t journal_last,
            std::size_t bytes_max = kBytesMax);

  // The consumer: the next batch, or nothing after `patience`, and at once when finished(). Asking
  // for the next says that the one before is done with.
  std::shared_ptr<const EventBatch> next(std::chrono::milliseconds patience);
  // The consumer: wants no more; nothing is kept back for it.
  void close();
  // The consumer: the sequencer has stopped and all was delivered.
  bool finished() const;

  // The sequencer.
  void push(std::shared_ptr<const EventBatch> batch);
  void finish();

  // Any thread.
  std::uint64_t done() const { return done_.load(std::memory_order_relaxed); }
  std::uint64_t overflows() const { return overflows_.load(std::memory_order_relaxed); }
  std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

 private:
  std::shared_ptr<const EventBatch> deliver(std::shared_ptr<const EventBatch> batch);
  std::shared_ptr<const EventBatch> read_journal(std::uint64_t limit);

  const std::string folder_;
  const std::size_t bytes_max_;
  std::uint64_t next_;       // the consumer's alone
  std::uint64_t delivered_;  // the consumer's alone
  std::unique_ptr<JournalReader> reader_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<const EventBatch>> batches_;
  std::size_t bytes_ = 0;
  std::uint64_t behind_until_;  // not kept in memory; the journal has it
  bool is_finished_ = false;
  bool is_closed_ = false;

  std::atomic<std::uint64_t> done_;
  std::atomic<std::uint64_t> overflows_{0};
  std::atomic<std::uint64_t> lost_{0};
};

}  // namespace gatehouse
