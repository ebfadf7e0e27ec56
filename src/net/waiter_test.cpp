// What is promised: a waiter is in one list at a time, leaves it when it is taken, popped or
// destroyed, and a list may go before it.
#include "net/waiter.h"

#include <gtest/gtest.h>

#include <optional>

namespace gatehouse {
namespace {

struct Counting final : Waiter {
  void wake() override { ++woken; }
  int woken = 0;
};

TEST(WaiterTest, a_queue_gives_back_in_order) {
  ReadyQueue queue;
  Counting first, second;
  queue.push(first);
  queue.push(second);
  EXPECT_EQ(queue.pop(), &first);
  EXPECT_EQ(queue.pop(), &second);
  EXPECT_EQ(queue.pop(), nullptr);
  EXPECT_TRUE(queue.empty());
}

TEST(WaiterTest, one_that_is_destroyed_leaves_the_queue_wherever_it_stands) {
  for (int gone = 0; gone < 3; ++gone) {
    ReadyQueue queue;
    std::optional<Counting> all[3];
    for (auto& one : all) queue.push(one.emplace());
    all[gone].reset();
    for (int i = 0; i < 3; ++i) {
      if (i == gone) continue;
      EXPECT_EQ(queue.pop(), &*all[i]);
    }
    EXPECT_TRUE(queue.empty());
  }
}

TEST(WaiterTest, a_slot_holds_one_until_it_is_taken) {
  WaitSlot slot;
  EXPECT_EQ(slot.take(), nullptr);
  Counting waiter;
  slot.set(waiter);
  EXPECT_TRUE(slot.taken());
  EXPECT_EQ(slot.take(), &waiter);
  EXPECT_FALSE(slot.taken());
  slot.set(waiter);  // may wait again
  EXPECT_EQ(slot.take(), &waiter);
}

TEST(WaiterTest, one_that_is_destroyed_leaves_its_slot_and_a_slot_its_waiter) {
  WaitSlot slot;
  {
    Counting waiter;
    slot.set(waiter);
  }
  EXPECT_FALSE(slot.taken());
  Counting survivor;
  {
    WaitSlot short_lived;
    short_lived.set(survivor);
  }
  slot.set(survivor);
  EXPECT_EQ(slot.take(), &survivor);
}

}  // namespace
}  // namespace gatehouse
