// What is promised: a subject has at most one row, the latest; an expired row is never found; a
// full table keeps what stands longest and an operator's word.
#include "verdicts/verdict_table.h"

#include <random>

namespace gatehouse {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kNow{1'790'000'000s};

VerdictSubject subject(std::uint64_t number) {
  return {SubjectKind::address, {number, number * 7}};
}
Verdict verdict(std::uint64_t number, std::chrono::seconds stands,
                VerdictLevel level = VerdictLevel::block) {
  return {.subject = subject(number), .level = level, .expires = kNow + stands, .reason = "why"};
}

TEST(VerdictTable, finds_the_latest_row_of_a_subject) {
  VerdictTable table;
  EXPECT_EQ(table.find(subject(1), kNow), nullptr);
  EXPECT_TRUE(table.set(verdict(1, 10s)));
  EXPECT_TRUE(table.set(verdict(1, 20s, VerdictLevel::slow)));
  ASSERT_NE(table.find(subject(1), kNow), nullptr);
  EXPECT_EQ(*table.find(subject(1), kNow), verdict(1, 20s, VerdictLevel::slow));
  EXPECT_EQ(table.find({SubjectKind::user, subject(1).hash}, kNow), nullptr);
  EXPECT_EQ(table.size(), 1U);
}

TEST(VerdictTable, finds_no_row_from_its_deadline_on) {
  VerdictTable table;
  table.set(verdict(1, 10s));
  EXPECT_NE(table.find(subject(1), kNow + 10s - 1us), nullptr);
  EXPECT_EQ(table.find(subject(1), kNow + 10s), nullptr);
}

TEST(VerdictTable, forgets_what_is_cleared) {
  VerdictTable table;
  table.set(verdict(1, 10s));
  EXPECT_TRUE(table.clear(subject(1)));
  EXPECT_FALSE(table.clear(subject(1)));
  EXPECT_EQ(table.find(subject(1), kNow), nullptr);
}

TEST(VerdictTable, lets_the_soonest_to_expire_go_when_full) {
  VerdictTable table(3);
  for (const std::uint64_t n : {1U, 2U, 3U}) {
    table.set(verdict(n, std::chrono::seconds(10 * n)));
  }
  std::optional<VerdictSubject> evicted;
  EXPECT_TRUE(table.set(verdict(4, 15s), &evicted));
  EXPECT_EQ(evicted, subject(1));
  EXPECT_EQ(table.evicted(), 1U);
  EXPECT_FALSE(table.set(verdict(5, 14s)));
  EXPECT_EQ(table.refused(), 1U);
  EXPECT_EQ(table.find(subject(5), kNow), nullptr);
  EXPECT_EQ(table.size(), 3U);
}

TEST(VerdictTable, replaces_a_subjects_own_row_when_full) {
  VerdictTable table(2);
  table.set(verdict(1, 10s)), table.set(verdict(2, 20s));
  EXPECT_TRUE(table.set(verdict(1, 5s)));
  EXPECT_EQ(table.evicted(), 0U);
  EXPECT_EQ(table.size(), 2U);
}

TEST(VerdictTable, keeps_an_operators_rows_longest) {
  VerdictTable table(2);
  Verdict allow = verdict(1, 1s, VerdictLevel::allow);
  allow.by_operator = true;
  table.set(allow), table.set(verdict(2, 100s)), table.set(verdict(3, 200s));
  EXPECT_NE(table.find(subject(1), kNow), nullptr);
  EXPECT_EQ(table.find(subject(2), kNow), nullptr);
}

TEST(VerdictTable, removes_expired_rows_of_both_kinds_piecemeal) {
  VerdictTable table;
  for (std::uint64_t n = 1; n <= 5; ++n) table.set(verdict(n, 1s));
  Verdict allow = verdict(6, 1s);
  allow.by_operator = true;
  table.set(allow), table.set(verdict(7, 100s));
  EXPECT_EQ(table.remove_expired(kNow + 1s - 1us), 0U);
  EXPECT_EQ(table.remove_expired(kNow + 1s, 2), 2U);
  EXPECT_EQ(table.remove_expired(kNow + 1s), 4U);
  EXPECT_EQ(table.rows(), std::vector{verdict(7, 100s)});
}

TEST(VerdictTable, knows_of_which_kinds_it_has_rows) {
  VerdictTable table(2);
  EXPECT_TRUE(table.empty());
  EXPECT_FALSE(table.holds(SubjectKind::address));
  table.set(verdict(1, 1s));
  Verdict user = verdict(2, 20s);
  user.subject.kind = SubjectKind::user;
  table.set(user), table.set(user);
  EXPECT_TRUE(table.holds(SubjectKind::address));
  EXPECT_TRUE(table.holds(SubjectKind::user));
  user.subject.hash.low = 9;
  table.set(user);  // the address's row goes for it
  EXPECT_FALSE(table.holds(SubjectKind::address));
  EXPECT_EQ(table.size(), 2U);
  EXPECT_EQ(table.remove_expired(kNow + 20s, 1), 1U);
  EXPECT_TRUE(table.holds(SubjectKind::user));
  table.clear(user.subject), table.clear_all();
  EXPECT_FALSE(table.holds(SubjectKind::user));
  EXPECT_TRUE(table.empty());
}

TEST(VerdictTable, agrees_with_a_plain_list_over_random_changes) {
  std::mt19937 random(7);
  VerdictTable table(50);
  std::vector<Verdict> twin;
  const auto goes_before = [](const Verdict& a, const Verdict& b) {
    return std::tie(a.expires, a.subject) < std::tie(b.expires, b.subject);
  };
  for (int step = 0; step < 20'000; ++step) {
    const Verdict one = verdict(random() % 100, std::chrono::seconds(random() % 1000));
    std::erase_if(twin, [&](const Verdict& row) { return row.subject == one.subject; });
    if (random() % 4 == 0) {
      table.clear(one.subject);
      continue;
    }
    table.set(one);
    twin.push_back(one);
    if (twin.size() > 50) twin.erase(std::ranges::min_element(twin, goes_before));
  }
  std::ranges::sort(twin, goes_before);
  EXPECT_EQ(table.rows(), twin);
}

TEST(Verdict, the_stricter_counts_except_before_an_allow) {
  const Verdict slow = verdict(1, 1s, VerdictLevel::slow);
  const Verdict block = verdict(2, 1s, VerdictLevel::block);
  const Verdict allow = verdict(3, 1s, VerdictLevel::allow);
  EXPECT_EQ(stricter(nullptr, nullptr), nullptr);
  EXPECT_EQ(stricter(&slow, nullptr), &slow);
  EXPECT_EQ(stricter(nullptr, &slow), &slow);
  EXPECT_EQ(stricter(&slow, &block), &block);
  EXPECT_EQ(stricter(&block, &slow), &block);
  EXPECT_EQ(stricter(&block, &allow), &allow);
  EXPECT_EQ(stricter(&allow, &block), &allow);
}

TEST(Verdict, every_level_has_a_word_that_is_read_back) {
  for (const auto level : {VerdictLevel::allow, VerdictLevel::watch, VerdictLevel::slow,
                           VerdictLevel::challenge, VerdictLevel::trap, VerdictLevel::block}) {
    EXPECT_EQ(verdict_level(to_text(level)), level);
  }
  EXPECT_EQ(verdict_level("blok"), std::nullopt);
}

}  // namespace
}  // namespace gatehouse
