// What is promised: a session is learnt when it ends, once; what a notable, mature entity did is
// held, learnt when a person dismisses it and never by age; who is forgotten leaves nothing.
#include "behavior/memory.h"

#include <random>

#include "behavior/models/seen.h"
#include "verdicts/verdict.h"

namespace gatehouse {
namespace {

constexpr std::int64_t kMinute = 60'000'000;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kStart = 1'790'000'000'000'000;

struct MemoryTest : ::testing::Test {
  MemoryTest() { features.activate(std::array{routes, pace, paths}); }

  EntityRef visit(std::uint64_t who, std::string_view route, std::int64_t at_us,
                  GroupId group = kEverybody) {
    run_until(at_us);
    Sightings sightings;
    sightings.add({{SubjectKind::user, {who, who}}, EntityRole::actor, true, "somebody"});
    const EntityRef ref = memory.seat(sightings, at_us).at[0];
    features.set_moment(at_us);
    memory.touch(ref, group, at_us);
    memory.note(ref, routes, seen_value({}, route), at_us);
    memory.note(ref, pace, 0, at_us);
    memory.note(ref, paths, seen_value({}, route), at_us);
    memory.schedule(ref);
    return ref;
  }
  void run_until(std::int64_t at_us) {
    while (const auto due = memory.take_due(at_us)) {
      const auto ref = memory.find(due->subject);
      if (!ref || memory.state(*ref)->due_us != due->at_us) continue;
      memory.state(*ref)->due_us = INT64_MAX;
      memory.on_due(*ref, due->at_us);
      memory.schedule(*ref);
    }
    memory.groups().on_time(at_us);
    features.set_moment(at_us);
    now = at_us;
  }
  // How often a route was seen, in whole events.
  std::int64_t learnt(EntityRef ref, std::string_view route) {
    return whole(memory.scopes(ref, routes, seen_value({}, route)).learnt_count);
  }
  std::int64_t known(EntityRef ref, std::string_view route) {
    return whole(memory.scopes(ref, routes, seen_value({}, route)).self.count);
  }
  std::int64_t by_all(EntityRef ref, std::string_view route) {
    return whole(memory.scopes(ref, routes, seen_value({}, route)).all.count);
  }
  static std::int64_t whole(Weight weight) { return (weight.q16 + 32768) >> 16; }
  // Ten days of sessions, so that the entity is mature.
  EntityRef grown(std::uint64_t who) {
    EntityRef ref;
    for (int day = 0; day < 11; ++day) ref = visit(who, "home", kStart + day * kDay);
    run_until(kStart + 11 * kDay);
    return ref;
  }
  void set_level(EntityRef ref, bool is_notable) {
    memory.make_state(ref).level = is_notable ? 1 + static_cast<int>(VerdictLevel::watch) : 0;
  }

