// What is promised: what fires for many different entities weighs less, from the next epoch on; few
// entities weigh nothing against anybody; a storm is told while it lasts.
#include "behavior/detectors/prevalence.h"

namespace gatehouse {
namespace {

constexpr std::int64_t kStart = 1'790'000'000'000'000;

std::uint64_t hashed(std::uint64_t number) {
  return sip_hash_128({}, {reinterpret_cast<const char*>(&number), sizeof number}).low;
}

struct PrevalenceTest : ::testing::Test {
  void see(std::uint64_t entities) {
    for (std::uint64_t i = 0; i < entities; ++i) {
      prevalence.saw(SubjectKind::user, hashed(i), kStart);
    }
  }
  void fire(std::uint64_t entities) {
    for (std::uint64_t i = 0; i < entities; ++i) prevalence.fired(1, hashed(i), kStart);
  }
  double weight() {
    prevalence.close_epoch();
    return static_cast<double>(prevalence.weight(1, SubjectKind::user).q16) / 65536;
  }
  SlabPool pool;
  Prevalence prevalence{pool};
};

TEST_F(PrevalenceTest, counts_whole_for_one_in_64_and_half_for_one_in_eight) {
  see(6400);
  EXPECT_EQ(weight(), 1);
  fire(40);
  EXPECT_EQ(weight(), 1);
  fire(800);
  EXPECT_NEAR(weight(), 0.5, 0.05);
  fire(6400);
  EXPECT_EQ(weight(), 0.125);
}

TEST_F(PrevalenceTest, is_read_as_at_the_last_epoch_and_needs_a_population) {
  see(Prevalence::kPopulationMin - 20);
  fire(30);
  EXPECT_EQ(weight(), 1);
  see(6400);
  fire(6400);
  EXPECT_EQ(prevalence.weight(1, SubjectKind::user).q16, 65'536);
  EXPECT_LT(weight(), 1);
}

TEST_F(PrevalenceTest, the_same_entity_again_is_no_other_and_a_month_is_remembered_for_one_more) {
  see(6400);
  for (int i = 0; i < 5000; ++i) prevalence.fired(1, 7, kStart);
  EXPECT_EQ(weight(), 1);
  fire(6400);
  prevalence.fired(1, 7, kStart + Prevalence::kWindowUs);
  EXPECT_EQ(weight(), 0.125);
  prevalence.saw(SubjectKind::user, 7, kStart + Prevalence::kWindowUs);
  prevalence.fired(1, 7, kStart + 2 * Prevalence::kWindowUs);
  EXPECT_EQ(weight(), 1);
}

TEST_F(PrevalenceTest, what_no_content_names_any_more_is_forgotten) {
  see(6400);
  fire(6400);
  const std::size_t bytes = pool.bytes_taken();
  EXPECT_EQ(weight(), 0.125);
  prevalence.keep(std::array<std::uint64_t, 1>{2});
  EXPECT_EQ(weight(), 1);
  EXPECT_LT(pool.bytes_taken(), bytes);
}

TEST_F(PrevalenceTest, over_fifty_entities_in_five_minutes_are_a_storm) {
  std::uint64_t first = 0;
  for (std::uint64_t i = 0; i < 100; ++i) {
    if (prevalence.fired(1, hashed(i), kStart) && first == 0) first = i;
  }
  EXPECT_GT(first, 40U);
  EXPECT_LT(first, 60U);
  EXPECT_FALSE(prevalence.fired(1, 5, kStart + Prevalence::kStormUs));
}

}  // namespace
}  // namespace gatehouse
