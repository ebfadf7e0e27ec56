// What is promised: from a worker's push to the worker's table in one go; a replay of the journal
// gives what was given live; a warm-up from the past restores what stands and says nothing.
#include "behavior/engine.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "events/sequencer.h"
#include "testing/manual_clock.h"

namespace gatehouse {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr CountRule kRule{.limit = 3};
constexpr VerdictSubject kSubject{SubjectKind::address, {5, 6}};

struct EngineTest : ::testing::Test {
  EngineTest() {
    std::string pattern = (fs::temp_directory_path() / "engine.XXXXXX").string();
    options.journal.folder = ::mkdtemp(pattern.data());
    options.journal.sync = SyncPolicy::never;
    options.queue_bytes = 1 << 16;
  }
  ~EngineTest() override { fs::remove_all(options.journal.folder); }

  EngineOptions engine_options() {
    return {.rule = kRule, .log = [this](std::string_view line) { logged.emplace_back(line); }};
  }
  bool push_refusal(EventQueue& queue, const Clock& at) {
    const Subject subject{kSubject.kind, kSubject.hash};
    return queue.push({.outcome = EventOutcome::refused,
                       .start_us = at.wall().time_since_epoch().count() - 500,
                       .duration_us = 400,
                       .status = 403,
                       .client = "192.0.2.7",
                       .subjects = {&subject, 1}});
  }

  SequencerOptions options;
  testing::ManualClock clock;
  DiskFiles files;
  std::vector<std::string> logged;
};

TEST_F(EngineTest, publishes_a_block_logs_it_and_measures_its_lag) {
  const auto sequencer = Sequencer::open(options, clock, files).value();
  EventQueue& queue = sequencer->add_queue();
  VerdictFeed verdicts;
  Engine engine(engine_options(), sequencer->add_feed(), verdicts, clock);
  for (int i = 0; i < 3; ++i) push_refusal(queue, clock);
  sequencer->turn();
  EXPECT_TRUE(engine.turn(0ms));
  const auto verdict = verdicts.find(kSubject, clock.wall());
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->level, VerdictLevel::block);
  EXPECT_EQ(verdict->expires, clock.wall() + 60s);
  EXPECT_EQ(logged,
            std::vector<std::string>{"block address 192.0.2.7: 3 answers with status 401 to "
                                     "403 within 10 s"});
  const EngineCounts counts = engine.counts();
  EXPECT_EQ(counts.lag.count, 1U);
  EXPECT_EQ(counts.lag.sum_us, 100U);
  EXPECT_EQ(counts.lag.counts[7], 1U);  // 64 .. 127 µs
  EXPECT_EQ(counts.last_sequence, 3U);
  clock.advance(60s);
  sequencer->turn();
  engine.turn(0ms);
  EXPECT_EQ(verdicts.size(), 0U);
}

TEST_F(EngineTest, a_replay_of_the_journal_gives_the_same_changes) {
  std::vector<VerdictChange> live, replayed;
  {
    const auto sequencer = Sequencer::open(options, clock, files).value();
    EventQueue& queue = sequencer->add_queue();
    EventFeed& feed = sequencer->add_feed();
    Judge judge(kRule);
    for (int i = 0; i < 200; ++i) {
      push_refusal(queue, clock);
      sequencer->turn();
      clock.advance(std::chrono::seconds(i % 7));
      sequencer->turn();
      while (const auto batch = feed.next(0ms)) {
        batch->for_each([&](const EventView& record) { judge.on_record(record, live); });
      }
    }
    EXPECT_GT(judge.counts().verdicts_cleared, 3U);
  }
  Judge judge(kRule);
  JournalReader reader(options.journal.folder, 1);
  while (const auto record = reader.next()) judge.on_record(*record, replayed);
  EXPECT_EQ(replayed, live);
}

