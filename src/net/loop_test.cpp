// What is promised: messages run in order on the loop's thread, what is ready runs from the top of
// the stack, a signal stays set, and stop() ends run() from anywhere.
#include "net/loop.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/task.h"

namespace gatehouse {
namespace {

TEST(LoopTest, messages_run_in_order_and_stop_ends_the_turn) {
  Loop loop;
  std::vector<int> seen;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(loop.post([&seen, i] { seen.push_back(i); }));
  }
  loop.post([&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(seen, (std::vector{0, 1, 2}));
}

TEST(LoopTest, a_message_that_posts_is_followed_by_its_own) {
  Loop loop;
  int depth = 0;
  std::function<void()> again = [&] {
    if (++depth == 5) return loop.stop();
    loop.post([&] { again(); });
  };
  loop.post([&] { again(); });
  loop.run();
  EXPECT_EQ(depth, 5);
}

TEST(LoopTest, other_threads_messages_arrive_on_its_own_thread) {
  Loop loop;
  const auto home = std::this_thread::get_id();
  int count = 0;
  std::jthread other([&] {
    for (int i = 0; i < 1'000; ++i) {
      loop.post([&] {
        EXPECT_EQ(std::this_thread::get_id(), home);
        if (++count == 1'000) loop.stop();
      });
    }
  });
  loop.run();
  EXPECT_EQ(count, 1'000);
}

TEST(LoopTest, at_the_limit_a_message_is_refused) {
  Loop loop;
  std::size_t ran = 0;
  for (std::size_t i = 0; i < Loop::kPostsMax; ++i) {
    ASSERT_TRUE(loop.post([&] {
      ++ran;
      loop.stop();
    }));
  }
  EXPECT_FALSE(loop.post([] { ADD_FAILURE() << "it was refused"; }));
  loop.run();
  EXPECT_EQ(ran, Loop::kPostsMax);
}

Task<void> wait_for(Signal& signal, int& woken) {
  Signal::Awaiter ready = signal.wait();
  co_await ready;
  ++woken;
}

TEST(LoopTest, a_signal_wakes_its_waiter_and_stays_set_until_it_is_reset) {
  Loop loop;
  Signal signal(loop);
  int woken = 0;
  start(wait_for(signal, woken));
  EXPECT_EQ(woken, 0);
  signal.set();
  EXPECT_EQ(woken, 0);  // from the top of the stack
  loop.post([&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(woken, 1);
  start(wait_for(signal, woken));
  EXPECT_EQ(woken, 2);
  signal.reset();
  EXPECT_FALSE(signal.is_set());
}

Task<void> take_turns(Loop& loop, std::string& trace, char name) {
  for (int i = 0; i < 3; ++i) {
    trace += name;
    Yield pause(loop);
    co_await pause;
  }
  if (name == 'b') loop.stop();
}

TEST(LoopTest, who_yields_lets_the_others_run) {
  Loop loop;
  std::string trace;
  start(take_turns(loop, trace, 'a'));
  start(take_turns(loop, trace, 'b'));
  loop.run();
  EXPECT_EQ(trace, "ababab");
}

TEST(LoopTest, a_timer_fires_while_nothing_else_happens) {
  Loop loop;
  Timer timer(loop.timers(), [](void* self) { static_cast<Loop*>(self)->stop(); }, &loop);
  timer.arm_in(std::chrono::milliseconds{1});
  const Monotonic before = loop.now();
  loop.run();
  EXPECT_GT(loop.now(), before);
}

}  // namespace
}  // namespace gatehouse
