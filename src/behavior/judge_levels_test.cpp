// What is promised: a level that the scorer raises stands as a verdict with its reason and fuse; an
// operator's or the counting rule's goes before it, and when that leaves the level stands again.
#include <list>

#include "behavior/judge.h"
#include "behavior/scorer_testing.h"

namespace gatehouse {
namespace {

using testing::Call;

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kStart = 1'790'000'000'000'000;
constexpr CountRule kRule{.limit = 10};  // 401 to 403 in 10 s, for 60 s

constexpr std::string_view kContent = R"(
features:
  address.tries: { model: distinct, value: sign_in_user, window: 5m }
detectors:
  stuffing:
    when: address.tries.amount >= 5
    about: address
    points: 70
    half_life: 1h
    fact: true
    reason: "{address.tries.amount} accounts tried"
)";

struct JudgeLevelsTest : ::testing::Test {
  std::string text() {
    std::string text;
    for (const VerdictChange& change : changes) {
      text += change.verdict
                  ? std::string(to_text(change.verdict->level)) + ", " + change.verdict->reason
                  : "cleared";
      text += '\n';
    }
    changes.clear();
    return text;
  }
  // Accounts tried one after the other; they are refused by the backend, a status of no rule.
  std::string stuff(int from, int to, std::int64_t at_us, std::uint16_t status = 400) {
    for (int i = from; i < to; ++i) {
      const std::string tried = "name " + std::to_string(i);
      records.call({.client = "203.0.113.5", .tried = tried, .status = status}, at_us);
    }
    return text();
  }
  std::string by_hand(std::string_view word, std::int64_t at_us, std::int64_t until_us) {
    const Subject subject{SubjectKind::address,
                          stable_hash({}, SubjectKind::address, "203.0.113.5")};
    records.give(SystemEvent{.kind = EventKind::verdict_by_hand,
                             .count = static_cast<std::uint64_t>(until_us),
                             .name = word,
                             .detail = "asked for",
                             .subjects = {&subject, 1}},
                 at_us);
    return text();
  }
  std::string tick(std::int64_t at_us) {
    records.tick(at_us);
    return text();
  }

  Judge judge{kRule};
  std::vector<VerdictChange> changes;
  testing::Records records{[this](const EventView& record) { judge.on_record(record, changes); }};
};

TEST_F(JudgeLevelsTest, without_content_there_are_none) {
  EXPECT_EQ(stuff(0, 9, kStart), "");
  EXPECT_EQ(judge.counts().scorer.events, 0U);
}

TEST_F(JudgeLevelsTest, a_level_stands_as_a_verdict_and_falls_rung_by_rung) {
  records.content(kContent, kStart);
  EXPECT_EQ(stuff(0, 8, kStart), "slow, 5 accounts tried\n");
  EXPECT_EQ(tick(kStart + 40 * kMinute), "");
  // 70 points that halve in an hour: below 40 after 48.4 minutes, below 25 after 89.1.
  EXPECT_EQ(tick(kStart + 49 * kMinute), "watch, 5 accounts tried\n");
  EXPECT_EQ(tick(kStart + 90 * kMinute), "cleared\n");
  EXPECT_EQ(judge.counts().standing, 0U);
}

TEST_F(JudgeLevelsTest, the_rules_block_goes_before_and_the_level_stands_again_behind_it) {
  records.content(kContent, kStart);
  stuff(0, 8, kStart);
  std::string told = stuff(20, 40, kStart + kSecond, 403);
  EXPECT_TRUE(told.starts_with("block, 10 answers")) << told;
  told = tick(kStart + 62 * kSecond);
  EXPECT_TRUE(told.starts_with("cleared\nslow, ")) << told;
}

TEST_F(JudgeLevelsTest, an_operators_word_is_not_overruled) {
  records.content(kContent, kStart);
  by_hand("allow", kStart, kStart + 10 * kMinute);
  EXPECT_EQ(stuff(0, 8, kStart), "");
  const std::string told = by_hand("clear", kStart + kMinute, 0);
  EXPECT_TRUE(told.starts_with("cleared\nslow, ")) << told;
}

TEST_F(JudgeLevelsTest, the_same_records_give_the_same_digest) {
  Judge other{kRule};
  std::vector<VerdictChange> others;
  testing::Records both([&](const EventView& record) {
    judge.on_record(record, changes);
    other.on_record(record, others);
  });
  both.content(kContent, kStart);
  for (int i = 0; i < 200; ++i) {
    const std::string tried = "name " + std::to_string(i % 40);
    both.call({.client = "203.0.113.5", .tried = tried, .status = 400}, kStart + i * kMinute);
  }
  EXPECT_FALSE(changes.empty());
  EXPECT_EQ(changes, others);
  EXPECT_EQ(judge.digest(), other.digest());
  EXPECT_EQ(judge.scorer().digests(), other.scorer().digests());
}

}  // namespace
}  // namespace gatehouse
