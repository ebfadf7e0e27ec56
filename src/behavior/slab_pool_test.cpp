// What is promised: blocks never overlap, begin as zeros, are used again, and keep what was written
// while others come and go.
#include "behavior/slab_pool.h"

#include <cstring>
#include <map>
#include <random>

namespace gatehouse {
namespace {

TEST(SlabPool, blocks_keep_what_was_written_while_others_come_and_go) {
  struct Block {
    std::size_t bytes;
    unsigned char filled;
  };
  SlabPool pool;
  std::map<SlabPool::Handle, Block> blocks;
  std::mt19937 random(1);
  std::size_t rounded = 0;
  for (int step = 0; step < 50'000; ++step) {
    if (blocks.size() < 300 || random() % 2 == 0) {
      const std::size_t bytes = 1 + random() % (step % 50 == 0 ? SlabPool::kBytesMax : 300);
      const SlabPool::Handle handle = pool.take(bytes);
      ASSERT_NE(handle, 0U);
      auto* const at = static_cast<unsigned char*>(pool.at(handle));
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(at) % 16, 0U);
      for (std::size_t i = 0; i < bytes; ++i) ASSERT_EQ(at[i], 0);
      const auto fill = static_cast<unsigned char>(1 + random() % 255);
      std::memset(at, fill, SlabPool::rounded(bytes));
      ASSERT_TRUE(blocks.emplace(handle, Block{bytes, fill}).second);
      rounded += SlabPool::rounded(bytes);
    } else {
      auto found = blocks.lower_bound(
          static_cast<SlabPool::Handle>(random() % (blocks.rbegin()->first + 1)));
      const auto* const at = static_cast<const unsigned char*>(pool.at(found->first));
      for (std::size_t i = 0; i < found->second.bytes; ++i) ASSERT_EQ(at[i], found->second.filled);
      rounded -= SlabPool::rounded(found->second.bytes);
      pool.give_back(found->first, found->second.bytes);
      blocks.erase(found);
    }
    ASSERT_EQ(pool.bytes_taken(), rounded);
  }
  EXPECT_GE(pool.bytes_resident(), pool.bytes_taken());
}

TEST(SlabPool, a_block_that_was_given_back_serves_the_next_of_its_size) {
  SlabPool pool;
  const SlabPool::Handle first = pool.take(100);
  pool.give_back(first, 100);
  EXPECT_NE(pool.take(32), first);
  EXPECT_EQ(pool.take(112), first);
  const std::size_t resident = pool.bytes_resident();
  for (int i = 0; i < 100'000; ++i) pool.give_back(pool.take(528), 528);
  EXPECT_EQ(pool.bytes_resident(), resident);
  pool.give_back(0, 16);
}

}  // namespace
}  // namespace gatehouse