TEST_F(EngineTest, a_warm_up_restores_what_stands_in_silence) {
  {
    const auto sequencer = Sequencer::open(options, clock, files).value();
    EventQueue& queue = sequencer->add_queue();
    for (int i = 0; i < 3; ++i) push_refusal(queue, clock);
    sequencer->turn();
  }
  for (const auto& [later, rows] : {std::pair{30s, 1U}, {31s, 0U}}) {
    clock.advance(later);
    const auto sequencer = Sequencer::open(options, clock, files).value();
    VerdictFeed verdicts;
    Engine engine(engine_options(), sequencer->add_feed(1), verdicts, clock);
    while (engine.turn(0ms)) {
    }
    EXPECT_EQ(verdicts.size(), rows);
    EXPECT_EQ(engine.counts().lag.count, 0U);
  }
  EXPECT_TRUE(logged.empty());
}

// Three refusals, a lift by hand, three more: what stands is the last block alone.
TEST_F(EngineTest, publishes_nothing_of_the_past_until_all_of_it_is_read) {
  const Subject subject{kSubject.kind, kSubject.hash};
  {
    const auto sequencer = Sequencer::open(options, clock, files).value();
    EventQueue& queue = sequencer->add_queue();
    for (int round = 0; round < 2; ++round) {
      for (int i = 0; i < 3; ++i) push_refusal(queue, clock);
      sequencer->turn();
      if (round == 0) {
        sequencer->record(SystemEvent{
            .kind = EventKind::verdict_by_hand, .name = "clear", .subjects = {&subject, 1}});
        sequencer->turn();
      }
    }
  }
  const auto sequencer = Sequencer::open(options, clock, files).value();
  VerdictFeed verdicts;
  EngineOptions late = engine_options();
  const VerdictSubject unfounded{SubjectKind::user, {1, 2}};
  for (const VerdictSubject& one : {kSubject, unfounded}) {
    late.in_force.push_back(
        {.subject = one, .level = VerdictLevel::slow, .expires = clock.wall() + 9s});
  }
  late.past = sequencer->counts().last_sequence;
  ASSERT_EQ(late.past, 7U);
  std::vector<EnginePast> told;
  late.on_past_read = [&](const EnginePast& past) {
    EXPECT_EQ(verdicts.number(), 4U);  // two were in force, one went, one was set
    told.push_back(past);
  };
  Engine engine(std::move(late), sequencer->add_feed(1), verdicts, clock);
  EXPECT_EQ(verdicts.find(kSubject, clock.wall())->level, VerdictLevel::slow);
  EXPECT_TRUE(verdicts.find(unfounded, clock.wall()));
  while (engine.turn(0ms)) {
  }
  EXPECT_EQ(verdicts.find(kSubject, clock.wall())->level, VerdictLevel::block);
  EXPECT_FALSE(verdicts.find(unfounded, clock.wall()));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].records, 7U);
  EXPECT_FALSE(told[0].content);
}

TEST_F(EngineTest, tells_which_detectors_the_journal_spoke_of_last) {
  {
    const auto sequencer = Sequencer::open(options, clock, files).value();
    for (const std::string_view text : {"features: {}", "detectors: {}"}) {
      content_records(text, [&](const SystemEvent& record) { sequencer->record(record); });
    }
    sequencer->turn();
  }
  const auto sequencer = Sequencer::open(options, clock, files).value();
  VerdictFeed verdicts;
  EngineOptions late = engine_options();
  late.past = sequencer->counts().last_sequence;
  std::optional<std::string> said;
  late.on_past_read = [&said](const EnginePast& past) { said = past.content; };
  Engine engine(std::move(late), sequencer->add_feed(1), verdicts, clock);
  while (engine.turn(0ms)) {
  }
  EXPECT_EQ(said, "detectors: {}");
}

TEST_F(EngineTest, begins_with_the_content_whose_records_the_journal_has_let_go) {
  const auto sequencer = Sequencer::open(options, clock, files).value();
  EventQueue& queue = sequencer->add_queue();
  VerdictFeed verdicts;
  EngineOptions given = engine_options();
  given.rule.limit = 1000;
  Diagnostics found;
  given.content = read_content(
      "detectors:\n"
      "  a: { when: event.status == 403, about: address, points: 60, fact: true, reason: told }\n",
      "pack.yaml", found);
  ASSERT_NE(given.content, nullptr) << found.text();
  Engine engine(std::move(given), sequencer->add_feed(), verdicts, clock);
  for (int i = 0; i < 4; ++i) push_refusal(queue, clock);
  sequencer->turn();
  engine.turn(0ms);
  const auto verdict = verdicts.find(kSubject, clock.wall());
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->level, VerdictLevel::slow);
  EXPECT_EQ(verdict->reason, "told");
}

