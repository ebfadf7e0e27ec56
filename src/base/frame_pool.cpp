#include "base/frame_pool.h"

#include <bit>
#include <new>

namespace gatehouse {
namespace {

struct Free {
  Free* next;
};

// A thread's free blocks. Trivially constructed, so that reaching it costs no guard; emptied by
// Drain at thread end.
struct Lists {
  Free* head[6];
  std::size_t kept[6];
  bool ended;
};
thread_local constinit Lists lists{};

struct Drain {
  Drain() noexcept {}
  Drain(const Drain&) = delete;
  Drain& operator=(const Drain&) = delete;
  ~Drain() {
    lists.ended = true;
    for (Free*& head : lists.head) {
      while (head != nullptr) {
        Free* const next = head->next;
        ::operator delete(head);
        head = next;
      }
    }
  }
};

constexpr std::size_t kSmallest = 128;

std::size_t class_of(std::size_t bytes) {
  return bytes <= kSmallest ? 0 : static_cast<std::size_t>(std::bit_width(bytes - 1)) - 7;
}

constexpr std::size_t kept_max(std::size_t size_class) {
  return (FramePool::kKeptBytes / kSmallest) >> size_class;
}

}  // namespace

void* FramePool::allocate(std::size_t bytes) {
  if (bytes > kBlockBytesMax) return ::operator new(bytes);
  const std::size_t size_class = class_of(bytes);
  if (Free* const block = lists.head[size_class]; block != nullptr) {
    lists.head[size_class] = block->next;
    --lists.kept[size_class];
    return block;
  }
  static thread_local Drain drain;
  (void)drain;
  return ::operator new(kSmallest << size_class);
}

void FramePool::release(void* block, std::size_t bytes) noexcept {
  const std::size_t size_class = bytes > kBlockBytesMax ? 0 : class_of(bytes);
  if (bytes > kBlockBytesMax || lists.ended || lists.kept[size_class] == kept_max(size_class)) {
    ::operator delete(block);
    return;
  }
  Free* const free = static_cast<Free*>(block);
  free->next = lists.head[size_class];
  lists.head[size_class] = free;
  ++lists.kept[size_class];
}

}  // namespace gatehouse
