// What is promised: the lines are the total, to the thousandth, whatever happened before; each says
// what it was paid for and what time and rank left of it; what will lower the level comes as it was
// foretold; a detector that gave nothing says why.
#include "behavior/why.h"

#include <random>

#include "behavior/scorer_testing.h"

namespace gatehouse {
namespace {

using testing::Call;
using ::testing::HasSubstr;

constexpr std::int64_t kMinute = 60'000'000;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kStart = 1'790'000'000'000'000;

constexpr std::string_view kContent = R"(
features:
  user.routes: { model: seen, value: route, mature_events: 10 }
detectors:
  new_route:
    when: user.routes.new && user.routes.surprise > 3.0
    points: 45
    window: 1m
    attack: T1078
    reason: "first use of {event.route} by {event.user}"
  refused:
    when: event.status == 403
    points: 30
    half_life: 2h
    window: 1m
    family: refusals
    fact: true
    reason: "{event.route} was refused"
  refused_softly:
    when: event.status == 403
    points: 10
    window: 1m
    family: refusals
    fact: true
    reason: "refused"
  nothing:
    when: event.status == 404
    points: 10
    share: "0.0"
    reason: "not found"
  teapot:
    when: event.status == 418
    points: 10
    reason: "a teapot"
  from_afar:
    when: event.status == 500
    about: address
    points: 10
    fact: true
    reason: "broke {event.route}"
)";

struct WhyTest : ::testing::Test {
  WhyTest() { records.content(kContent, kStart); }

  void call(const Call& call, std::int64_t at_us) {
    records.call(call, at_us);
    now = at_us;
  }
  void grow(std::string_view user) { now = records.grow(user, kStart); }
  Why ask(std::string_view name, std::int64_t at_us) {
    auto found = why(scorer, testing::user_named(name), at_us);
    EXPECT_TRUE(found);
    return found.value_or(Why{});
  }
  static std::string reasons(const Why& why) {
    std::string text;
    for (const WhyNot& one : why.not_fired) {
      text += one.detector + " " + std::string(to_text(one.why)) + ": " + one.detail + "\n";
    }
    return text;
  }
  static void expect_sum(const Why& why) {
    LedgerTotal sum;
    for (const WhyLine& line : why.lines) {
      sum.all += line.now;
      sum.trusted += line.trusted;
      if (line.sequence != 0) {
        const auto rank = static_cast<std::int64_t>(line.rank);
        EXPECT_EQ(line.now.value, rank <= 4 ? line.faded.value : line.faded.value * 4 / rank);
        EXPECT_LE(line.faded, line.paid);
      }
    }
    EXPECT_EQ(sum, why.total);
  }

