// What is promised: the buffer that came back last is the next one taken, a burst gives its memory
// back, and the pool knows how many are lent.
#include "base/buffer_pool.h"

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

TEST(BufferPoolTest, the_last_one_returned_is_the_next_one_taken) {
  BufferPool pool;
  BufferPool::Buffer first = pool.take();
  BufferPool::Buffer second = pool.take();
  const char* const warm = second.get();
  ASSERT_NE(first.get(), warm);
  pool.give_back(std::move(first));
  pool.give_back(std::move(second));
  EXPECT_EQ(pool.take().get(), warm);
}

TEST(BufferPoolTest, a_buffer_is_writable_to_its_last_byte) {
  BufferPool pool;
  const BufferPool::Buffer buffer = pool.take();
  buffer[0] = buffer[BufferPool::kBufferBytes - 1] = 'x';
  EXPECT_EQ(buffer[BufferPool::kBufferBytes - 1], 'x');
}

TEST(BufferPoolTest, nothing_may_come_back_and_more_than_it_keeps_may) {
  BufferPool pool;
  pool.give_back(nullptr);
  std::vector<BufferPool::Buffer> all;
  for (std::size_t i = 0; i < 2 * BufferPool::kKeptMax; ++i) all.push_back(pool.take());
  for (auto& one : all) pool.give_back(std::move(one));
  EXPECT_NE(pool.take(), nullptr);
}

TEST(BufferPoolTest, it_knows_how_many_are_lent) {
  BufferPool pool;
  BufferPool::Buffer first = pool.take();
  BufferPool::Buffer second = pool.take();
  EXPECT_EQ(pool.lent(), 2);
  pool.give_back(std::move(first));
  pool.give_back(nullptr);
  EXPECT_EQ(pool.lent(), 1);
  pool.give_back(std::move(second));
  EXPECT_EQ(pool.lent(), 0);
}

}  // namespace
}  // namespace gatehouse
