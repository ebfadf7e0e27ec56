// What is promised: a name is let in at its third sight at the latest, rarely before, and a flood
// opens nothing.
#include "behavior/doorkeeper.h"

#include <map>
#include <random>

namespace gatehouse {
namespace {

StableHash name(std::uint64_t number) {
  return sip_hash_128({}, {reinterpret_cast<const char*>(&number), sizeof(number)});
}

TEST(Doorkeeper, lets_a_name_in_at_its_third_sight) {
  Doorkeeper door;
  EXPECT_FALSE(door.knock(name(1), 0));
  EXPECT_FALSE(door.knock(name(1), 1));
  EXPECT_FALSE(door.knock(name(2), 2));
  EXPECT_TRUE(door.knock(name(1), 3));
  EXPECT_TRUE(door.knock(name(1), 4));
}

TEST(Doorkeeper, forgets_after_two_generations_and_not_within_one) {
  Doorkeeper door(100);
  door.knock(name(1), 0), door.knock(name(1), 99);
  EXPECT_TRUE(door.knock(name(1), 150));
  door.knock(name(2), 150), door.knock(name(2), 150);
  EXPECT_FALSE(door.knock(name(2), 400));
  EXPECT_FALSE(door.knock(name(2), 401));
  EXPECT_TRUE(door.knock(name(2), 402));
}

// The slow twin: exact counts of this generation and the one before.
TEST(Doorkeeper, is_never_later_than_an_exact_count_and_rarely_earlier) {
  Doorkeeper door;
  std::map<std::uint64_t, std::uint32_t> now, former;
  std::mt19937_64 random(9);
  std::uint64_t generations = 0;
  std::size_t early = 0, knocks = 0;
  for (int i = 0; i < 400'000; ++i) {
    // Names that come a few times each, and a flood of names that come once.
    const std::uint64_t number = i % 3 == 0 ? random() % 200'000 : random();
    const std::uint32_t exact = ++now[number] + (former.contains(number) ? former[number] : 0);
    const bool is_let_in = door.knock(name(number), i);
    ASSERT_TRUE(is_let_in || exact < Doorkeeper::kKnocks) << i;
    ++knocks;
    if (is_let_in && exact < Doorkeeper::kKnocks) ++early;
    if (door.generations() != generations) {
      generations = door.generations();
      former = std::exchange(now, {});
    }
  }
  EXPECT_GT(generations, 10U);
  EXPECT_LT(early * 10'000, knocks * 4);
}

// The worst for a stranger: both generations full of names, each seen twice.
TEST(Doorkeeper, lets_few_strangers_in_however_full_it_is) {
  Doorkeeper door;
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 2 * Doorkeeper::kNamesMax - 2; ++i) {
    ++number;
    door.knock(name(number), 0), door.knock(name(number), 0);
  }
  std::size_t let_in = 0;
  for (std::uint64_t round = 0; round < 1000; ++round) {
    Doorkeeper copy = door;  // what strangers leave behind is not what is measured
    for (std::uint64_t i = 0; i < 100; ++i) {
      if (copy.knock(name(1'000'000'000 + round * 100 + i), 0)) ++let_in;
    }
  }
  EXPECT_LT(let_in, 40U);
}

}  // namespace
}  // namespace gatehouse