  Scorer scorer{{}, 8192};
  std::vector<LevelChange> changes;
  testing::Records records{[this](const EventView& record) { scorer.on_record(record, changes); }};
  std::int64_t now = kStart;
};

TEST_F(WhyTest, a_line_says_what_was_paid_for_and_what_is_left) {
  grow("ann");
  call({.user = "ann", .route = "export"}, now);
  const Why why = ask("ann", now + 12 * kHour);
  ASSERT_EQ(why.lines.size(), 1U);
  const WhyLine& line = why.lines[0];
  EXPECT_EQ(line.detector, "new_route");
  EXPECT_EQ(line.attack, "T1078");
  EXPECT_EQ(line.reason, "first use of export by ann");
  EXPECT_EQ(line.factors, (PaidFactors{45, 65'535, 65'535, 65'535}));
  EXPECT_EQ(line.paid, MilliPoints{45'000});
  EXPECT_EQ(line.faded, MilliPoints{31'819});  // 45 / sqrt(2)
  EXPECT_EQ(line.now, MilliPoints{31'819});
  EXPECT_EQ(line.trusted, MilliPoints{31'819});
  EXPECT_EQ(why.name, "ann");
  EXPECT_EQ(why.level, VerdictLevel::watch);
  EXPECT_EQ(why.since_us, now);
  ASSERT_TRUE(why.next);
  EXPECT_EQ(why.next->level, VerdictLevel::slow);
  EXPECT_EQ(why.next->enter, MilliPoints{60'000});
  EXPECT_EQ(why.next->has, MilliPoints{31'819});
}

TEST_F(WhyTest, the_lines_are_the_total_in_a_made_up_world) {
  std::mt19937 random(7);
  std::int64_t at = kStart;
  for (int i = 0; i < 6000; ++i) {
    at += static_cast<std::int64_t>(random() % 40) * 1'000'000;
    const std::string name = "user " + std::to_string(random() % 8);
    const std::string route = "route " + std::to_string(random() % 300);
    call({.user = name,
          .route = route,
          .status = static_cast<std::uint16_t>(random() % 5 == 0 ? 403 : 200)},
         at);
  }
  std::size_t most = 0, older = 0;
  for (int i = 0; i < 8; ++i) {
    for (const std::int64_t later : {std::int64_t{0}, kMinute, 5 * kHour, 3 * kDay}) {
      const Why why = ask("user " + std::to_string(i), now + later);
      expect_sum(why);
      most = std::max(most, why.lines.size());
      if (!why.lines.empty() && why.lines[0].sequence == 0) ++older;
      for (std::size_t k = 1; k < why.lines.size(); ++k) {
        EXPECT_LE(why.lines[k - 1].at_us, why.lines[k].at_us);
      }
    }
  }
  EXPECT_GT(most, 40U);
  EXPECT_GT(older, 0U);  // the world is large enough to fold what is small
}

TEST_F(WhyTest, the_falls_that_are_foretold_come) {
  grow("ann");
  call({.user = "ann", .route = "export"}, now);
  call({.user = "ann", .route = "keys"}, now + 2 * kMinute);
  changes.clear();
  const Why before = ask("ann", now);
  EXPECT_EQ(before.level, VerdictLevel::challenge);
  ASSERT_FALSE(before.falls.empty());
  EXPECT_EQ(before.falls.back().level, RiskLevel{});
  for (const RiskFall& fall : before.falls) {
    records.tick(fall.at_us - 1'000'000);
    EXPECT_NE(ask("ann", fall.at_us - 1'000'000).level, fall.level);
    records.tick(fall.at_us + 1'000'000);
    const Why after = ask("ann", fall.at_us + 1'000'000);
    EXPECT_EQ(after.level, fall.level);
    if (fall.level) {
      EXPECT_LE(std::abs(after.since_us - fall.at_us), 1'000'000);
    }
  }
}

TEST_F(WhyTest, a_young_model_counts_for_watch_alone) {
  for (int i = 0; i < 40; ++i) {
    call({.user = "bob", .route = "route " + std::to_string(i % 4)}, kStart + i * kMinute);
  }
  for (int i = 0; i < 5; ++i) {
    const std::string name = "odd " + std::to_string(i);
    call({.user = "bob", .route = name}, kStart + 2 * kHour * (i + 1));
  }
  const Why why = ask("bob", now);
  ASSERT_FALSE(why.lines.empty());
  EXPECT_GT(why.total.all, MilliPoints{0});
  EXPECT_EQ(why.total.trusted, MilliPoints{0});
  expect_sum(why);
}

TEST_F(WhyTest, what_gave_nothing_says_why) {
  grow("ann");
  EXPECT_EQ(reasons(ask("ann", now)),
            "new_route quiet: nothing that it looks for was seen of late\n"
            "nothing quiet: nothing that it looks for was seen of late\n"
            "refused quiet: nothing that it looks for was seen of late\n"
            "refused_softly quiet: nothing that it looks for was seen of late\n"
            "teapot quiet: nothing that it looks for was seen of late\n");
  call({.user = "ann", .status = 404}, now);
  call({.user = "ann", .status = 404}, now + 1);
  call({.user = "ann", .status = 403}, now + 2);
  EXPECT_EQ(reasons(ask("ann", now)),
            "new_route quiet: nothing that it looks for was seen of late\n"
            "nothing weight: found 2 times; its factors left nothing of its points\n"
            "refused_softly family: its family pays through refused\n"
            "teapot quiet: nothing that it looks for was seen of late\n");
}

TEST_F(WhyTest, one_who_is_new_has_young_models) {
  call({.user = "eve", .route = "home", .status = 200}, kStart);
  records.tick(kStart + kHour);
  const Why why = ask("eve", kStart + kHour);
  EXPECT_THAT(reasons(why),
              HasSubstr("user.routes has learnt 0.9 of 10 events in 0.0 of 7.0 days"));
}

TEST_F(WhyTest, a_storm_says_that_it_is_one) {
  for (int i = 0; i < 60; ++i) {
    const std::string name = "user " + std::to_string(i);
    call({.user = name, .status = 418}, kStart + i * 1'000);
  }
  const Why last = ask("user 59", now);
  EXPECT_THAT(reasons(last),
              HasSubstr("teapot storm: found once, while it fired for over 50 at once"));
  EXPECT_GT(scorer.counts().muted, 0U);
}

TEST_F(WhyTest, who_was_never_seen_has_none) {
  EXPECT_FALSE(why(scorer, testing::user_named("nobody"), now));
  const Subject ann = testing::user_named("ann");
  grow("ann");
  EXPECT_TRUE(why(scorer, ann, now));
  records.about(EventKind::erasure, "", ann, now);
  EXPECT_FALSE(why(scorer, ann, now));
}

TEST_F(WhyTest, a_content_that_comes_anew_can_be_asked_at_once) {
  grow("ann");
  call({.user = "ann", .route = "export"}, now);
  constexpr std::string_view kOther = R"(
features:
  user.agents: { model: seen, value: user_agent, half_life: 3d }
detectors:
  agent:
    when: user.agents.new && user.agents.surprise > 3.0
    points: 45
    reason: "a new agent"
)";
  records.content(kOther, now + 1);
  const Why why = ask("ann", now + 1);
  ASSERT_EQ(why.lines.size(), 1U);
  EXPECT_EQ(why.lines[0].detector, "");
  EXPECT_EQ(why.lines[0].reason, "first use of export by ann");
  EXPECT_THAT(reasons(why), HasSubstr("agent immature: user.agents has learnt 0.0 of 30 events"));
}

TEST(UnpaidFindings, a_full_place_lets_the_oldest_go_and_counts_it) {
  UnpaidFindings unpaid;
  for (std::uint64_t i = 1; i <= UnpaidFindings::kWays + 1; ++i) {
    unpaid.note({i, 0}, 0, i, kStart, UnpaidWhy::storm);
  }
  EXPECT_EQ(unpaid.pushed_out(), 1U);
  EXPECT_FALSE(unpaid.find({1, 0}, 0));
  unpaid.note({2, 0}, 0, 9, kStart + 1, UnpaidWhy::storm);
  EXPECT_EQ(unpaid.find({2, 0}, 0)->times, 2U);
  unpaid.note({2, 0}, 0, 10, kStart + 1, UnpaidWhy::weight);
  EXPECT_EQ(unpaid.find({2, 0}, 0)->times, 1U);
  unpaid.forget({2, 0});
  EXPECT_FALSE(unpaid.find({2, 0}, 0));
  EXPECT_EQ(unpaid.pushed_out(), 1U);
}

}  // namespace
}  // namespace gatehouse
