// What is promised: rows are found again, the one that was quiet longest goes first, nobody
// unproved makes state at first sight or takes a proved one's place.
#include "behavior/entity.h"

#include <list>
#include <map>
#include <random>

namespace gatehouse {
namespace {

Sighting seen(std::uint64_t number, bool is_verified, std::string_view name = {}) {
  const StableHash hash =
      sip_hash_128({}, {reinterpret_cast<const char*>(&number), sizeof(number)});
  return {.subject = {SubjectKind::user, hash}, .is_verified = is_verified, .name = name};
}

// A number whose hash lies in partition 5.
std::vector<std::uint64_t> neighbours(std::size_t count) {
  std::vector<std::uint64_t> found;
  for (std::uint64_t number = 0; found.size() < count; ++number) {
    if (partition_of(seen(number, true).subject.hash) == 5) found.push_back(number);
  }
  return found;
}

struct EntityTest : ::testing::Test {
  SlabPool pool;
  Names names{{}, pool, 100'000};
  EntityTable table{names, 4 * kPartitions};
};

TEST_F(EntityTest, a_verified_one_has_a_row_at_first_sight_with_its_name_and_times) {
  const Seat first = table.take(seen(1, true, "ann"), 100);
  ASSERT_FALSE(first.at.is_none());
  EXPECT_TRUE(first.is_new);
  const Seat again = table.take(seen(1, true, "ann"), 90);  // time may stand still, never go back
  EXPECT_EQ(again.at, first.at);
  EXPECT_FALSE(again.is_new);
  EXPECT_EQ(table.row(again.at).first_us, 100);
  EXPECT_EQ(table.row(again.at).last_us, 100);
  EXPECT_EQ(names.text(table.row(again.at).name), "ann");
  EXPECT_EQ(names.users(table.row(again.at).name), 1U);
}

TEST_F(EntityTest, an_unverified_one_has_none_until_it_was_seen_three_times) {
  EXPECT_TRUE(table.take(seen(1, false), 1).at.is_none());
  EXPECT_TRUE(table.take(seen(1, false), 2).at.is_none());
  EXPECT_FALSE(table.find(seen(1, false).subject));
  const Seat third = table.take(seen(1, false), 3);
  EXPECT_FALSE(third.at.is_none());
  EXPECT_EQ(table.counts().unverified, 1U);
  EXPECT_EQ(table.counts().knocked, 2U);
  table.take(seen(1, true), 4);
  EXPECT_TRUE(table.row(third.at).is_verified);
  table.take(seen(1, false), 5);
  EXPECT_TRUE(table.row(third.at).is_verified);
  EXPECT_EQ(table.counts().unverified, 0U);
}

TEST_F(EntityTest, an_unverified_one_never_takes_a_verified_ones_place) {
  const auto numbers = neighbours(10);
  for (std::size_t i = 0; i < 4; ++i) table.take(seen(numbers[i], true), 1);
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(table.take(seen(numbers[4], false), 2).at.is_none());
  }
  EXPECT_EQ(table.counts().refused, 3U);
  EXPECT_EQ(table.counts().evicted, 0U);
  // A verified newcomer takes the oldest one's.
  const Seat seat = table.take(seen(numbers[5], true), 3);
  ASSERT_TRUE(seat.evicted);
  EXPECT_EQ(seat.evicted->hash, seen(numbers[0], true).subject.hash);
}

TEST_F(EntityTest, a_verified_newcomer_takes_an_unverified_ones_place_first) {
  const auto numbers = neighbours(10);
  table.take(seen(numbers[0], true), 1);
  for (int i = 0; i < 3; ++i) table.take(seen(numbers[1], false), 2);
  for (std::size_t i = 2; i < 4; ++i) table.take(seen(numbers[i], true), 3);
  EXPECT_EQ(table.take(seen(numbers[4], true), 4).evicted->hash,
            seen(numbers[1], true).subject.hash);
}

TEST_F(EntityTest, a_name_leaves_with_the_row) {
  const Seat seat = table.take(seen(1, true, "ann"), 1);
  EXPECT_EQ(table.forget(seat.at).hash, seen(1, true).subject.hash);
  EXPECT_EQ(names.size(), 0U);
  EXPECT_FALSE(table.find(seen(1, true).subject));
  EXPECT_EQ(table.counts().entities, 0U);
}

// The slow twin: a list by last sight for each partition.
TEST_F(EntityTest, does_what_a_list_by_last_sight_does) {
  std::map<std::size_t, std::list<std::uint64_t>> twin;
  std::mt19937_64 random(4);
  for (int step = 0; step < 100'000; ++step) {
    const std::uint64_t number = random() % 400;
    const Sighting sighting = seen(number, true);
    std::list<std::uint64_t>& list = twin[partition_of(sighting.subject.hash)];
    const bool is_known = std::ranges::find(list, number) != list.end();
    list.remove(number);
    std::optional<std::uint64_t> gone;
    if (list.size() == 4) {
      gone = list.front();
      list.pop_front();
    }
    list.push_back(number);
    const Seat seat = table.take(sighting, step);
    ASSERT_EQ(seat.is_new, !is_known);
    ASSERT_EQ(seat.evicted.has_value(), gone.has_value());
    if (gone) {
      ASSERT_EQ(seat.evicted->hash, seen(*gone, true).subject.hash);
    }
  }
  for (const auto& [partition, list] : twin) {
    std::vector<StableHash> got, expected;
    table.for_each(partition, [&](const EntityRow& row) { got.push_back(row.hash); });
    for (const std::uint64_t number : list) expected.push_back(seen(number, true).subject.hash);
    EXPECT_EQ(got, expected);
  }
}

}  // namespace
}  // namespace gatehouse
