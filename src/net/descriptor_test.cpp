// What is promised: a direction is ready until a call said otherwise, who waits is woken once, an
// abort wakes everybody for ever, and a descriptor that is destroyed in the turn of its event is
// not touched again.
#include "net/descriptor.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

namespace gatehouse {
namespace {

struct Call final : Waiter {
  explicit Call(std::function<void()> to_run) : run(std::move(to_run)) {}
  void wake() override { run(); }
  std::function<void()> run;
};

struct DescriptorTest : ::testing::Test {
  DescriptorTest() {
    int pair[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    ours = std::make_unique<Descriptor>(loop, pair[0]);
    theirs = pair[1];
  }
  ~DescriptorTest() override {
    if (theirs >= 0) ::close(theirs);
  }
  // Runs what is ready; the second turn sees what the first one's handlers did.
  void turn() {
    loop.post([this] { loop.stop(); });
    loop.run();
  }
  void say() { ASSERT_EQ(::write(theirs, "x", 1), 1); }

  Loop loop;
  std::unique_ptr<Descriptor> ours;
  int theirs = -1;
};

TEST_F(DescriptorTest, is_writable_at_once_and_readable_once_something_came) {
  turn();
  EXPECT_TRUE(ours->ready(Direction::write));
  EXPECT_FALSE(ours->ready(Direction::read));
  int woken = 0;
  Call call([&] { ++woken; });
  ours->wait(Direction::read, call);
  say();
  turn();
  EXPECT_EQ(woken, 1);
  EXPECT_TRUE(ours->ready(Direction::read));
  ours->blocked(Direction::read);
  EXPECT_FALSE(ours->ready(Direction::read));
  say();
  turn();
  EXPECT_EQ(woken, 1);  // nobody waits any more
  EXPECT_TRUE(ours->ready(Direction::read));
}

TEST_F(DescriptorTest, the_peers_end_is_seen_and_stays_readable) {
  turn();
  ::shutdown(theirs, SHUT_WR);
  turn();
  EXPECT_TRUE(ours->peer_ended());
  EXPECT_FALSE(ours->hung_up());
  ours->drained();
  EXPECT_TRUE(ours->ready(Direction::read));
}

TEST_F(DescriptorTest, a_hang_up_wakes_its_listener_once_even_when_it_comes_late) {
  int told = 0;
  Call call([&] { ++told; });
  ours->on_hang_up(&call);
  ::close(std::exchange(theirs, -1));
  turn();
  EXPECT_EQ(told, 1);
  ours->on_hang_up(&call);
  turn();
  EXPECT_EQ(told, 2);
}

TEST_F(DescriptorTest, an_abort_wakes_both_directions_for_ever) {
  turn();
  ours->blocked(Direction::write);
  int woken = 0;
  Call reader([&] { ++woken; });
  Call writer([&] { ++woken; });
  ours->wait(Direction::read, reader);
  ours->wait(Direction::write, writer);
  ours->abort();
  EXPECT_EQ(woken, 0);
  turn();
  EXPECT_EQ(woken, 2);
  ours->blocked(Direction::read);
  EXPECT_TRUE(ours->ready(Direction::read));
  EXPECT_TRUE(ours->ready(Direction::write));
}

TEST_F(DescriptorTest, one_that_is_forgotten_is_not_woken) {
  turn();
  Call call([] { ADD_FAILURE() << "it was forgotten"; });
  ours->wait(Direction::read, call);
  EXPECT_TRUE(ours->awaited(Direction::read));
  ours->forget(Direction::read);
  EXPECT_FALSE(ours->awaited(Direction::read));
  say();
  turn();
}

TEST_F(DescriptorTest, a_timer_may_destroy_it_in_the_turn_of_its_event) {
  turn();
  Call call([] { ADD_FAILURE() << "it is gone"; });
  ours->wait(Direction::read, call);
  Timer timer(
      loop.timers(), [](void* self) { static_cast<DescriptorTest*>(self)->ours.reset(); }, this);
  // Both are due when the next turn begins.
  timer.arm(loop.now());
  say();
  const Monotonic due = loop.now() + 2 * TimerWheel::kTick;
  while (std::chrono::steady_clock::now() < due) {
  }
  turn();
  EXPECT_EQ(ours, nullptr);
}

}  // namespace
}  // namespace gatehouse