  FeatureTable features;
  FeatureId routes = *features.add({.name = "user.routes",
                                    .value = EventValue::route,
                                    .half_life_us = 1000 * kDay,
                                    .mature_events = 5});
  FeatureId pace =
      *features.add({.name = "user.pace", .model = ModelKind::pace, .window_us = kMinute});
  FeatureId paths = *features.add({.name = "user.paths",
                                   .model = ModelKind::distinct,
                                   .value = EventValue::path,
                                   .window_us = kMinute});
  Memory memory{{}, features, 4096};
  std::int64_t now = 0;
};

TEST_F(MemoryTest, a_session_is_known_at_once_and_learnt_when_it_has_been_idle) {
  const EntityRef ref = visit(1, "home", kStart);
  visit(1, "home", kStart + 29 * kMinute);
  run_until(kStart + 58 * kMinute);
  EXPECT_EQ(known(ref, "home"), 2);
  EXPECT_EQ(learnt(ref, "home"), 0);
  run_until(kStart + 59 * kMinute);
  EXPECT_EQ(learnt(ref, "home"), 2);
  EXPECT_EQ(known(ref, "home"), 2);
  EXPECT_EQ(memory.counts().sessions_committed, 1U);
  EXPECT_EQ(memory.counts().sessions_open, 0U);
}

TEST_F(MemoryTest, a_session_that_never_rests_ends_after_half_a_day) {
  for (int i = 0; i <= 24 * 3; ++i) visit(1, "home", kStart + i * 20 * kMinute);
  EXPECT_EQ(memory.counts().sessions_committed, 2U);
}

TEST_F(MemoryTest, groups_read_a_session_from_the_next_epoch_on) {
  const EntityRef other = visit(2, "home", kStart, 7);
  visit(1, "home", kStart + 40 * kMinute, 7);
  run_until(kStart + 70 * kMinute);
  EXPECT_EQ(by_all(other, "home"), 1);  // the other's own, from half an hour before
  run_until(kStart + 71 * kMinute);
  EXPECT_EQ(by_all(other, "home"), 2);
  const Scopes scopes = memory.scopes(other, routes, seen_value({}, "home"));
  EXPECT_EQ(whole(scopes.peers.count), 2);
}

TEST_F(MemoryTest, what_a_notable_mature_entity_did_is_held_and_never_learnt_by_age) {
  const EntityRef ref = grown(1);
  set_level(ref, true);
  visit(1, "vault", now);
  run_until(now + kHour);
  EXPECT_EQ(memory.counts().sessions_held, 1U);
  EXPECT_EQ(known(ref, "vault"), 0);
  run_until(now + Memory::kHeldUs);
  EXPECT_EQ(memory.counts().held_discarded, 1U);
  EXPECT_EQ(known(ref, "vault"), 0);
  EXPECT_EQ(memory.decide(ref, true), 0U);
}

TEST_F(MemoryTest, a_dismissal_learns_what_was_held_and_an_acceptance_discards_it) {
  const EntityRef ref = grown(1), other = grown(2);
  set_level(ref, true), set_level(other, true);
  visit(1, "vault", now);
  visit(2, "vault", now);
  run_until(now + kHour);
  EXPECT_EQ(memory.decide(ref, true), 1U);
  EXPECT_EQ(memory.decide(other, false), 1U);
  EXPECT_EQ(learnt(ref, "vault"), 1);
  EXPECT_EQ(learnt(other, "vault"), 0);
  visit(2, "cellar", now);
  EXPECT_EQ(known(other, "cellar"), 1);
  memory.decide(other, false);  // of an open session, too
  EXPECT_EQ(known(other, "cellar"), 0);
}

TEST_F(MemoryTest, a_young_entitys_session_is_learnt_though_it_is_notable) {
  const EntityRef ref = visit(1, "vault", kStart);
  set_level(ref, true);
  run_until(kStart + kHour);
  EXPECT_EQ(learnt(ref, "vault"), 1);
}

TEST_F(MemoryTest, who_is_held_too_often_is_disputed_and_holds_a_bounded_number) {
  const EntityRef ref = grown(1);
  set_level(ref, true);
  for (std::size_t i = 0; i < Memory::kHeldMax + 3; ++i) {
    visit(1, "vault", now);
    run_until(now + kHour);
  }
  EXPECT_TRUE(memory.is_disputed(*memory.state(ref)));
  EXPECT_EQ(memory.counts().disputed, 1U);
  EXPECT_EQ(memory.counts().held_discarded, 3U);
  EXPECT_EQ(memory.decide(ref, true), Memory::kHeldMax);
  EXPECT_FALSE(memory.is_disputed(*memory.state(ref)));
}

TEST_F(MemoryTest, windows_are_read_while_open_and_learnt_when_they_end) {
  const EntityRef ref = visit(1, "a", kStart);
  visit(1, "b", kStart + 1);
  visit(1, "b", kStart + 2);
  EXPECT_EQ(memory.amount(ref, pace), 3U);
  EXPECT_EQ(memory.amount(ref, paths), 2U);
  visit(1, "b", kStart + kMinute);
  EXPECT_EQ(memory.amount(ref, pace), 1U);
  run_until(kStart + kHour);
  EXPECT_EQ(memory.amount(ref, pace), 0U);
  EXPECT_EQ(whole(memory.scopes(ref, pace, 0).learnt_total), 2);
  EXPECT_EQ(whole(memory.scopes(ref, pace, 2).self.count), 1);
}

TEST_F(MemoryTest, a_feature_that_nobody_reads_is_neither_fed_nor_kept) {
  const EntityRef ref = visit(1, "home", kStart);
  run_until(kStart + kHour);
  EXPECT_EQ(learnt(ref, "home"), 1);
  features.activate(std::array{pace});
  visit(1, "home", kStart + 2 * kHour);
  run_until(kStart + 3 * kHour);
  EXPECT_EQ(learnt(ref, "home"), 0);
}

TEST_F(MemoryTest, who_is_forgotten_or_pushed_out_leaves_nothing) {
  std::mt19937 random(1);
  std::int64_t at = kStart;
  for (int i = 0; i < 20'000; ++i) {
    at += static_cast<std::int64_t>(random() % 20) * 1'000'000;
    const EntityRef ref =
        visit(random() % 8192, "route " + std::to_string(random() % 50), at, random() % 3);
    if (i % 100 == 0) set_level(ref, true);
  }
  EXPECT_LE(memory.counts().entities.entities, 4096U);
  EXPECT_GT(memory.counts().entities.evicted, 1000U);
  for (std::uint64_t who = 0; who < 8192; ++who) {
    if (const auto ref = memory.find({SubjectKind::user, {who, who}})) memory.forget(*ref);
  }
  EXPECT_EQ(memory.pool().bytes_taken(), 0U);
  EXPECT_EQ(memory.names().size(), 0U);
  EXPECT_EQ(memory.counts().sessions_open, 0U);
}

TEST_F(MemoryTest, what_others_do_within_the_minute_changes_no_scope) {
  const EntityRef ref = grown(1);
  const Scopes before = memory.scopes(ref, routes, seen_value({}, "home"));
  for (std::uint64_t who = 100; who < 300; ++who) visit(who, "home", now);
  const Scopes after = memory.scopes(ref, routes, seen_value({}, "home"));
  EXPECT_EQ(before.all.count, after.all.count);
  EXPECT_EQ(before.self.count, after.self.count);
}

}  // namespace
}  // namespace gatehouse
