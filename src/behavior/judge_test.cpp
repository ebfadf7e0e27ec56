// What is promised: the rule blocks at its limit and says why, is silent for innocent look-alikes,
// forgets; its own blocks feed nothing; the same records give the same changes.
#include "behavior/judge.h"

#include <list>
#include <random>

namespace gatehouse {
namespace {

constexpr std::int64_t kStart = 1'790'000'000'000'000;
constexpr std::int64_t kSecond = 1'000'000;
constexpr CountRule kRule{.limit = 3};  // 401 to 403 in 10 s, for 60 s

StableHash address(std::uint64_t number) { return {number, number + 1}; }

// What happened, in the words of the test.
struct Answer {
  std::int64_t at_us = 0;
  std::uint64_t from = 1;
  std::uint16_t status = 403;
  EventOutcome outcome = EventOutcome::refused;
  bool by_verdict = false;
};

struct JudgeTest : ::testing::Test {
  // Gives one record to the judge and what changed back as text.
  std::string on(const RequestEvent& event, std::int64_t at_us) { return feed(event, at_us); }
  std::string on(const SystemEvent& event, std::int64_t at_us) { return feed(event, at_us); }
  std::string on(const Answer& answer) {
    const Subject subject{SubjectKind::address, address(answer.from)};
    const std::string client = "192.0.2." + std::to_string(answer.from);
    return on(RequestEvent{.outcome = answer.outcome,
                           .by_verdict = answer.by_verdict,
                           .status = answer.status,
                           .client = client,
                           .subjects = {&subject, 1}},
              answer.at_us);
  }
  std::string tick(std::int64_t at_us) { return on(SystemEvent{.kind = EventKind::tick}, at_us); }

  std::string feed(const auto& event, std::int64_t at_us) {
    std::vector<char> bytes(kEventBytesMax);
    bytes.resize(encode(event, bytes));
    stamp(bytes, ++sequence, kStart + at_us);
    history.push_back(bytes);
    std::vector<VerdictChange> changes;
    judge.on_record(*EventView::parse(history.back()), changes);
    return text_of(changes);
  }
  static std::string text_of(const std::vector<VerdictChange>& changes) {
    std::string text;
    for (const VerdictChange& change : changes) {
      text += std::to_string(change.number) + " " + std::to_string(change.subject.hash.low) + " ";
      if (!change.verdict) {
        text += "cleared\n";
        continue;
      }
      const auto until = change.verdict->expires.time_since_epoch().count() - change.at_us;
      text += std::string(to_text(change.verdict->level)) + " for " +
              std::to_string(until / kSecond) + " s: " + change.verdict->reason + "\n";
    }
    return text;
  }

