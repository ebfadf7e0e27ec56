// What is promised: a batch comes back to its pool when the last reader lets go, as good as new;
// what a burst needed is not kept.
#include "events/event_batch.h"

#include <gtest/gtest.h>

#include <thread>

namespace gatehouse {
namespace {

TEST(EventBatch, comes_back_when_the_last_reader_lets_go) {
  BatchPool pool;
  auto batch = pool.take();
  const EventBatch* const same = batch.get();
  batch->add(10);
  batch->first = batch->last = 7;
  batch->is_journaled = false;
  SharedBatch one = share(std::move(batch));
  SharedBatch two = one;
  one.reset();
  EXPECT_EQ(pool.spare(), 0U);
  two.reset();
  EXPECT_EQ(pool.spare(), 1U);

  const auto again = pool.take();
  EXPECT_EQ(again.get(), same);
  EXPECT_EQ(again->count, 0U);
  EXPECT_EQ(again->first, 0U);
  EXPECT_TRUE(again->is_journaled);
  EXPECT_TRUE(again->frames.empty());
  EXPECT_GE(again->frames.capacity(), 10U);
}

TEST(EventBatch, of_no_pool_ends_with_its_last_reader) {
  SharedBatch one = share(std::make_unique<EventBatch>());
  const SharedBatch two = one;
  one.reset();
  EXPECT_EQ(two->count, 0U);
}

TEST(BatchPool, keeps_no_burst_and_no_more_than_it_says) {
  BatchPool pool;
  auto big = pool.take();
  big->frames.resize(BatchPool::kSpareBytes + 1);
  pool.keep(std::move(big));
  EXPECT_EQ(pool.spare(), 0U);

  std::vector<SharedBatch> many;
  for (std::size_t i = 0; i <= BatchPool::kSpareMax; ++i) many.push_back(share(pool.take()));
  many.clear();
  EXPECT_EQ(pool.spare(), BatchPool::kSpareMax);
}

TEST(BatchPool, is_given_back_to_from_other_threads) {
  BatchPool pool;
  for (std::uint64_t i = 1; i <= 1'000; ++i) {
    auto batch = pool.take();
    ASSERT_EQ(batch->first, 0U);
    batch->first = i;
    const SharedBatch shared = share(std::move(batch));
    std::jthread reader([copy = shared, i] { EXPECT_EQ(copy->first, i); });
  }
  EXPECT_LE(pool.spare(), 2U);
}

}  // namespace
}  // namespace gatehouse
