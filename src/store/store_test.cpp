// What is promised: questions are answered while events come, each exactly once; what fails is
// told, mended and made up for; stopping waits for nobody.
#include "store/store.h"

#include <sys/resource.h>
#include <csignal>

#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <thread>

#include "store/store_testing.h"

namespace gatehouse {
namespace {

using testing::Folder;
using testing::JournalWriter;
using testing::second;

struct StoreTest : ::testing::Test {
  StoreTest() : journal(folder.journal(), 200'000) {}

  std::unique_ptr<Store> start() {
    StoreOptions options;
    options.database.path = folder.history();
    options.journal = folder.journal();
    options.log = [this](std::string_view text) {
      const std::lock_guard lock(mutex);
      said += std::string(text) + '\n';
    };
    return std::make_unique<Store>(std::move(options), clock);
  }
  static HistoryAnswer ask(Store& store, const HistoryQuery& query) {
    std::promise<HistoryAnswer> promise;
    auto answered = promise.get_future();
    store.ask(query, [&](HistoryAnswer answer) { promise.set_value(std::move(answer)); });
    return answered.get();
  }
  std::string count(Store& store) {
    const HistoryAnswer answer = ask(store, {.group_by = {"event.action"}, .seen = journal.last()});
    return answer.error ? answer.error->code + " " + answer.error->what : answer.lines;
  }
  std::string log() {
    const std::lock_guard lock(mutex);
    return said;
  }
  // Waits for what another thread does, with an end.
  template <class Condition>
  static bool eventually(Condition&& condition) {
    for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
         std::chrono::steady_clock::now() < end; std::this_thread::yield()) {
      if (condition()) return true;
    }
    return false;
  }

  Folder folder;
  SystemClock clock;
  JournalWriter journal;
  std::mutex mutex;
  std::string said;
};

std::string finals(std::uint64_t count) {
  return R"({"event.action":"final","count":)" + std::to_string(count) + "}\n";
}

TEST_F(StoreTest, answers_with_what_the_journal_held_when_it_was_asked) {
  const auto store = start();
  for (std::uint64_t i = 1; i <= 20; ++i) {
    journal.requests(50);
    EXPECT_EQ(count(*store), finals(i * 50));
  }
  EXPECT_TRUE(eventually([&] { return store->committed() == 1000; }));
  const StoreState state = store->state();
  EXPECT_TRUE(state.is_open);
  EXPECT_EQ(state.sequence, 1000U);
  EXPECT_EQ(state.at_us, second(1000));
  EXPECT_EQ(state.rows, 1000U);
  EXPECT_EQ(state.fault, "");
}

TEST_F(StoreTest, takes_what_is_left_when_it_stops) {
  start()->stop();
  journal.requests(500);
  start()->stop();
  const auto store = start();
  EXPECT_EQ(count(*store), finals(500));
  EXPECT_EQ(store->state().rows, 0U);  // they were there
}

TEST_F(StoreTest, refuses_a_question_that_is_none) {
  const auto store = start();
  const HistoryAnswer answer = ask(*store, {.group_by = {"color"}});
  ASSERT_TRUE(answer.error);
  EXPECT_EQ(answer.error->code, "E0807");
  EXPECT_TRUE(eventually([&] { return store->state().queries_failed == 1; }));
}

TEST_F(StoreTest, ends_a_question_whose_time_is_over) {
  journal.requests(2000);
  const auto store = start();
  EXPECT_EQ(count(*store), finals(2000));
  const HistoryAnswer answer = ask(*store, {.group_by = {"url.path"}, .time_ms = 0});
  ASSERT_TRUE(answer.error);
  EXPECT_EQ(answer.error->code, kQueryEnded);
}

TEST_F(StoreTest, answers_once_what_is_taken_back_or_left_when_it_stops) {
  journal.requests(1000);
  std::atomic<int> answers = 0;
  auto store = start();
  for (int i = 0; i < 50; ++i) {
    const std::uint64_t id =
        store->ask({.group_by = {"url.path"}}, [&](const HistoryAnswer&) { ++answers; });
    if (i % 2 == 0) store->cancel(id);
  }
  store->stop();
  EXPECT_EQ(answers, 50);
  bool refused = false;
  store->ask({}, [&](const HistoryAnswer& answer) { refused = answer.error.has_value(); });
  EXPECT_TRUE(refused);
}

TEST_F(StoreTest, sets_a_broken_file_aside_and_fills_another_from_the_journal) {
  journal.requests(100);
  std::ofstream(folder.history()) << std::string(50'000, 'x');
  const auto store = start();
  EXPECT_EQ(count(*store), finals(100));
  EXPECT_EQ(store->state().set_aside, 1U);
  EXPECT_NE(log().find("set aside as"), std::string::npos);
}

TEST_F(StoreTest, says_that_it_can_not_be_opened_and_opens_later) {
  journal.requests(10);
  std::filesystem::create_directory(folder.history());
  const auto store = start();
  EXPECT_EQ(count(*store).substr(0, 5), "E0808");
  EXPECT_TRUE(eventually([&] { return store->state().failures != 0; }));
  EXPECT_FALSE(store->state().is_open);
  EXPECT_NE(store->state().fault, "");
  EXPECT_EQ(store->committed(), 0U);  // the journal is to keep it all
  std::filesystem::remove(folder.history());
  EXPECT_TRUE(eventually([&] { return store->state().is_open; }));
  EXPECT_EQ(count(*store), finals(10));
  EXPECT_EQ(store->state().fault, "");
}

TEST_F(StoreTest, goes_on_when_the_disk_has_room_again) {
  journal.requests(100);
  const auto store = start();
  EXPECT_EQ(count(*store), finals(100));
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  // What the journal writes still fits; what the history would write does not.
  journal.requests(3000);
  small.rlim_cur = 4096;
  ::setrlimit(RLIMIT_FSIZE, &small);
  const bool failed = eventually([&] { return store->state().failures != 0; });
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_TRUE(failed);
  EXPECT_TRUE(eventually([&] { return store->state().is_open && store->committed() == 3100; }));
  EXPECT_EQ(count(*store), finals(3100));
  EXPECT_NE(log().find("well again"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse
