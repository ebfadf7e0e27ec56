// What is promised: a journal read again gives the digests that it gave live; several are merged by
// time; the order of their files makes no difference.
#include "behavior/replay.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <random>

#include "behavior/scorer_testing.h"
#include "events/sequencer.h"
#include "testing/manual_clock.h"

namespace gatehouse {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::string_view kContent = R"(
features:
  user.routes: { model: seen, value: route, mature_after: 1d, mature_events: 5 }
detectors:
  new_route: { when: user.routes.new, points: 45, reason: "first use of {event.route}" }
)";

struct ReplayTest : ::testing::Test {
  ReplayTest() {
    std::string pattern = (fs::temp_directory_path() / "replay.XXXXXX").string();
    options.journal.folder = ::mkdtemp(pattern.data());
    options.journal.sync = SyncPolicy::never;
    options.journal.segment_bytes_max = 1 << 16;  // so that there are several
    options.queue_bytes = 1 << 16;
  }
  ~ReplayTest() override { fs::remove_all(options.journal.folder); }

  std::vector<std::string> segments() const {
    std::vector<std::string> paths;
    for (const std::uint64_t number : list_segments(options.journal.folder)) {
      paths.push_back(segment_path(options.journal.folder, number));
    }
    return paths;
  }
  static ReplayFacts read(const std::vector<std::string>& paths) {
    std::vector<RecordSource> sources;
    for (const std::string& path : paths) sources.push_back(record_source(path).value());
    Judge judge({}, {});
    return replay(std::move(sources), judge);
  }

  SequencerOptions options;
  testing::ManualClock clock;
  DiskFiles files;
};

TEST_F(ReplayTest, gives_what_the_journal_gave_live) {
  std::vector<VerdictChange> live;
  Judge judge({}, {});
  {
    const auto sequencer = Sequencer::open(options, clock, files).value();
    EventQueue& queue = sequencer->add_queue();
    EventFeed& feed = sequencer->add_feed();
    content_records(kContent,
                    [&](const SystemEvent& record) { EXPECT_TRUE(sequencer->record(record)); });
    std::mt19937 random(1);
    for (int i = 0; i < 1500; ++i) {
      const std::string user = "user " + std::to_string(random() % 20);
      const std::string route = "route " + std::to_string(random() % (i < 1000 ? 6 : 40));
      queue.push({.outcome = EventOutcome::served,
                  .status = 200,
                  .client = "192.0.2.7",
                  .route = route,
                  .user = user,
                  .verified = true});
      sequencer->turn();
      clock.advance(std::chrono::minutes(random() % 60));
      sequencer->turn();
      while (const auto batch = feed.next(0ms)) {
        batch->for_each([&](const EventView& record) { judge.on_record(record, live); });
      }
    }
  }
  EXPECT_GT(live.size(), 10U);
  EXPECT_GT(segments().size(), 2U);
  const ReplayFacts facts = read({options.journal.folder});
  EXPECT_EQ(facts.changes, live.size());
  EXPECT_EQ(facts.verdicts, judge.digest());
  EXPECT_EQ(facts.digests, judge.scorer().digests());
  // The same files one by one, in whatever order.
  std::vector<std::string> paths = segments();
  EXPECT_EQ(read(paths).verdicts, facts.verdicts);
  std::ranges::reverse(paths);
  EXPECT_EQ(read(paths).verdicts, facts.verdicts);
  EXPECT_EQ(read(paths).digests, facts.digests);
}

TEST_F(ReplayTest, merges_by_time) {
  const auto source = [](const std::vector<std::int64_t>& times, std::string_view name) {
    std::vector<std::vector<char>> records;
    testing::Records writes([&](const EventView& record) {
      records.emplace_back(record.bytes().begin(), record.bytes().end());
    });
    for (const std::int64_t at : times) writes.about(EventKind::config, name, {}, at);
    std::size_t next = 0;
    return RecordSource([records, next]() mutable -> std::optional<EventView> {
      if (next == records.size()) return std::nullopt;
      return EventView::parse(records[next++]);
    });
  };
  Judge judge({}, {});
  std::vector<RecordSource> sources;
  sources.push_back(source({5, 7, 9}, "a"));
  sources.push_back(source({1, 7, 20}, "b"));
  const ReplayFacts facts = replay(std::move(sources), judge);
  EXPECT_EQ(facts.records, 6U);
  EXPECT_EQ(facts.first_us, 1);
  EXPECT_EQ(facts.last_us, 20);
}

TEST_F(ReplayTest, says_that_there_is_no_journal) {
  EXPECT_EQ(record_source("/nowhere/at/all").error().code, "E0701");
  EXPECT_EQ(record_source(options.journal.folder).error().code, "E0701");
}

}  // namespace
}  // namespace gatehouse
