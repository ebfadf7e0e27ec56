// What is promised: an answer comes back on the loop that asked, to who still waits and to nobody
// else; equal questions share one check; what is full says so; a desk may close at any time.
#include "gateway/identity/password_checks.h"

#include <gtest/gtest.h>

#include <atomic>
#include <semaphore>

namespace gatehouse {
namespace {

// The check of a password waits here until it is let go.
std::counting_semaphore<1000> may_check{0};
std::counting_semaphore<1000> has_begun{0};
std::atomic<int> checks{0};

bool compare(std::string_view password, const std::string& hash) {
  has_begun.release();
  may_check.acquire();
  ++checks;
  return password == hash;
}

struct PasswordChecksTest : ::testing::Test {
  Loop loop;
  PasswordChecks pool{&compare};
  std::optional<PasswordDesk> desk{pool};
  int answered = 0;
  std::thread::id thread;

  PasswordChecksTest() {
    checks = 0;
    while (may_check.try_acquire() || has_begun.try_acquire()) continue;  // of the test before
  }
  ~PasswordChecksTest() override {
    may_check.release(100);  // who still checks must end
  }
  std::unique_ptr<PasswordDesk::Question> question() {
    return std::make_unique<PasswordDesk::Question>(*desk, [this] {
      ++answered;
      thread = std::this_thread::get_id();
      loop.stop();
    });
  }
  // Begins as many checks as there are threads, so that more of them queue.
  std::vector<std::unique_ptr<PasswordDesk::Question>> occupy() {
    std::vector<std::unique_ptr<PasswordDesk::Question>> all;
    for (std::uint64_t i = 0; i < PasswordChecks::kThreads; ++i) {
      all.push_back(question());
      EXPECT_EQ(all.back()->ask(loop, {1000 + i, 0}, "a", "a"), PasswordDesk::Asked::anew);
      has_begun.acquire();
    }
    return all;
  }
};

TEST_F(PasswordChecksTest, answers_on_the_loop_that_asked) {
  const auto right = question();
  EXPECT_EQ(right->ask(loop, {1, 1}, "open", "open"), PasswordDesk::Asked::anew);
  EXPECT_EQ(right->holds(), std::nullopt);
  may_check.release();
  loop.run();
  EXPECT_EQ(right->holds(), true);
  EXPECT_EQ(thread, std::this_thread::get_id());
  const auto wrong = question();
  EXPECT_EQ(wrong->ask(loop, {2, 1}, "shut", "open"), PasswordDesk::Asked::anew);
  may_check.release();
  loop.run();
  EXPECT_EQ(wrong->holds(), false);
}

TEST_F(PasswordChecksTest, equal_questions_share_one_check) {
  const auto first = question();
  const auto second = question();
  EXPECT_EQ(first->ask(loop, {1, 1}, "open", "open"), PasswordDesk::Asked::anew);
  EXPECT_EQ(second->ask(loop, {1, 1}, "open", "open"), PasswordDesk::Asked::shared);
  may_check.release();
  loop.run();
  EXPECT_EQ(answered, 2);
  EXPECT_EQ(second->holds(), true);
  EXPECT_EQ(checks, 1);
}

TEST_F(PasswordChecksTest, says_when_the_queue_is_full_and_takes_again_what_was_withdrawn) {
  const auto busy = occupy();
  std::vector<std::unique_ptr<PasswordDesk::Question>> queued;
  for (std::uint64_t i = 0; i < PasswordChecks::kQueueMax; ++i) {
    queued.push_back(question());
    ASSERT_EQ(queued.back()->ask(loop, {i, 0}, "a", "a"), PasswordDesk::Asked::anew);
  }
  const auto late = question();
  EXPECT_EQ(late->ask(loop, {999, 0}, "a", "a"), PasswordDesk::Asked::full);
  queued.pop_back();
  EXPECT_EQ(late->ask(loop, {999, 0}, "a", "a"), PasswordDesk::Asked::anew);
}

TEST_F(PasswordChecksTest, who_has_gone_is_not_answered_whether_begun_or_not) {
  auto busy = occupy();
  auto queued = question();
  EXPECT_EQ(queued->ask(loop, {1, 1}, "a", "a"), PasswordDesk::Asked::anew);
  queued.reset();
  busy.clear();
  const auto last = question();
  EXPECT_EQ(last->ask(loop, {2, 2}, "a", "a"), PasswordDesk::Asked::anew);
  may_check.release(static_cast<std::ptrdiff_t>(PasswordChecks::kThreads) + 1);
  loop.run();
  EXPECT_EQ(answered, 1);
  EXPECT_EQ(last->holds(), true);
}

TEST_F(PasswordChecksTest, a_desk_closes_while_its_questions_are_checked) {
  auto busy = occupy();
  busy.clear();
  desk.reset();
  PasswordDesk other(pool);
  desk.emplace(pool);
  const auto last = question();
  EXPECT_EQ(last->ask(loop, {2, 2}, "a", "a"), PasswordDesk::Asked::anew);
  may_check.release(static_cast<std::ptrdiff_t>(PasswordChecks::kThreads) + 1);
  loop.run();
  EXPECT_EQ(answered, 1);
}

}  // namespace
}  // namespace gatehouse
