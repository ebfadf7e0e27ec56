// events/event_batch: numbered records that were written in one go, shared by all who read them.
//
// Place    the sequencer takes one from its pool, fills it and shares it with the feeds; from then
//          on it is never changed. The last who lets go gives it back.
// Holds    frames as in the journal. The pool keeps at most kSpareMax batches, each with room of at
//          most kSpareBytes: a steady gate allocates none, a burst's memory goes back.
// Threads  a SharedBatch may be let go on any thread; the pool outlives all of its batches.
#pragma once

#include <atomic>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "events/event.h"
#include "events/journal.h"

namespace gatehouse {

class BatchPool;

struct EventBatch {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::size_t count = 0;
  bool is_journaled = true;
  std::vector<char> frames = {};

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
  // As new, but for the room that its frames have.
  void clear();

 private:
  friend class BatchPool;
  friend void intrusive_ptr_add_ref(const EventBatch* batch);
  friend void intrusive_ptr_release(const EventBatch* batch);
  mutable std::atomic<std::uint32_t> holders_{0};
  BatchPool* home_ = nullptr;  // null: nobody's; deleted by the last holder
};

using SharedBatch = boost::intrusive_ptr<const EventBatch>;

class BatchPool {
 public:
  static constexpr std::size_t kSpareMax = 64;
  static constexpr std::size_t kSpareBytes = 256 * 1024;

  BatchPool() { spare_.reserve(kSpareMax); }
  BatchPool(const BatchPool&) = delete;
  BatchPool& operator=(const BatchPool&) = delete;

  // An empty one. Who doesn't share it in the end gives it back with keep().
  std::unique_ptr<EventBatch> take();
  void keep(std::unique_ptr<EventBatch> batch);
  std::size_t spare() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<EventBatch>> spare_;
};

// The batch becomes everybody's, and nobody's to change.
inline SharedBatch share(std::unique_ptr<EventBatch> batch) { return SharedBatch(batch.release()); }

}  // namespace gatehouse
