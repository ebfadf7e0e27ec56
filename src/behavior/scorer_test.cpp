// What is promised: a mature user's break of habit raises a level with its reason, an innocent
// look-alike's doesn't; levels fall in event time; echoes, floods and young models raise none; the
// same records give the same bits in every build.
#include "behavior/scorer.h"

#include <random>

#include "behavior/scorer_testing.h"

namespace gatehouse {
namespace {

using testing::Call;

constexpr std::int64_t kMinute = 60'000'000;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kStart = 1'790'000'000'000'000;

constexpr std::string_view kContent = R"(
features:
  user.routes: { model: seen, value: route, mature_events: 10 }
  user.hours: { model: hours, mature_events: 5 }
  address.tries:
    { model: distinct, value: sign_in_user, window: 5m, where: event.sign_in == "failed" }
  api.errors: { model: pace, window: 1m, where: event.status >= 500 }
detectors:
  new_route:
    when: user.routes.new && user.routes.surprise > 3.0
    points: 45
    reason: "first use of {event.route} by {event.user}"
  odd_hour:
    when: user.hours.surprise > 4.0
    points: 20
    share: (user.hours.surprise - 4.0) / 4.0
    reason: "at an hour with {user.hours.surprise} bits"
  stuffing:
    when: address.tries.amount >= 5
    about: address
    points: 120
    half_life: 1h
    fact: true
    reason: "{address.tries.amount} accounts tried from {event.address}"
)";

struct ScorerTest : ::testing::Test {
  ScorerTest() { records.content(kContent, kStart); }

  std::string text() {
    std::string text;
    for (const LevelChange& change : changes) {
      text += change.who + ": " + (change.level ? std::string(to_text(*change.level)) : "ended");
      if (change.level) text += ", " + change.reason;
      text += '\n';
    }
    changes.clear();
    return text;
  }
  std::string call(const Call& call, std::int64_t at_us) {
    records.call(call, at_us);
    now = at_us;
    return text();
  }
  std::string tick(std::int64_t at_us) {
    records.tick(at_us);
    now = at_us;
    return text();
  }
  void grow(std::string_view user) { now = records.grow(user, kStart); }

