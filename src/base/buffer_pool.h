// base/buffer_pool: the read buffers of one loop, all of one size, taken only while bytes are in
// hand.
//
// At most kKeptMax free buffers are kept; what comes back beyond goes to the heap, so a burst gives
// its memory back. The last one returned is the next one taken: it is warm.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace gatehouse {

class BufferPool {
 public:
  static constexpr std::size_t kBufferBytes = 64 * 1024;
  static constexpr std::size_t kKeptMax = 64;

  BufferPool() { free_.reserve(kKeptMax); }
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  using Buffer = std::unique_ptr<char[]>;

  Buffer take() {
    ++lent_;
    if (free_.empty()) return std::make_unique_for_overwrite<char[]>(kBufferBytes);
    Buffer buffer = std::move(free_.back());
    free_.pop_back();
    return buffer;
  }
  void give_back(Buffer buffer) {
    if (buffer == nullptr) return;
    --lent_;
    if (free_.size() < kKeptMax) free_.push_back(std::move(buffer));
  }
  // How many were taken and have not come back.
  std::size_t lent() const { return lent_; }

 private:
  std::vector<Buffer> free_;
  std::size_t lent_ = 0;
};

}  // namespace gatehouse