TEST_F(EngineTest, begins_with_what_stood_before_its_first_record) {
  const auto sequencer = Sequencer::open(options, clock, files).value();
  VerdictFeed verdicts;
  EngineOptions begins = engine_options();
  for (const auto& [number, stands] : {std::pair{5, 60s}, {6, -1s}}) {
    begins.standing.push_back(
        {.subject = {SubjectKind::user, {static_cast<std::uint64_t>(number), 1}},
         .level = VerdictLevel::block,
         .by_operator = true,
         .expires = clock.wall() + stands});
  }
  const Verdict stood = begins.standing.front();
  std::string by_hand;
  begins.on_hand = [&](const EventView& record) { by_hand += record.text(EventText::about); };
  Engine engine(begins, sequencer->add_feed(), verdicts, clock);
  EXPECT_EQ(verdicts.rows(), std::vector{stood});
  const Subject of{stood.subject.kind, stood.subject.hash};
  EXPECT_TRUE(sequencer->record({.kind = EventKind::verdict_by_hand,
                                 .name = "clear",
                                 .about = "user:ann",
                                 .subjects = {&of, 1}}));
  sequencer->turn();
  engine.turn(0ms);
  EXPECT_EQ(verdicts.size(), 0U);
  EXPECT_EQ(by_hand, "user:ann");
}

TEST_F(EngineTest, is_asked_between_batches_until_the_question_is_answered) {
  const auto sequencer = Sequencer::open(options, clock, files).value();
  EventQueue& queue = sequencer->add_queue();
  VerdictFeed verdicts;
  Engine engine(engine_options(), sequencer->add_feed(), verdicts, clock);
  int asked = 0;
  std::uint64_t records = 0;
  const auto question = [&](const Judge& judge, std::int64_t at_us) {
    EXPECT_EQ(at_us, clock.wall().time_since_epoch().count());
    records = judge.counts().records;
    return ++asked == 3;
  };
  push_refusal(queue, clock);
  sequencer->turn();
  EXPECT_TRUE(engine.ask(question));
  EXPECT_EQ(asked, 0);
  EXPECT_TRUE(engine.turn(0ms));
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(records, 1U);
  EXPECT_FALSE(engine.turn(0ms));
  EXPECT_EQ(asked, 3);
}

TEST_F(EngineTest, answers_where_nothing_happens_and_takes_so_many_questions) {
  const auto sequencer = Sequencer::open(options, clock, files).value();
  VerdictFeed verdicts;
  Engine engine(engine_options(), sequencer->add_feed(), verdicts, clock);
  std::size_t asked = 0;
  const auto question = [&](const Judge&, std::int64_t) { return ++asked != 0; };
  for (std::size_t i = 0; i < Engine::kQuestionsMax; ++i) EXPECT_TRUE(engine.ask(question));
  EXPECT_FALSE(engine.ask(question));
  engine.turn(1h);  // doesn't wait so long: somebody does
  EXPECT_EQ(asked, Engine::kQuestionsMax);
  EXPECT_TRUE(engine.ask(question));
}

TEST_F(EngineTest, reaches_a_workers_table_through_three_threads) {
  const SystemClock system;
  const auto sequencer = Sequencer::open(options, system, files).value();
  EventQueue& queue = sequencer->add_queue();
  VerdictFeed verdicts;
  std::atomic<bool> told{false};
  VerdictMailbox& mailbox = verdicts.add_mailbox([&] {
    told = true;
    told.notify_one();
    return true;
  });
  Engine engine(engine_options(), sequencer->add_feed(), verdicts, system);
  sequencer->start();
  engine.start();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(push_refusal(queue, system));
  told.wait(false);
  VerdictTable table;
  mailbox.apply(table);
  EXPECT_NE(table.find(kSubject, system.wall()), nullptr);
  sequencer->stop();
  engine.stop();
  EXPECT_EQ(engine.counts().lag.count, 1U);
}

}  // namespace
}  // namespace gatehouse
