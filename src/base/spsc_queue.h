// base/spsc_queue: a bounded queue of byte records between one producing and one consuming thread.
//
//   record := bytes:u32 payload[bytes] pad to 8; a record never wraps: a skip mark (bytes =
//   0xffffffff) fills the end.
//
// Full    reserve() returns an empty span and the producer counts the drop; it never waits. `spare`
//         bytes can be held back from ordinary records so that important ones still find room (see
//         reserve's `use_spare`). A record above half of what is left beside the spare may never
//         find room, since it can't wrap.
// Memory  the capacity, a power of two, allocated once.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

namespace gatehouse {

class SpscQueue {
 public:
  // capacity: bytes, a power of two and at least 4 KiB. spare: bytes that only urgent records may
  // use.
  SpscQueue(std::size_t capacity, std::size_t spare)
      : capacity_(capacity), spare_(spare), ring_(std::make_unique<char[]>(capacity)) {}
  SpscQueue(const SpscQueue&) = delete;
  SpscQueue& operator=(const SpscQueue&) = delete;

  // Producer: room for a record of `bytes`, to be filled and then made visible by commit(); empty
  // when full.
  std::span<char> reserve(std::size_t bytes, bool use_spare) {
    const std::size_t need = framed(bytes);
    const std::size_t room_to_end = capacity_ - (head_local_ & (capacity_ - 1));
    const std::size_t skip = need > room_to_end ? room_to_end : 0;
    const std::size_t limit = capacity_ - (use_spare ? 0 : spare_);
    if (head_local_ + skip + need - tail_seen_ > limit) {
      tail_seen_ = tail_.load(std::memory_order_acquire);
      if (head_local_ + skip + need - tail_seen_ > limit) return {};
    }
    if (skip != 0) {
      put_size(head_local_, kSkip);
      head_local_ += skip;
    }
    return {ring_.get() + (head_local_ & (capacity_ - 1)) + kHead, bytes};
  }

  // Producer: publishes the last reserved record, of which the first `bytes` were filled (at most
  // those reserved).
  void commit(std::size_t bytes) {
    put_size(head_local_, static_cast<std::uint32_t>(bytes));
    head_local_ += framed(bytes);
    head_.store(head_local_, std::memory_order_release);
  }

  // Consumer: calls take(span) for each record that is there, then frees them all. Returns how
  // many.
  template <class Take>
  std::size_t drain(Take&& take) {
    const std::size_t head = head_.load(std::memory_order_acquire);
    std::size_t tail = tail_.load(std::memory_order_relaxed);
    std::size_t count = 0;
    while (tail != head) {
      const std::uint32_t bytes = size_at(tail);
      if (bytes == kSkip) {
        tail += capacity_ - (tail & (capacity_ - 1));
        continue;
      }
      take(std::span<const char>{ring_.get() + (tail & (capacity_ - 1)) + kHead, bytes});
      tail += framed(bytes);
      ++count;
    }
    tail_.store(tail, std::memory_order_release);
    return count;
  }

  bool empty() const {
    return head_.load(std::memory_order_acquire) == tail_.load(std::memory_order_acquire);
  }

 private:
  static constexpr std::size_t kHead = 8;
  static constexpr std::uint32_t kSkip = 0xffffffff;

  static constexpr std::size_t framed(std::size_t bytes) {
    return kHead + ((bytes + 7) & ~std::size_t{7});
  }
  void put_size(std::size_t at, std::uint32_t bytes) {
    std::memcpy(ring_.get() + (at & (capacity_ - 1)), &bytes, sizeof bytes);
  }
  std::uint32_t size_at(std::size_t at) const {
    std::uint32_t bytes;
    std::memcpy(&bytes, ring_.get() + (at & (capacity_ - 1)), sizeof bytes);
    return bytes;
  }

  const std::size_t capacity_;
  const std::size_t spare_;
  const std::unique_ptr<char[]> ring_;
  alignas(64) std::size_t head_local_ = 0;
  std::size_t tail_seen_ = 0;
  alignas(64) std::atomic<std::size_t> head_{0};
  alignas(64) std::atomic<std::size_t> tail_{0};
};

}  // namespace gatehouse
