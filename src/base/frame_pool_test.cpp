// What is promised: a block given back is the next one taken of its class, on its own thread; no
// class keeps more than its share; a thread's end leaves nothing behind (the leak check's part).
#include "base/frame_pool.h"

#include <cstdint>
#include <cstring>
#include <set>
#include <thread>

namespace gatehouse {
namespace {

// A thread of its own: its lists begin empty.
void on_a_fresh_thread(auto&& body) { std::thread(body).join(); }

TEST(FramePool, gives_the_block_that_came_back_last_to_the_next_of_its_class) {
  on_a_fresh_thread([] {
    void* const block = FramePool::allocate(200);
    FramePool::release(block, 200);
    void* const other_class = FramePool::allocate(100);
    EXPECT_NE(other_class, block);
    void* const again = FramePool::allocate(256);
    EXPECT_EQ(again, block);
    FramePool::release(again, 256);
    FramePool::release(other_class, 100);
  });
}

TEST(FramePool, gives_as_much_as_was_asked_at_every_size) {
  on_a_fresh_thread([] {
    for (std::size_t bytes = 1; bytes <= FramePool::kBlockBytesMax + 100; ++bytes) {
      void* const block = FramePool::allocate(bytes);
      std::memset(block, 0xa5, bytes);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % 16, 0U);
      FramePool::release(block, bytes);
    }
  });
}

TEST(FramePool, keeps_no_more_than_its_share_after_a_burst) {
  on_a_fresh_thread([] {
    constexpr std::size_t kKept = FramePool::kKeptBytes / 4096;
    std::vector<void*> blocks;
    for (std::size_t i = 0; i < kKept + 50; ++i) {
      blocks.push_back(FramePool::allocate(4096));
    }
    for (void* const block : blocks) FramePool::release(block, 4096);
    // The kept ones are the first that came back; they come out last in, first out.
    for (std::size_t i = kKept; i-- > 0;) {
      EXPECT_EQ(FramePool::allocate(4096), blocks[i]);
    }
    for (std::size_t i = 0; i < kKept; ++i) FramePool::release(blocks[i], 4096);
  });
}

TEST(FramePool, shares_nothing_between_threads) {
  std::set<void*> seen[2];
  std::thread threads[2];
  for (int i = 0; i < 2; ++i) {
    threads[i] = std::thread([&seen, i] {
      for (int round = 0; round < 1000; ++round) {
        void* const one = FramePool::allocate(128);
        void* const two = FramePool::allocate(128);
        std::memset(one, i, 128);
        FramePool::release(one, 128);
        FramePool::release(two, 128);
        seen[i].insert({one, two});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(seen[0].size(), 2U);
  EXPECT_EQ(seen[1].size(), 2U);
}

}  // namespace
}  // namespace gatehouse
