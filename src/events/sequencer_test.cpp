// What is promised: every event that found room is numbered once, in time that never goes back;
// what the journal holds reaches each consumer once and in order, also one that lags; a full disk
// stops neither the gate nor the engine and is told afterwards.
#include "events/sequencer.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "testing/manual_clock.h"

namespace gatehouse {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// The disk, which a test can fill: an append then leaves half of its bytes behind.
class FillableFiles final : public JournalFiles {
 public:
  class File final : public JournalFile {
   public:
    File(std::unique_ptr<JournalFile> real, FillableFiles& files)
        : real_(std::move(real)), files_(files) {}
    Status append(std::span<const char> bytes) override {
      if (!files_.is_full) return real_->append(bytes);
      ++files_.refused;
      EXPECT_TRUE(real_->append(bytes.first(bytes.size() / 2)));
      return fail(journal_error("can't write", ENOSPC));
    }
    Status cut(std::uint64_t bytes) override {
      if (files_.refuses_cuts) return fail(journal_error("can't shorten", EIO));
      return real_->cut(bytes);
    }
    Status sync() override {
      ++files_.syncs;
      return real_->sync();
    }

   private:
    const std::unique_ptr<JournalFile> real_;
    FillableFiles& files_;
  };

  Result<std::unique_ptr<JournalFile>> open(const std::string& path) override {
    auto real = disk_.open(path);
    if (!real) return fail(std::move(real).error());
    return std::make_unique<File>(*std::move(real), *this);
  }
  Status sync(const std::string& path) override {
    if (fs::is_directory(path)) return disk_.sync(path);
    synced.push_back(fs::path(path).filename().string());
    if (refuses_syncs) return fail(journal_error("can't sync", EIO));
    return disk_.sync(path);
  }

  bool is_full = false;
  bool refuses_cuts = false;
  bool refuses_syncs = false;
  std::vector<std::string> synced;
  int refused = 0;
  int syncs = 0;

 private:
  DiskFiles disk_;
};

struct SequencerTest : ::testing::Test {
  SequencerTest() {
    std::string pattern = (fs::temp_directory_path() / "sequencer.XXXXXX").string();
    options.journal.folder = ::mkdtemp(pattern.data());
    options.journal.sync = SyncPolicy::never;
    options.queue_bytes = 1 << 16;
    options.log = [this](std::string_view line) { logged.emplace_back(line); };
  }
  ~SequencerTest() override { fs::remove_all(options.journal.folder); }

  std::unique_ptr<Sequencer> open() { return Sequencer::open(options, clock, files).value(); }
  static RequestEvent request(std::uint64_t id) {
    return {.outcome = EventOutcome::served, .id = {.low = id}, .status = 200, .path = "/"};
  }
  // "1:final 2:tick …" of all that the feed has by now.
  static std::string all_of(EventFeed& feed) {
    std::string text;
    while (const auto batch = feed.next(0ms)) {
      batch->for_each([&](const EventView& event) {
        text += text.empty() ? "" : " ";
        text += std::to_string(event.sequence()) + ":" + std::string(to_text(event.kind()));
      });
    }
    return text;
  }
  std::string journal() const {
    std::string text;
    JournalReader reader(options.journal.folder, 1);
    while (const auto event = reader.next()) {
      text += text.empty() ? "" : " ";
      text += std::to_string(event->sequence()) + ":" + std::string(to_text(event->kind()));
    }
    return text;
  }