  Scorer scorer{{}, 8192};
  std::vector<LevelChange> changes;
  testing::Records records{[this](const EventView& record) { scorer.on_record(record, changes); }};
  std::int64_t now = kStart;
};

TEST_F(ScorerTest, a_mature_users_first_use_of_a_route_is_told_with_its_reason) {
  grow("alice");
  EXPECT_EQ(text(), "");
  EXPECT_EQ(call({.user = "alice", .route = "export"}, now),
            "alice: watch, first use of export by alice\n");
}

TEST_F(ScorerTest, an_innocent_look_alike_is_not) {
  grow("alice");
  EXPECT_EQ(call({.user = "alice", .route = "orders", .client = "198.51.100.9"}, now), "");
  EXPECT_EQ(scorer.counts().findings, 0U);
}

TEST_F(ScorerTest, the_same_value_pays_once_and_the_level_falls_in_event_time) {
  grow("alice");
  call({.user = "alice", .route = "export"}, now);
  EXPECT_EQ(call({.user = "alice", .route = "export"}, now + 1), "");
  const std::int64_t found = now;
  // 45 points that halve in a day are below 25 after 0.85 days.
  EXPECT_EQ(tick(found + 20 * kHour), "");
  EXPECT_EQ(tick(found + 21 * kHour), "alice: ended\n");
}

TEST_F(ScorerTest, a_young_user_is_watched_at_most) {
  for (int i = 0; i < 40; ++i) {
    call({.user = "bob", .route = "route " + std::to_string(i % 4)}, kStart + i * kMinute);
  }
  const auto subject = scorer.memory().find(testing::user_named("bob"));
  ASSERT_TRUE(subject);
  for (int i = 0; i < 5; ++i) {
    const std::string name = "odd " + std::to_string(i);
    call({.user = "bob", .route = name}, kStart + 2 * kHour * (i + 1));
  }
  const EntityState& state = *scorer.memory().state(*subject);
  const LedgerTotal total = Ledger::total(scorer.memory().pool(), state.ledger, now);
  EXPECT_GT(total.all, MilliPoints{110'000});
  EXPECT_EQ(total.trusted, MilliPoints{0});
  EXPECT_EQ(state.level, 1 + static_cast<int>(VerdictLevel::watch));
}

TEST_F(ScorerTest, a_fact_needs_no_maturity) {
  std::string told;
  for (int i = 0; i < 8; ++i) {  // an address that nobody has proved is kept from its third on
    const std::string tried = "name " + std::to_string(i);
    told +=
        call({.client = "203.0.113.5", .tried = tried, .status = 401}, kStart + i * kMinute / 6);
  }
  EXPECT_EQ(told, "203.0.113.5: block, 5 accounts tried from 203.0.113.5\n");
}

TEST_F(ScorerTest, many_failures_with_one_name_are_no_stuffing) {
  for (int i = 0; i < 60; ++i) {
    EXPECT_EQ(call({.tried = "alice", .status = 401}, kStart + i * 1'000'000), "");
  }
}

TEST_F(ScorerTest, what_a_verdict_caused_is_neither_evidence_nor_learnt) {
  grow("alice");
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(call({.user = "alice", .route = "export", .status = 403, .by_verdict = true}, now),
              "");
  }
  EXPECT_EQ(scorer.counts().by_verdict_ignored, 50U);
  EXPECT_NE(call({.user = "alice", .route = "export"}, now), "");
}

TEST_F(ScorerTest, an_address_that_many_users_share_gets_no_verdict) {
  for (const std::string_view user : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
    call({.user = user, .client = "203.0.113.5"}, kStart);
  }
  std::string told;
  for (int i = 0; i < 8; ++i) {
    const std::string tried = "name " + std::to_string(i);
    told += call({.client = "203.0.113.5", .tried = tried, .status = 401}, kStart + i);
  }
  EXPECT_EQ(told, "");
  EXPECT_GT(scorer.counts().shared, 0U);
}

TEST_F(ScorerTest, what_a_notable_user_did_is_learnt_when_a_person_dismisses_it) {
  grow("alice");
  call({.user = "alice", .route = "export"}, now);
  tick(now + kHour);
  EXPECT_EQ(scorer.counts().memory.sessions_held, 1U);
  records.about(EventKind::feedback, kDismissed, testing::user_named("alice"), now);
  EXPECT_EQ(text(), "alice: ended\n");
  EXPECT_EQ(scorer.counts().memory.held_committed, 1U);
  EXPECT_EQ(call({.user = "alice", .route = "export"}, now + kDay), "");
}

TEST_F(ScorerTest, a_score_that_everybody_gives_is_worth_nothing) {
  records.content(R"(
features:
  user.routes: { model: seen, value: route }
detectors:
  any: { when: event.status == 200, score: user.routes.surprise, points: 90, reason: "always" }
)",
                  kStart);
  for (int i = 0; i < 300; ++i) {
    call({.user = "carol", .route = "home"}, kStart + i * kMinute);
  }
  const auto ref = scorer.memory().find(testing::user_named("carol"));
  const EntityState& state = *scorer.memory().state(*ref);
  // Of five hours, each a window of the family, two were paid while nothing was known.
  EXPECT_EQ(Ledger::rows(scorer.memory().pool(), state.ledger).size(), 2U);
  EXPECT_EQ(scorer.counts().findings, 300U);
}

TEST_F(ScorerTest, an_accepted_case_stays_and_is_not_learnt) {
  grow("alice");
  call({.user = "alice", .route = "export"}, now);
  tick(now + kHour);
  records.about(EventKind::feedback, kAccepted, testing::user_named("alice"), now);
  EXPECT_EQ(text(), "");
  EXPECT_EQ(scorer.counts().memory.held_discarded, 1U);
  EXPECT_NE(call({.user = "alice", .route = "export"}, now + 2 * kDay), "");
}

TEST_F(ScorerTest, an_erasure_forgets_the_user_and_ends_the_level) {
  grow("alice");
  call({.user = "alice", .route = "export"}, now);
  records.about(EventKind::erasure, "", testing::user_named("alice"), now);
  EXPECT_EQ(text(), "alice: ended\n");
  EXPECT_FALSE(scorer.memory().find(testing::user_named("alice")));
}

TEST_F(ScorerTest, content_that_cannot_be_read_changes_nothing_and_says_why) {
  grow("alice");
  records.content("detectors: { x: { when: user.nothing, points: 3, reason: x } }", now);
  EXPECT_EQ(scorer.counts().content_unread, 1U);
  EXPECT_NE(scorer.content_fault().find("user.nothing"), std::string::npos);
  EXPECT_NE(call({.user = "alice", .route = "export"}, now), "");
}

TEST_F(ScorerTest, what_was_learnt_outlives_a_change_of_detectors) {
  grow("alice");
  std::string longer(kContent);
  longer += "  another:\n    when: event.status == 599\n    points: 1\n    reason: \"";
  longer += std::string(3000, 'x') + "\"\n";
  records.content(longer, now);
  EXPECT_EQ(scorer.counts().content_read, 2U);
  EXPECT_EQ(scorer.content()->detectors.size(), 4U);
  EXPECT_EQ(call({.user = "alice", .route = "export"}, now),
            "alice: watch, first use of export by alice\n");
}

TEST_F(ScorerTest, without_content_nothing_is_kept) {
  records.content("", kStart);
  grow("alice");
  EXPECT_EQ(scorer.counts().events, 0U);
  EXPECT_EQ(scorer.memory().counts().entities.entities, 0U);
}

TEST_F(ScorerTest, a_storm_pays_no_more_to_those_that_are_not_notable) {
  std::vector<std::string> users;
  for (int i = 0; i < 120; ++i) users.push_back("user " + std::to_string(i));
  for (const std::string& user : users) grow(user);
  text();
  std::size_t watched = 0;
  for (const std::string& user : users) {
    if (!call({.user = user, .route = "release"}, now).empty()) ++watched;
  }
  EXPECT_GT(watched, 30U);
  EXPECT_LT(watched, 70U);
  EXPECT_GT(scorer.counts().muted, 50U);
}

// A world of integers alone, so that every build makes the same one; a change of what is scored
// changes the numbers below, and then all builds must agree again.
ScorerDigests digests_of_a_world(std::uint64_t seed) {
  Scorer scorer({}, 4096);
  std::vector<LevelChange> changes;
  testing::Records records([&](const EventView& record) { scorer.on_record(record, changes); });
  records.content(kContent, kStart);
  std::mt19937_64 random(seed);
  const auto below = [&random](std::uint64_t end) { return random() % end; };
  std::int64_t at = kStart;
  for (int i = 0; i < 12'000; ++i) {
    at += static_cast<std::int64_t>(below(900)) * 1'000'000;
    const std::uint64_t who = below(40) * below(40) / 20;
    const std::string user = "user " + std::to_string(who);
    const std::string route = below(200) == 0 ? "odd " + std::to_string(below(1000))
                                              : "route " + std::to_string((who + below(5)) % 60);
    const std::string client = "192.0.2." + std::to_string(who % 50);
    if (below(50) == 0) {
      const std::string tried = "name " + std::to_string(below(90));
      records.call({.client = client, .tried = tried, .status = 401}, at);
    } else {
      records.call({.user = user, .route = route, .client = client}, at);
    }
    if (below(2000) == 0) records.tick(at += kDay);
  }
  EXPECT_GT(scorer.counts().paid, 100U);
  EXPECT_GT(changes.size(), 5U);
  EXPECT_GT(scorer.counts().memory.sessions_held, 0U);
  return scorer.digests();
}

// Contents that come and go, people who decide, erase and regroup, and a table that is too small.
ScorerDigests digests_of_an_unquiet_world(std::uint64_t seed) {
  Scorer scorer({}, 1024);
  std::vector<LevelChange> changes;
  testing::Records records([&](const EventView& record) { scorer.on_record(record, changes); });
  std::mt19937_64 random(seed);
  const auto below = [&random](std::uint64_t end) { return random() % end; };
  constexpr std::string_view kOther = R"(
features:
  user.routes: { model: seen, value: route, mature_events: 3, mature_after: 1h }
  device.hosts: { model: distinct, value: route, window: 10s }
detectors:
  any: { when: user.routes.new, points: 90, reason: "new" }
  host: { when: device.hosts.amount > 1, about: device, points: 3, family: any, reason: "many" }
)";
  const std::array<std::string_view, 4> contents = {kContent, kOther, "", "detectors: [wrong"};
  std::int64_t at = kStart;
  for (int i = 0; i < 9'000; ++i) {
    at += static_cast<std::int64_t>(below(below(20) == 0 ? 20'000 : 90)) * 1'000'000;
    const std::string user = "user " + std::to_string(below(3000));
    const std::string route = "route " + std::to_string(below(30));
    const std::string client = "192.0.2." + std::to_string(below(200));
    const Subject subject{SubjectKind::user, stable_hash({}, SubjectKind::user, user)};
    if (i % 1500 == 0) records.content(contents[static_cast<std::size_t>(i / 1500) % 2], at);
    if (below(3000) == 0) records.content(contents[below(4)], at);
    const std::uint64_t dice = below(40);
    if (dice == 0) {
      records.about(EventKind::erasure, "", subject, at);
    } else if (dice < 3) {
      records.about(EventKind::feedback, dice == 1 ? kDismissed : kAccepted, subject, at);
    } else if (dice == 3) {
      records.about(EventKind::context, kRole, subject, at, route);
    } else {
      records.call({.user = below(2) == 0 ? "regular" : std::string_view(user),
                    .route = route,
                    .client = client},
                   at);
    }
  }
  const ScorerCounts counts = scorer.counts();
  EXPECT_LE(counts.memory.entities.entities, 1024U);
  EXPECT_GT(counts.memory.entities.evicted, 100U);
  EXPECT_GT(counts.content_read, 5U);
  EXPECT_GT(counts.paid, 100U);
  return scorer.digests();
}

TEST_F(ScorerTest, an_unquiet_world_is_the_same_each_time) {
  EXPECT_EQ(digests_of_an_unquiet_world(1), digests_of_an_unquiet_world(1));
}

TEST_F(ScorerTest, the_same_records_give_the_same_bits_in_every_build) {
  const ScorerDigests digests = digests_of_a_world(1);
  EXPECT_EQ(digests, digests_of_a_world(1));
  EXPECT_FALSE(digests == digests_of_a_world(2));
  EXPECT_EQ(digests.scores.low, 0x97092b4ebabd1138U);
  EXPECT_EQ(digests.ledgers.low, 0xfc523c040221f514U);
  EXPECT_EQ(digests.levels.low, 0xfd85c96b70af7590U);
}

}  // namespace
}  // namespace gatehouse
