// What is promised: the history holds each record of the journal exactly once, whatever ends the
// program and wherever; and what the journal is no longer, or not the same any more, is told.
#include "store/feeder.h"

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "store/store_testing.h"
#include "testing/manual_clock.h"

namespace gatehouse {
namespace {

using testing::Folder;
using testing::JournalWriter;
using testing::ManualClock;
using testing::OpenHistory;
using testing::second;

struct FeederTest : ::testing::Test {
  Folder folder;
  ManualClock clock;
};

TEST_F(FeederTest, takes_every_record_but_ticks) {
  JournalWriter journal(folder.journal());
  journal.requests(3);
  journal.tick();
  journal.write(SystemEvent{.kind = EventKind::config, .name = "behavior"}, second(5));
  OpenHistory history(folder, clock);
  const FeedTurn turn = history.feeder->turn().value();
  EXPECT_EQ(turn.records, 5U);
  EXPECT_EQ(turn.rows, 4U);
  EXPECT_TRUE(turn.at_end);
  EXPECT_EQ(history.rows(), 4U);
  EXPECT_EQ(history.file->position(), (HistoryPosition{1, 5, second(5)}));
}

TEST_F(FeederTest, goes_on_with_what_comes_across_segments) {
  JournalWriter journal(folder.journal(), 4000);
  OpenHistory history(folder, clock);
  for (int i = 0; i < 20; ++i) {
    journal.requests(7);
    history.take_all();
  }
  EXPECT_GT(journal.journal().segments(), 5U);
  EXPECT_EQ(history.rows(), 140U);
  EXPECT_EQ(history.faults(), 0U);
}

TEST_F(FeederTest, ends_a_turn_at_its_rows_and_its_time) {
  JournalWriter journal(folder.journal());
  journal.requests(1000);
  OpenHistory history(folder, clock,
                      {.journal = {}, .rows_max = 10, .time_max = std::chrono::hours{1}});
  EXPECT_EQ(history.feeder->turn().value().rows, 10U);
  OpenHistory* const other = &history;
  EXPECT_FALSE(other->feeder->turn().value().at_end);
  EXPECT_EQ(history.rows(), 20U);
}

TEST_F(FeederTest, ends_a_turn_when_its_time_is_over) {
  JournalWriter journal(folder.journal());
  journal.requests(1000);
  OpenHistory history(folder, clock, {.journal = {}, .time_max = std::chrono::milliseconds{0}});
  const FeedTurn turn = history.feeder->turn().value();
  EXPECT_GT(turn.rows, 0U);
  EXPECT_LT(turn.rows, 1000U);
  EXPECT_FALSE(turn.at_end);
}

TEST_F(FeederTest, begins_behind_what_was_committed) {
  JournalWriter journal(folder.journal());
  journal.requests(10);
  {
    OpenHistory(folder, clock).take_all();
  }
  journal.requests(5);
  OpenHistory history(folder, clock);
  EXPECT_EQ(history.feeder->turn().value().rows, 5U);
  EXPECT_EQ(history.rows(), 15U);
  EXPECT_EQ(history.faults(), 0U);
}

TEST_F(FeederTest, commits_silence_only_after_a_while) {
  JournalWriter journal(folder.journal());
  journal.requests(1);
  OpenHistory history(folder, clock);
  history.take_all();
  for (int i = 0; i < 30; ++i) journal.tick();
  history.take_all();
  EXPECT_EQ(history.feeder->seen().sequence, 31U);
  EXPECT_EQ(history.file->position().sequence, 1U);
  for (int i = 0; i < 40; ++i) journal.tick();
  history.take_all();
  EXPECT_EQ(history.file->position().sequence, 71U);
}

// A child takes and ends without a word at the k-th step; the parent counts, and a next child goes
// on, until one gets through.
TEST_F(FeederTest, loses_and_doubles_nothing_when_it_is_killed_between_two_steps) {
  {
    JournalWriter journal(folder.journal(), 20'000);
    journal.requests(300);
  }
  bool is_through = false;
  for (int k = 1; k < 200 && !is_through; ++k) {
    const pid_t child = ::fork();
    if (child == 0) {
      int left = k % 7 + 1;
      FeederOptions options{.journal = {}, .rows_max = 25};
      options.step = [&left](FeedStep) {
        if (--left == 0) ::_exit(9);
      };
      OpenHistory history(folder, clock, options);
      history.take_all();
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status));
    is_through = WEXITSTATUS(status) == 0;
    OpenHistory history(folder, clock);
    const std::uint64_t faults = history.rows() == 0 ? 0 : history.faults();
    EXPECT_EQ(faults, 0U) << "after child " << k;
    EXPECT_EQ(history.file->position().sequence, history.rows());
  }
  EXPECT_TRUE(is_through);
  OpenHistory history(folder, clock);
  history.take_all();
  EXPECT_EQ(history.rows(), 300U);
  EXPECT_EQ(history.faults(), 0U);
}

TEST_F(FeederTest, counts_what_left_the_journal_too_early) {
  {
    JournalWriter journal(folder.journal(), 3000);
    journal.requests(5);
    OpenHistory(folder, clock).take_all();
    journal.requests(100);
  }
  std::filesystem::remove(segment_path(folder.journal(), 1));
  std::filesystem::remove(segment_path(folder.journal(), 2));
  OpenHistory history(folder, clock);
  history.take_all();
  EXPECT_GT(history.feeder->missed(), 0U);
  EXPECT_EQ(history.rows() + history.feeder->missed(), 105U);
  EXPECT_NE(history.said.find("left the journal before"), std::string::npos);
}

TEST_F(FeederTest, begins_an_epoch_when_the_journal_lost_its_end) {
  {
    JournalWriter journal(folder.journal());
    journal.requests(20);
  }
  const std::string first = segment_path(folder.journal(), 1);
  const auto whole = std::filesystem::file_size(first);
  {
    JournalWriter journal(folder.journal());
    journal.requests(10);
    OpenHistory(folder, clock).take_all();
  }
  // A loss of power took the last ten; others came under their numbers.
  std::filesystem::resize_file(first, whole);
  JournalWriter journal(folder.journal());
  for (int i = 0; i < 15; ++i) {
    journal.write(SystemEvent{.kind = EventKind::config}, second(1000) + i);
  }
  OpenHistory history(folder, clock);
  history.take_all();
  EXPECT_EQ(history.number("SELECT count(*) FROM events WHERE epoch = 1"), 30U);
  EXPECT_EQ(history.number("SELECT count(*) FROM events WHERE epoch = 2"), 15U);
  EXPECT_EQ(history.number("SELECT min(sequence)::BIGINT FROM events WHERE epoch = 2"), 21U);
  EXPECT_NE(history.said.find("behind record 20;"), std::string::npos) << history.said;
}

TEST_F(FeederTest, takes_another_journal_whole) {
  {
    JournalWriter journal(folder.journal());
    journal.requests(20);
    OpenHistory(folder, clock).take_all();
  }
  std::filesystem::remove_all(folder.journal());
  JournalWriter journal(folder.journal());
  for (int i = 0; i < 25; ++i) {
    journal.write(SystemEvent{.kind = EventKind::config}, second(1000) + i);
  }
  OpenHistory history(folder, clock);
  history.take_all();
  EXPECT_EQ(history.number("SELECT count(*) FROM events WHERE epoch = 1"), 20U);
  EXPECT_EQ(history.number("SELECT count(*) FROM events WHERE epoch = 2"), 25U);
  // And goes on there.
  journal.write(SystemEvent{.kind = EventKind::config}, second(2000));
  history.take_all();
  EXPECT_EQ(history.file->position(), (HistoryPosition{2, 26, second(2000)}));
}

TEST_F(FeederTest, says_when_the_database_does_not_take_rows_and_nothing_is_half_there) {
  JournalWriter journal(folder.journal());
  journal.requests(10);
  OpenHistory history(folder, clock);
  ASSERT_TRUE(history.file->duck().run("DROP TABLE position"));
  EXPECT_FALSE(history.feeder->turn());
  EXPECT_EQ(history.rows(), 0U);
}

}  // namespace
}  // namespace gatehouse
