// What is promised: who has most points comes first, and pages give everybody once, also when
// points fade in between.
#include "behavior/notable.h"

#include "behavior/scorer_testing.h"

namespace gatehouse {
namespace {

using ::testing::ElementsAre;

constexpr std::int64_t kHour = 3'600'000'000;
constexpr std::int64_t kStart = 1'790'000'000'000'000;

constexpr std::string_view kContent = R"(
detectors:
  refused:
    when: event.status == 403
    points: 10
    window: 1s
    fact: true
    reason: "{event.route} was refused"
)";

struct NotableTest : ::testing::Test {
  NotableTest() { records.content(kContent, kStart); }

  // The n-th of them is refused n times.
  void refuse(int users) {
    for (int user = 1; user <= users; ++user) {
      const std::string name = "user " + std::to_string(user);
      for (int i = 0; i < user; ++i) {
        records.call({.user = name, .route = "vault", .status = 403}, kStart + i * 1'000'000);
      }
    }
  }
  NotablePage page(const NotableQuestion& question, std::int64_t at_us) {
    NotableSearch search(question);
    std::size_t steps = 1;
    while (!search.step(scorer, at_us)) ++steps;
    EXPECT_GE(steps, kPartitions);
    return search.page(scorer);
  }
  static std::vector<std::string> names(const NotablePage& page) {
    std::vector<std::string> names;
    for (const NotableRow& row : page.rows) names.push_back(row.name);
    return names;
  }

  Scorer scorer{{}, 8192};
  std::vector<LevelChange> changes;
  testing::Records records{[this](const EventView& record) { scorer.on_record(record, changes); }};
};

TEST_F(NotableTest, most_points_come_first_with_their_reason) {
  refuse(4);
  const NotablePage all = page({}, kStart + kHour);
  EXPECT_THAT(names(all), ElementsAre("user 4", "user 3", "user 2", "user 1"));
  EXPECT_EQ(all.rows[0].reason, "vault was refused; and 3 more");
  EXPECT_EQ(all.rows[0].lines, 4U);
  EXPECT_EQ(all.rows[0].trusted.value, all.rows[0].place.milli);
  EXPECT_FALSE(all.last);
}

TEST_F(NotableTest, pages_give_everybody_once) {
  refuse(7);
  NotableQuestion question{.rows_max = 3};
  std::vector<std::string> seen;
  for (int turn = 0; turn < 3; ++turn) {
    const NotablePage one = page(question, kStart + (turn + 1) * kHour);
    for (const std::string& name : names(one)) seen.push_back(name);
    EXPECT_EQ(one.at_us, kStart + kHour);
    question.at_us = one.at_us;
    question.after = one.last;
    EXPECT_EQ(one.last.has_value(), turn < 2);
  }
  EXPECT_THAT(seen,
              ElementsAre("user 7", "user 6", "user 5", "user 4", "user 3", "user 2", "user 1"));
}

// Eviction between two steps must not make a page wrong, only shorter.
TEST_F(NotableTest, who_goes_while_it_is_looked_is_left_out) {
  refuse(3);
  NotableSearch search{NotableQuestion{}};
  while (!search.step(scorer, kStart + kHour)) {
  }
  const Subject gone{SubjectKind::user, stable_hash({}, SubjectKind::user, "user 2")};
  records.about(EventKind::erasure, "", gone, kStart + kHour);
  EXPECT_THAT(names(search.page(scorer)), ElementsAre("user 3", "user 1"));
}

TEST_F(NotableTest, nobody_without_points_is_named) {
  records.call({.user = "ann", .route = "home"}, kStart + 1);
  EXPECT_TRUE(page({}, kStart + kHour).rows.empty());
}

}  // namespace
}  // namespace gatehouse
