// What is promised: what was learnt and what the session saw count together, in every scope, as an
// exact count of the events does.
#include "behavior/models/seen.h"

#include <cmath>
#include <map>
#include <random>

namespace gatehouse {
namespace {

constexpr std::int64_t kHour = 3'600'000'000;
constexpr std::int64_t kStart = 1'790'000'000'000'000;

TEST(Seen, counts_what_was_learnt_and_the_sessions_own_together) {
  SlabPool pool;
  const Decay decay(24 * kHour);
  SlabPool::Handle root = 0;
  CountTable table(1000);
  std::map<std::string, std::vector<std::int64_t>> twin, twin_learnt;
  std::mt19937 random(1);
  std::int64_t now = kStart;
  Delta delta;
  for (int session = 0; session < 40; ++session) {
    for (int event = 0; event < 20; ++event) {
      now += static_cast<std::int64_t>(random() % 1200) * 1'000'000;
      const std::string text = "country " + std::to_string(random() % 25);
      const std::uint64_t value = seen_value({}, text);
      const DecayMoment moment = decay.at(now);
      const SelfCounts self(CountView(pool, root), delta.rows(pool, 3), moment);
      const Evidence seen = read_seen(self, value);
      long double exact = 0, total = 0, learnt = 0;
      for (const auto& [name, times] : twin) {
        for (const std::int64_t time : times) {
          const long double weight = std::exp2(-static_cast<long double>(now - time) / 24 / kHour);
          total += weight;
          if (name == text) exact += weight;
        }
      }
      for (const std::int64_t time : twin_learnt[text]) {
        learnt += std::exp2(-static_cast<long double>(now - time) / 24 / kHour);
      }
      const auto near = [](Weight got, long double wanted) {
        return std::fabs(static_cast<long double>(got.q16) / 65536 - wanted) <=
               wanted / 512 + 60.0L / 65536;
      };
      ASSERT_TRUE(near(seen.count, exact)) << seen.count.q16 << " " << exact;
      ASSERT_TRUE(near(seen.total, total));
      ASSERT_EQ(seen.distinct, twin.size());
      ASSERT_EQ(seen.base, Share::of(1, twin.size() + 1));
      ASSERT_TRUE(near(read_seen(GroupCounts(&table, moment), value).count, learnt));
      ASSERT_TRUE(delta.add(pool, 3, value, moment));
      twin[text].push_back(now);
    }
    apply(pool, root, kSeenShape, delta.rows(pool, 3), Lesson::learn);
    table.add(delta.rows(pool, 3), Lesson::learn);
    table.close_epoch();
    delta.clear(pool);
    twin_learnt = twin;
  }
}

TEST(Seen, knows_nothing_of_a_group_without_a_table) {
  const GroupCounts none(nullptr, Decay(kHour).at(kStart));
  const Evidence seen = read_seen(none, 1);
  EXPECT_EQ(seen.total, Weight{});
  EXPECT_EQ(seen.distinct, 0U);
  EXPECT_EQ(seen.base.q62, Share::kOne);
}

}  // namespace
}  // namespace gatehouse
