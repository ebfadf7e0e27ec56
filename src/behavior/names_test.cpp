// What is promised: a text is kept once while anybody uses it, and is gone with its last user.
#include "behavior/names.h"

#include <map>
#include <random>

namespace gatehouse {
namespace {

TEST(Names, does_what_a_map_of_counts_does) {
  SlabPool pool;
  Names names({}, pool, 100'000);
  std::map<std::string, std::pair<std::uint32_t, std::uint32_t>> twin;  // text: id, users
  std::mt19937 random(2);
  for (int step = 0; step < 60'000; ++step) {
    const std::string text = "name " + std::to_string(random() % 700);
    const auto known = twin.find(text);
    const bool takes = known == twin.end() || random() % 2 == 0;
    if (takes) {
      const std::uint32_t id = names.add(text);
      auto& [twin_id, users] = twin[text];
      ASSERT_TRUE(users == 0 || twin_id == id);
      twin_id = id;
      ++users;
      ASSERT_EQ(names.text(id), text);
      ASSERT_EQ(names.users(id), users);
    } else {
      names.release(known->second.first);
      if (--known->second.second == 0) twin.erase(known);
    }
    ASSERT_EQ(names.size(), twin.size());
  }
  for (const auto& [text, entry] : twin) EXPECT_EQ(names.text(entry.first), text);
  for (const auto& [text, entry] : twin) {
    for (std::uint32_t i = 0; i < entry.second; ++i) names.release(entry.first);
  }
  EXPECT_EQ(names.size(), 0U);
  EXPECT_EQ(pool.bytes_taken(), 0U);
}

TEST(Names, refuses_and_counts_what_is_too_much) {
  SlabPool pool;
  Names names({}, pool, 1);
  const std::uint32_t one = names.add("one");
  EXPECT_EQ(names.add("two"), kNoName);
  EXPECT_EQ(names.refused(), 1U);
  EXPECT_EQ(names.add("one"), one);
  EXPECT_EQ(names.text(kNoName), "");
  names.release(kNoName);
  names.release(one), names.release(one);
  EXPECT_EQ(names.text(names.add("two")), "two");
}

TEST(Names, cuts_a_long_text_at_a_character) {
  SlabPool pool;
  Names names({}, pool, 10);
  const std::string long_text = std::string(127, 'a') + "ü" + "b";
  EXPECT_EQ(names.text(names.add(long_text)), std::string(127, 'a'));
  EXPECT_EQ(names.add(""), kNoName);
}

}  // namespace
}  // namespace gatehouse