  SequencerOptions options;
  testing::ManualClock clock;
  FillableFiles files;
  std::vector<std::string> logged;
};

TEST_F(SequencerTest, numbers_events_writes_them_and_feeds_them) {
  const auto sequencer = open();
  EventQueue& one = sequencer->add_queue();
  EventQueue& two = sequencer->add_queue();
  EventFeed& feed = sequencer->add_feed();
  EXPECT_TRUE(one.push(request(1)));
  EXPECT_TRUE(two.push(request(2)));
  EXPECT_TRUE(sequencer->record({.kind = EventKind::config, .name = "behavior"}));
  EXPECT_EQ(sequencer->turn(), 3U);
  EXPECT_EQ(sequencer->turn(), 0U);
  EXPECT_EQ(journal(), "1:config 2:final 3:final");
  EXPECT_EQ(all_of(feed), "1:config 2:final 3:final");
  EXPECT_EQ(sequencer->counts().last_sequence, 3U);
}

TEST_F(SequencerTest, tells_which_number_a_record_got_and_whether_it_is_written) {
  const auto sequencer = open();
  EXPECT_TRUE(sequencer->add_queue().push(request(1)));
  std::string told;
  const auto written = [&](std::uint64_t sequence, bool is_journaled) {
    told += std::to_string(sequence) + (is_journaled ? "+ " : "- ");
  };
  EXPECT_TRUE(sequencer->record({.kind = EventKind::config}));
  EXPECT_TRUE(sequencer->record({.kind = EventKind::verdict_by_hand}, written));
  EXPECT_EQ(told, "");
  sequencer->turn();
  EXPECT_EQ(told, "2+ ");
  files.is_full = true;
  EXPECT_TRUE(sequencer->record({.kind = EventKind::verdict_by_hand}, written));
  sequencer->turn();
  EXPECT_EQ(told, "2+ 4- ");
}

TEST_F(SequencerTest, goes_on_with_the_numbers_after_a_restart) {
  for (const char* expected : {"1:final", "1:final 2:final"}) {
    const auto sequencer = open();
    EventQueue& queue = sequencer->add_queue();
    EXPECT_TRUE(queue.push(request(1)));
    sequencer->turn();
    EXPECT_EQ(journal(), expected);
  }
}

TEST_F(SequencerTest, never_lets_time_go_back) {
  const auto sequencer = open();
  EventQueue& queue = sequencer->add_queue();
  EventFeed& feed = sequencer->add_feed();
  for (const auto step : {5s, -3s, 1s, 10s}) {
    clock.advance(step);
    EXPECT_TRUE(queue.push(request(1)));
    sequencer->turn();
  }
  std::vector<std::int64_t> times;
  while (const auto batch = feed.next(0ms)) {
    batch->for_each([&](const EventView& event) { times.push_back(event.at_us()); });
  }
  ASSERT_EQ(times.size(), 4U);
  EXPECT_EQ(times[1], times[0]);
  EXPECT_EQ(times[2], times[0]);
  EXPECT_EQ(times[3], times[0] + 8'000'000);
}

TEST_F(SequencerTest, records_a_tick_for_each_second_of_silence_and_none_otherwise) {
  const auto sequencer = open();
  EventQueue& queue = sequencer->add_queue();
  clock.advance(999ms);
  EXPECT_EQ(sequencer->turn(), 0U);
  clock.advance(1ms);
  EXPECT_EQ(sequencer->turn(), 1U);
  clock.advance(900ms);
  EXPECT_TRUE(queue.push(request(1)));
  sequencer->turn();
  clock.advance(900ms);
  EXPECT_EQ(sequencer->turn(), 0U);
  clock.advance(100ms);
  EXPECT_EQ(sequencer->turn(), 1U);
  EXPECT_EQ(journal(), "1:tick 2:final 3:tick");
}

// docs/journal.md, "A worked example".
TEST_F(SequencerTest, writes_the_bytes_that_the_page_shows) {
  clock.advance(-1h);
  const auto sequencer = open();
  clock.advance(1s);
  EXPECT_EQ(sequencer->turn(), 1U);
  std::ifstream file(segment_path(options.journal.folder, 1), std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  constexpr unsigned char kShown[] = {
      0x67, 0x68, 0x6a, 0x31, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
      0xe0, 0x25, 0xda, 0xfe, 0x5b, 0x06, 0x00, 0x68, 0x00, 0x00, 0x00, 0xe2, 0x1f,
      0x77, 0x70, 0x68, 0x00, 0x68, 0x00, 0x01, 0x05, 0x00, 0x00, 0x01, 0x00, 0x00,
      0x00, 0x00, 0x00, 0x00, 0x00, 0x40, 0x22, 0x35, 0xda, 0xfe, 0x5b, 0x06, 0x00};
  std::string expected(std::begin(kShown), std::end(kShown));
  expected.append(kJournalHeaderBytes + kFrameHeadBytes + kEventFixedBytes - expected.size(), '\0');
  EXPECT_EQ(bytes, expected);
}

TEST_F(SequencerTest, goes_on_while_the_disk_is_full_and_records_the_gap_afterwards) {
  const auto sequencer = open();
  EventQueue& queue = sequencer->add_queue();
  EventFeed& feed = sequencer->add_feed();
  const auto push_and_turn = [&] {
    EXPECT_TRUE(queue.push(request(1)));
    sequencer->turn();
  };
  push_and_turn();
  files.is_full = true;
  push_and_turn();
  push_and_turn();
  EXPECT_EQ(files.refused, 1);  // not tried again before its time
  clock.advance(1s);
  push_and_turn();
  EXPECT_EQ(files.refused, 2);
  EXPECT_TRUE(sequencer->counts().is_failing);
  files.is_full = false;
  clock.advance(1s);
  push_and_turn();
  push_and_turn();
  EXPECT_EQ(journal(), "1:final 5:gap 6:final 7:final");
  EXPECT_EQ(all_of(feed), "1:final 2:final 3:final 4:final 5:gap 6:final 7:final");
  EXPECT_EQ(feed.lost(), 0U);
  JournalReader reader(options.journal.folder, 5);
  EXPECT_EQ(reader.next()->count(), 3U);
  const SequencerCounts counts = sequencer->counts();
  EXPECT_EQ(counts.unwritten, 3U);
  EXPECT_EQ(counts.gaps, 1U);
  EXPECT_FALSE(counts.is_failing);
  ASSERT_EQ(logged.size(), 2U);
  EXPECT_EQ(logged[0],
            "E0701: can't write: No space left on device (the gate goes on; replay will not be "
            "exact); free space on that disk, or lower `keep_bytes`");
  EXPECT_EQ(logged[1], "the journal is written again; 3 records are not in it");
}

TEST_F(SequencerTest, begins_a_new_segment_when_half_a_record_can_not_be_cut_off) {
  const auto sequencer = open();
  EventQueue& queue = sequencer->add_queue();
  EXPECT_TRUE(queue.push(request(1)));
  sequencer->turn();
  files.is_full = files.refuses_cuts = true;
  EXPECT_TRUE(queue.push(request(2)));
  sequencer->turn();
  files.is_full = files.refuses_cuts = false;
  clock.advance(1s);
  EXPECT_TRUE(queue.push(request(3)));
  sequencer->turn();
  EXPECT_EQ(journal(), "1:final 3:gap 4:final");
  EXPECT_EQ(sequencer->counts().journal_segments, 2U);
}

TEST_F(SequencerTest, syncs_each_batch_or_beside_itself_or_never) {
  for (const auto& [policy, in_turn, beside] : {std::tuple{SyncPolicy::never, 0, 0U},
                                                {SyncPolicy::every_second, 0, 1U},
                                                {SyncPolicy::batch, 10, 0U}}) {
    options.journal.sync = policy;
    const auto sequencer = open();
    EventQueue& queue = sequencer->add_queue();
    files.syncs = 0;
    files.synced.clear();
    for (int i = 0; i < 10; ++i) {
      EXPECT_TRUE(queue.push(request(1)));
      sequencer->turn();
    }
    sequencer->stop();
    EXPECT_EQ(files.syncs, in_turn) << static_cast<int>(policy);
    EXPECT_EQ(files.synced.size(), beside) << static_cast<int>(policy);
  }
}

TEST_F(SequencerTest, syncs_the_segment_that_was_closed_as_well) {
  options.journal.sync = SyncPolicy::every_second;
  options.journal.segment_bytes_max = 300;
  const auto sequencer = open();
  EventQueue& queue = sequencer->add_queue();
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(queue.push(request(1)));
    sequencer->turn();
  }
  sequencer->stop();
  EXPECT_EQ(files.synced,
            (std::vector<std::string>{"00000000000000000001.ghj", "00000000000000000002.ghj"}));
}

TEST_F(SequencerTest, logs_and_counts_a_sync_that_the_disk_refused) {
  options.journal.sync = SyncPolicy::every_second;
  files.refuses_syncs = true;
  const auto sequencer = open();
  EventQueue& queue = sequencer->add_queue();
  EXPECT_TRUE(queue.push(request(1)));
  sequencer->turn();
  sequencer->stop();
  EXPECT_EQ(sequencer->counts().sync_failures, 1U);
  EXPECT_EQ(logged, std::vector<std::string>{
                        "E0701: can't sync: Input/output error (at the end); look at that disk's "
                        "health and the system's log"});
}

TEST_F(SequencerTest, keeps_room_for_refusals_and_counts_every_drop_by_its_kind) {
  const auto sequencer = open();
  EventQueue& queue = sequencer->add_queue();
  std::uint64_t taken = 0;
  while (queue.push(request(1))) ++taken;
  RequestEvent progress = request(1);
  progress.kind = EventKind::progress;
  EXPECT_FALSE(queue.push(progress));
  RequestEvent refused = request(2);
  refused.outcome = EventOutcome::refused;
  std::uint64_t urgent = 0;
  while (queue.push(refused)) ++urgent;
  EXPECT_GT(urgent, taken / 5);  // a quarter of the ring
  EXPECT_EQ(queue.dropped(EventKind::final), 2U);
  EXPECT_EQ(queue.dropped(EventKind::progress), 1U);
  EXPECT_EQ(sequencer->events_dropped(), 3U);
  EXPECT_EQ(sequencer->turn(), taken + urgent);
  EXPECT_EQ(queue.pushed(), taken + urgent);
  EXPECT_TRUE(queue.push(request(3)));
}

TEST_F(SequencerTest, refuses_and_counts_system_events_beyond_their_room) {
  const auto sequencer = open();
  for (std::size_t i = 0; i < Sequencer::kSystemEventsMax; ++i) {
    EXPECT_TRUE(sequencer->record({.kind = EventKind::config}));
  }
  EXPECT_FALSE(sequencer->record({.kind = EventKind::config}));
  sequencer->turn();
  EXPECT_EQ(sequencer->counts().system_refused, 1U);
  EXPECT_TRUE(sequencer->record({.kind = EventKind::config}));
}

TEST_F(SequencerTest, feeds_a_consumer_from_the_past_and_then_live_each_record_once) {
  {
    const auto sequencer = open();
    EventQueue& queue = sequencer->add_queue();
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(queue.push(request(1)));
    sequencer->turn();
  }
  const auto sequencer = open();
  EventQueue& queue = sequencer->add_queue();
  EventFeed& feed = sequencer->add_feed(3);
  EXPECT_TRUE(queue.push(request(1)));
  sequencer->turn();
  EXPECT_EQ(all_of(feed), "3:final 4:final 5:final 6:final");
}

TEST_F(SequencerTest, ends_by_draining_all_and_finishing_the_feeds) {
  const auto sequencer = open();
  EventQueue& queue = sequencer->add_queue();
  EventFeed& feed = sequencer->add_feed();
  sequencer->start();
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(queue.push(request(1)));
  sequencer->stop();
  std::size_t count = 0;
  while (!feed.finished()) {
    if (const auto batch = feed.next(1s)) count += batch->count;
  }
  EXPECT_EQ(count, 20U);
}

TEST_F(SequencerTest, loses_nothing_between_busy_workers_and_a_busy_consumer) {
  constexpr std::uint64_t kEach = 20'000;
  const SystemClock system;
  const auto sequencer = Sequencer::open(options, system, files).value();
  EventQueue& one = sequencer->add_queue();
  EventQueue& two = sequencer->add_queue();
  EventFeed& feed = sequencer->add_feed();
  sequencer->start();
  const auto work = [](EventQueue& queue) {
    for (std::uint64_t id = 1; id <= kEach;) {
      if (queue.push(request(id))) {
        ++id;
      } else {
        std::this_thread::yield();
      }
    }
  };
  std::thread first([&] { work(one); });
  std::thread second([&] { work(two); });
  std::uint64_t count = 0, previous = 0;
  while (count < 2 * kEach) {
    const auto batch = feed.next(10s);
    ASSERT_NE(batch, nullptr);
    batch->for_each([&](const EventView& event) {
      EXPECT_EQ(event.sequence(), previous + 1);
      previous = event.sequence();
      if (event.kind() == EventKind::final) ++count;
    });
  }
  first.join();
  second.join();
  sequencer->stop();
}

struct EventFeedTest : SequencerTest {};

TEST_F(EventFeedTest, reads_on_from_the_journal_when_memory_was_full) {
  const auto sequencer = open();
  EventQueue& queue = sequencer->add_queue();
  EventFeed small(options.journal.folder, 1, 0, 1000);
  EventFeed& large = sequencer->add_feed();
  const auto relay = [&] {
    while (const auto batch = large.next(0ms)) small.push(batch);
  };
  for (int i = 0; i < 30; ++i) {
    EXPECT_TRUE(queue.push(request(1)));
    sequencer->turn();
  }
  relay();
  EXPECT_GT(small.overflows(), 10U);
  std::string expected;
  for (int i = 1; i <= 30; ++i) {
    expected += (i == 1 ? "" : " ") + std::to_string(i) + ":final";
  }
  EXPECT_EQ(all_of(small), expected);
  EXPECT_EQ(small.lost(), 0U);
  EXPECT_EQ(small.done(), 30U);
  EXPECT_TRUE(queue.push(request(1)));
  sequencer->turn();
  relay();
  EXPECT_EQ(all_of(small), "31:final");
}

TEST_F(EventFeedTest, counts_as_lost_what_neither_memory_nor_journal_holds) {
  const auto sequencer = open();
  EventQueue& queue = sequencer->add_queue();
  EventFeed& large = sequencer->add_feed();
  EventFeed small(options.journal.folder, 1, 0, 300);
  files.is_full = true;
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(queue.push(request(1)));
    sequencer->turn();
  }
  files.is_full = false;
  clock.advance(1s);
  EXPECT_TRUE(queue.push(request(1)));
  sequencer->turn();
  while (const auto batch = large.next(0ms)) small.push(batch);
  EXPECT_EQ(all_of(small), "1:final 2:final 11:gap 12:final");
  EXPECT_EQ(small.lost(), 8U);
}

}  // namespace
}  // namespace gatehouse
