// What is promised: verdicts by hand are copied from the journal exactly once, whatever ends the
// program; a broken or lost file is filled from it again; who asks after a change sees it.
#include "store/records.h"

#include <fstream>
#include <optional>

#include "events/journal_reader.h"
#include "store/store_testing.h"
#include "testing/manual_clock.h"

namespace gatehouse {
namespace {

namespace fs = std::filesystem;

struct RecordsTest : ::testing::Test {
  RecordsOptions options() {
    return {.path = folder.path() + "/records.sqlite",
            .journal = folder.journal(),
            .passed = [this] { return passed; },
            .log = [this](std::string_view line) { log += std::string(line) + "\n"; }};
  }
  std::unique_ptr<Records> open() { return std::make_unique<Records>(options(), clock); }

  void by_hand(std::uint64_t of, std::string_view level = "block") {
    const Subject subject{SubjectKind::user, {of, 3}};
    const std::string about = "user:" + std::to_string(of);
    const auto until = clock.wall() + std::chrono::hours{1};
    journal->write(
        SystemEvent{.kind = EventKind::verdict_by_hand,
                    .count = static_cast<std::uint64_t>(until.time_since_epoch().count()),
                    .name = level,
                    .detail = "because",
                    .about = about,
                    .by = "ann",
                    .subjects = {&subject, 1}},
        testing::second(journal->last() + 1));
  }
  // What the engine would tell of the journal's last record.
  void tell(Records& records, std::uint64_t sequence) {
    JournalReader reader(folder.journal(), sequence);
    records.on_hand(*reader.next());
  }
  std::string subjects(Records& records) {
    std::string text;
    const auto rows = records.tables().verdicts(0, 0, 100).value();
    for (const HandVerdict& one : rows) {
      text += std::to_string(one.sequence) + " " + one.subject + " " + one.level + "\n";
    }
    return text;
  }