  Judge judge{kRule};
  std::uint64_t sequence = 0;
  std::list<std::vector<char>> history;
};

TEST_F(JudgeTest, blocks_an_address_at_its_limit_and_says_why) {
  EXPECT_EQ(on(Answer{.at_us = 0}), "");
  EXPECT_EQ(on(Answer{.at_us = 1 * kSecond, .status = 401, .outcome = EventOutcome::served}), "");
  EXPECT_EQ(on(Answer{.at_us = 9 * kSecond, .status = 402}),
            "1 1 block for 60 s: 3 answers with status 401 to 403 within 10 s\n");
  EXPECT_EQ(judge.counts().evidence, 3U);
}

TEST_F(JudgeTest, is_silent_for_one_failure_less_and_for_other_answers) {
  on(Answer{}), on(Answer{});
  EXPECT_EQ(on(Answer{.status = 400}), "");
  EXPECT_EQ(on(Answer{.status = 404}), "");
  EXPECT_EQ(on(Answer{.status = 200, .outcome = EventOutcome::served}), "");
  EXPECT_EQ(on(Answer{.outcome = EventOutcome::aborted}), "");
  EXPECT_EQ(on(Answer{.outcome = EventOutcome::cached}), "");
  EXPECT_EQ(on(Answer{.from = 2}), "");
}

TEST_F(JudgeTest, forgets_at_the_end_of_the_window) {
  on(Answer{.at_us = 0}), on(Answer{.at_us = 0});
  EXPECT_EQ(on(Answer{.at_us = 10 * kSecond}), "");
  EXPECT_EQ(on(Answer{.at_us = 10 * kSecond}), "");
  EXPECT_NE(on(Answer{.at_us = 10 * kSecond}), "");
}

TEST_F(JudgeTest, clears_the_block_in_event_time_also_in_silence_and_begins_at_zero) {
  on(Answer{}), on(Answer{}), on(Answer{});
  EXPECT_EQ(tick(60 * kSecond - 1), "");
  EXPECT_EQ(tick(60 * kSecond), "2 1 cleared\n");
  EXPECT_EQ(on(Answer{.at_us = 60 * kSecond}), "");
  EXPECT_EQ(judge.counts().standing, 0U);
}

TEST_F(JudgeTest, what_a_verdict_caused_is_no_evidence_nor_is_anything_while_one_stands) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(on(Answer{.by_verdict = true}), "");
  EXPECT_EQ(judge.counts().evidence, 0U);
  EXPECT_EQ(judge.counts().by_verdict_ignored, 10U);
  on(Answer{}), on(Answer{}), on(Answer{});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(on(Answer{}), "");
  EXPECT_EQ(judge.counts().evidence, 3U);
}

TEST_F(JudgeTest, follows_the_rule_of_a_config_record) {
  const std::string other = to_text(
      CountRule{.status_min = 404, .status_max = 404, .limit = 1, .window_us = 60 * kSecond});
  const SystemEvent config{.kind = EventKind::config, .name = kBehaviorConfigName, .detail = other};
  EXPECT_EQ(on(config, 0), "");
  EXPECT_EQ(on(Answer{.status = 404}),
            "1 1 block for 60 s: 1 answers with status 404 within 1 min\n");
  on(SystemEvent{.kind = EventKind::config, .name = kBehaviorConfigName, .detail = "?"}, 0);
  EXPECT_EQ(judge.counts().config_unread, 1U);
  EXPECT_EQ(judge.rule().limit, 1U);
}

TEST_F(JudgeTest, an_operators_word_stands_above_the_rule_until_its_time) {
  const Subject of{SubjectKind::address, address(1)};
  const auto until = static_cast<std::uint64_t>(kStart + 30 * kSecond);
  const SystemEvent allow{.kind = EventKind::verdict_by_hand,
                          .count = until,
                          .name = "allow",
                          .detail = "our monitoring",
                          .subjects = {&of, 1}};
  EXPECT_EQ(on(allow, 0), "1 1 allow for 30 s: our monitoring\n");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(on(Answer{}), "");
  EXPECT_EQ(tick(30 * kSecond), "2 1 cleared\n");
  on(Answer{.at_us = 30 * kSecond}), on(Answer{.at_us = 30 * kSecond});
  EXPECT_NE(on(Answer{.at_us = 30 * kSecond}), "");
  SystemEvent clear = allow;
  clear.name = "clear";
  EXPECT_EQ(on(clear, 31 * kSecond), "4 1 cleared\n");
}

TEST_F(JudgeTest, counts_what_it_can_not_attribute) {
  on(RequestEvent{.outcome = EventOutcome::refused, .status = 403}, 0);
  EXPECT_EQ(judge.counts().without_address, 1U);
}

TEST_F(JudgeTest, gives_the_same_changes_for_the_same_records) {
  std::mt19937 random(11);
  std::int64_t now = 0;
  for (int i = 0; i < 20'000; ++i) {
    now += random() % 20'000;
    on(Answer{.at_us = now,
              .from = random() % 500,
              .status = random() % 2 == 0 ? std::uint16_t{403} : std::uint16_t{200}});
  }
  EXPECT_GT(judge.counts().verdicts_set, 100U);
  EXPECT_GT(judge.counts().verdicts_cleared, 100U);
  Judge again(kRule);
  std::vector<VerdictChange> changes;
  for (const auto& record : history) again.on_record(*EventView::parse(record), changes);
  EXPECT_EQ(again.digest(), judge.digest());
  // One record less is another history.
  Judge shorter(kRule);
  history.erase(std::next(history.begin(), 100), std::next(history.begin(), 150));
  for (const auto& record : history) shorter.on_record(*EventView::parse(record), changes);
  EXPECT_NE(shorter.digest(), judge.digest());
}

TEST(CountRule, is_read_back_from_its_text_and_nothing_else_is) {
  const CountRule rule{
      .status_min = 429, .status_max = 499, .limit = 7, .window_us = 5, .block_us = 6};
  EXPECT_EQ(to_text(rule), "429-499 limit=7 window_us=5 block_us=6");
  EXPECT_EQ(count_rule(to_text(rule)), rule);
  EXPECT_EQ(count_rule(to_text(CountRule{})), CountRule{});
  for (const char* text :
       {"", "429", "429-499 limit=7 window_us=5", "1-2 limit=0 window_us=5 block_us=6",
        "1-2 limit=1 window_us=-5 block_us=6", "1-99999 limit=1 window_us=5 block_us=6",
        "1-2 limit=1 window_us=5 block_us=6 "}) {
    EXPECT_EQ(count_rule(text), std::nullopt) << text;
  }
}

// The slow twin: every time that was counted.
TEST(AddressCounts, lies_between_the_exact_counts_of_fifteen_and_sixteen_slices) {
  constexpr std::int64_t kWindow = 16'000;
  AddressCounts counts(kWindow);
  std::vector<std::int64_t> times;
  std::mt19937 random(3);
  std::int64_t now = 0;
  for (int i = 0; i < 5000; ++i) {
    now += random() % (i % 100 == 0 ? 40'000 : 900);
    times.push_back(now);
    const auto within = [&](std::int64_t window) {
      return static_cast<std::uint32_t>(
          std::ranges::count_if(times, [&](std::int64_t t) { return t > now - window; }));
    };
    const std::uint32_t counted = counts.add({1, 1}, now);
    EXPECT_GE(counted, within(kWindow / 16 * 15));
    EXPECT_LE(counted, within(kWindow));
  }
}

TEST(AddressCounts, lets_the_oldest_go_when_full_whatever_the_order_of_arrival) {
  AddressCounts counts(1'000'000, AddressCounts::kPartitions * 2);
  const auto in_one_partition = [](std::uint64_t n) {
    return StableHash{n * AddressCounts::kPartitions, 0};
  };
  counts.add(in_one_partition(1), 10);
  counts.add(in_one_partition(2), 20);
  counts.add(in_one_partition(1), 30);
  counts.add(in_one_partition(3), 40);  // 2 goes
  EXPECT_EQ(counts.size(), 2U);
  EXPECT_EQ(counts.evicted(), 1U);
  EXPECT_EQ(counts.add(in_one_partition(1), 50), 3U);
  EXPECT_EQ(counts.add(in_one_partition(2), 60), 1U);
}

}  // namespace
}  // namespace gatehouse
