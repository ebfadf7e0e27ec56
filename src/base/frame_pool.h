// base/frame_pool: recycled blocks for coroutine frames and other short-lived objects of one
// thread.
//
// Six size classes of 128 to 4096 bytes; a larger block goes to the heap. Each class keeps at most
// kKeptBytes of free blocks, enough for some hundred exchanges at once; what a burst took beyond
// goes back. Blocks are returned on the thread that took them.
#pragma once

#include <cstddef>

namespace gatehouse {

class FramePool {
 public:
  static constexpr std::size_t kBlockBytesMax = 4096;
  static constexpr std::size_t kKeptBytes = 2 << 20;

  static void* allocate(std::size_t bytes);
  static void release(void* block, std::size_t bytes) noexcept;
};

}  // namespace gatehouse
