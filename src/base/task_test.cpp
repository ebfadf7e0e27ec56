// What is promised: a task starts when awaited, gives its value once, resumes its caller, costs no
// stack however deep, and destroys what it held.
#include "base/task.h"

#include <memory>
#include <optional>

namespace gatehouse {
namespace {

// A wait that the test ends by hand.
struct Gate {
  std::coroutine_handle<> waiting = nullptr;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) noexcept { waiting = handle; }
  void await_resume() const noexcept {}
  void open() { std::exchange(waiting, nullptr).resume(); }
};

Task<int> twice(int number) { co_return 2 * number; }

Task<void> keep(Task<int> task, std::optional<int>& result) { result = co_await std::move(task); }

TEST(Task, gives_its_value_to_who_awaits_it) {
  std::optional<int> result;
  start(keep(twice(21), result));
  EXPECT_EQ(result, 42);
}

TEST(Task, does_nothing_until_it_is_awaited) {
  bool ran = false;
  const auto body = [](bool& flag) -> Task<void> {
    flag = true;
    co_return;
  };
  {
    const Task<void> never = body(ran);
  }
  EXPECT_FALSE(ran);
  start(body(ran));
  EXPECT_TRUE(ran);
}

Task<int> through(Gate& gate) {
  co_await gate;
  co_return 7;
}

TEST(Task, resumes_its_caller_when_its_wait_ends) {
  Gate gate;
  std::optional<int> result;
  start(keep(through(gate), result));
  EXPECT_EQ(result, std::nullopt);
  gate.open();
  EXPECT_EQ(result, 7);
}

Task<std::unique_ptr<int>> made() { co_return std::make_unique<int>(5); }
Task<void> take(std::unique_ptr<int>& into) {
  Task<std::unique_ptr<int>> task = made();
  into = co_await std::move(task);
}

TEST(Task, moves_a_value_that_can_not_be_copied) {
  std::unique_ptr<int> result;
  start(take(result));
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(*result, 5);
}

Task<int> depth(int levels) {
  if (levels == 0) co_return 0;
  Task<int> deeper = depth(levels - 1);
  const int below = co_await std::move(deeper);
  co_return below + 1;
}
Task<void> many_in_a_row(int count, int& sum) {
  for (int i = 0; i < count; ++i) {
    Task<int> one = twice(1);
    sum += co_await std::move(one);
  }
}

TEST(Task, awaits_many_in_a_row_on_one_stack) {
  int sum = 0;
  start(many_in_a_row(10'000, sum));
  EXPECT_EQ(sum, 20'000);
  std::optional<int> result;
  start(keep(depth(500), result));
  EXPECT_EQ(result, 500);
}

TEST(Task, destroys_what_an_unfinished_one_held) {
  const auto held = std::make_shared<const int>(1);
  const auto body = [](Gate& gate, std::shared_ptr<const int>) -> Task<void> { co_await gate; };
  Gate gate;
  {
    const Task<void> task = body(gate, held);
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
  start(body(gate, held));
  EXPECT_EQ(held.use_count(), 2);
  gate.open();
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace gatehouse