  testing::Folder folder;
  testing::ManualClock clock;
  JournalPosition passed;
  std::string log;
  std::optional<testing::JournalWriter> journal{std::in_place, folder.journal()};
};

TEST_F(RecordsTest, copies_what_the_journal_has_and_reads_on_from_there) {
  journal->requests(5);
  by_hand(1);
  journal->requests(5);
  {
    const auto records = open();
    EXPECT_EQ(subjects(*records), "6 user:1 block\n");
    EXPECT_EQ(records->state().position, 11U);
    const HandVerdict row = records->standing(INT64_MAX).at(0);
    EXPECT_EQ(row.reason + " " + row.by, "because ann");
    EXPECT_EQ(row.hash, (StableHash{1, 3}));
  }
  by_hand(2);
  log.clear();
  const auto records = open();
  EXPECT_EQ(subjects(*records), "12 user:2 block\n6 user:1 block\n");
  EXPECT_EQ(records->state().copied, 1U);
  EXPECT_EQ(log, "");
}

TEST_F(RecordsTest, takes_what_the_engine_tells_once) {
  const auto records = open();
  by_hand(1);
  tell(*records, 1);
  tell(*records, 1);
  EXPECT_TRUE(records->turn());
  EXPECT_FALSE(records->turn());
  EXPECT_EQ(subjects(*records), "1 user:1 block\n");
  EXPECT_EQ(records->state().copied, 1U);
}

TEST_F(RecordsTest, a_job_sees_what_was_told_before_it) {
  const auto records = open();
  records->start();
  by_hand(1);
  tell(*records, 1);
  std::atomic<std::uint64_t> seen = 0;
  ASSERT_TRUE(records->ask([&](RecordTables& tables) {
    seen = tables.verdicts(0, 0, 10).value().size();
    seen.notify_one();
  }));
  seen.wait(0);
  EXPECT_EQ(seen, 1U);
  records->stop();
  EXPECT_FALSE(records->ask([](RecordTables&) {}));
}

TEST_F(RecordsTest, a_job_that_waits_when_it_stops_is_still_run) {
  const auto records = open();
  int ran = 0;
  ASSERT_TRUE(records->ask([&](RecordTables&) { ++ran; }));
  records->stop();
  EXPECT_EQ(ran, 1);
}

TEST_F(RecordsTest, refuses_a_job_too_many) {
  const auto records = open();
  for (std::size_t i = 0; i < Records::kJobsMax; ++i) {
    ASSERT_TRUE(records->ask([](RecordTables&) {}));
  }
  EXPECT_FALSE(records->ask([](RecordTables&) {}));
  EXPECT_EQ(records->state().jobs_refused, 1U);
}

TEST_F(RecordsTest, stops_at_what_the_engine_has_passed) {
  {
    const auto records = open();
    journal->requests(3);
    passed = {3, testing::second(3)};
  }
  EXPECT_EQ(open()->state().position, 3U);
  EXPECT_EQ(log, "verdicts by hand are read from the whole journal\n");
}

TEST_F(RecordsTest, a_lost_file_is_filled_from_the_journal) {
  by_hand(1);
  by_hand(1, "clear");
  by_hand(2);
  {
    const auto records = open();
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(folder.path())) {
    if (entry.path().filename().string().starts_with("records")) fs::remove(entry.path());
  }
  EXPECT_EQ(subjects(*open()), "3 user:2 block\n2 user:1 clear\n1 user:1 block\n");
}

TEST_F(RecordsTest, a_broken_file_is_set_aside_and_filled_again) {
  by_hand(1);
  {
    const auto records = open();
  }
  std::ofstream(options().path) << std::string(8192, 'x');
  log.clear();
  const auto records = open();
  EXPECT_EQ(subjects(*records), "1 user:1 block\n");
  EXPECT_TRUE(fs::exists(options().path + ".broken"));
  EXPECT_TRUE(log.starts_with("E0812: the records are broken")) << log;
  EXPECT_TRUE(records->state().is_writable);
}

TEST_F(RecordsTest, a_file_that_can_not_be_opened_leaves_verdicts_and_refuses_changes) {
  by_hand(1);
  fs::create_directories(options().path);
  const auto records = open();
  EXPECT_EQ(subjects(*records), "1 user:1 block\n");
  ASSERT_TRUE(records->tables().fault());
  EXPECT_EQ(records->tables().fault()->code, "E0811");
  EXPECT_FALSE(records->state().is_writable);
  EXPECT_TRUE(log.starts_with("E0811: ")) << log;
}

TEST_F(RecordsTest, another_journal_is_read_whole_and_old_rows_stay) {
  journal->requests(3);
  by_hand(1);
  {
    const auto records = open();
  }
  journal.reset();
  fs::remove_all(folder.journal());
  journal.emplace(folder.journal());
  by_hand(2);
  log.clear();
  const auto records = open();
  EXPECT_EQ(subjects(*records), "4 user:1 block\n1 user:2 block\n");
  EXPECT_TRUE(log.starts_with("the journal is not the one of before")) << log;
}

TEST_F(RecordsTest, what_the_disk_did_not_take_is_copied_later) {
  const auto records = open();
  by_hand(1);
  ASSERT_TRUE(records->tables().database().run(
      "CREATE TRIGGER full BEFORE INSERT ON verdicts_by_hand BEGIN "
      "SELECT raise(ABORT, 'no room'); END"));
  tell(*records, 1);
  records->turn();
  EXPECT_EQ(subjects(*records), "");
  EXPECT_EQ(records->state().failures, 1U);
  passed = {1, testing::second(1)};
  ASSERT_TRUE(records->tables().database().run("DROP TRIGGER full"));
  records->turn();
  EXPECT_EQ(subjects(*records), "");  // not yet
  clock.advance(Records::kRetryEvery);
  records->turn();
  EXPECT_EQ(subjects(*records), "1 user:1 block\n");
  EXPECT_EQ(records->state().fault, "");
}

TEST_F(RecordsTest, reads_the_journal_when_it_was_told_too_much) {
  const auto records = open();
  for (std::uint64_t i = 1; i <= Records::kHandMax + 5; ++i) by_hand(i);
  JournalReader reader(folder.journal(), 1);
  while (const auto record = reader.next()) records->on_hand(*record);
  clock.advance(Records::kRetryEvery);
  records->turn();
  EXPECT_EQ(records->state().copied, Records::kHandMax + 5);
  EXPECT_EQ(records->tables().count_standing(clock.wall().time_since_epoch().count()).value(),
            Records::kHandMax + 5);
}

}  // namespace
}  // namespace gatehouse
