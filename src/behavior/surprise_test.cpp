// What is promised: the shares are those of the formula in floating point, over all values they add
// up to one, and the strength that made a population is found again in it.
#include "behavior/surprise.h"

#include <cmath>
#include <random>
#include <set>

namespace gatehouse {
namespace {

Weight weight(double events) { return {static_cast<std::int64_t>(events * 65536)}; }
double number(Share share) { return static_cast<double>(share.q62) / 0x1p62; }
double number(Bits bits) { return static_cast<double>(bits.q32) / 0x1p32; }

Evidence evidence(double count, double total, std::uint32_t distinct, Share base = {Share::kOne}) {
  return {.count = weight(count), .total = weight(total), .distinct = distinct, .base = base};
}

// The slow twin.
double predicted(double count, double total, double distinct, double strength, double parent) {
  return (std::max(0.0, count - 0.5) + (strength + 0.5 * distinct) * parent) / (total + strength);
}

TEST(Surprise, is_what_the_formula_says) {
  std::mt19937 random(1);
  for (int i = 0; i < 5000; ++i) {
    const auto below = [&](unsigned end) { return static_cast<double>(random() % end); };
    const double own = below(4) * 7, total = own + below(500) + 1, distinct = 1 + below(30);
    const double learnt = std::floor(own / 2), learnt_total = std::floor(total / 2);
    const double peers = learnt + below(100), peers_total = peers + learnt_total + below(10'000);
    const double all = peers + below(100), all_total = all + peers_total + below(100'000);
    const double strength = 0.5 * (1 + below(20));
    const Scopes scopes{.self = evidence(own, total, static_cast<std::uint32_t>(distinct)),
                        .peers = evidence(peers, peers_total, 40),
                        .all = evidence(all, all_total, 99, Share::of(1, 100)),
                        .learnt_count = weight(learnt),
                        .learnt_total = weight(learnt_total),
                        .strength = weight(strength)};
    const double p_all = predicted(all - learnt, all_total - learnt_total, 99, 1, 0.01);
    const double p_others = predicted(peers - learnt, peers_total - learnt_total, 40, 1, p_all);
    const double p_self = predicted(own, total, distinct, strength, p_others);
    const Surprise got = surprise_of_value(scopes);
    ASSERT_NEAR(number(got.others), std::min(1.0, p_others), 1e-12);
    ASSERT_NEAR(number(got.self), std::min(1.0, p_self), 1e-12);
    if (p_self < 1 && p_others < 1) {
      ASSERT_NEAR(number(got.bits), std::log2(p_others / p_self), 1e-8);
    }
    ASSERT_EQ(got.is_new, own == 0);
  }
}

TEST(Surprise, of_all_values_the_shares_add_up_to_one) {
  const std::vector<double> counts = {50, 20, 8, 1, 1};
  double sum = 0;
  for (const double count : counts) {
    sum += number(surprise_of_value({.self = evidence(count, 80, 5),
                                     .peers = evidence(0, 0, 0),
                                     .all = evidence(0, 0, 0, Share::of(1, 8))})
                      .self);
  }
  const double fresh = number(surprise_of_value({.self = evidence(0, 80, 5),
                                                 .peers = evidence(0, 0, 0),
                                                 .all = evidence(0, 0, 0, Share::of(1, 8))})
                                  .self);
  EXPECT_NEAR(sum + 3 * fresh, 1, 1e-9);
}

TEST(Surprise, a_new_value_costs_more_the_more_is_known_and_the_steadier_one_is) {
  const auto bits = [](double total, std::uint32_t distinct) {
    return number(surprise_of_value({.self = evidence(0, total, distinct),
                                     .peers = evidence(10, 100, 10),
                                     .all = evidence(10, 1000, 20, Share::of(1, 21))})
                      .bits);
  };
  EXPECT_EQ(bits(0, 0), 0);
  EXPECT_NEAR(bits(1000, 1), std::log2(1001 / 1.5), 1e-6);
  EXPECT_GT(bits(1000, 3), bits(100, 3));
  EXPECT_GT(bits(1000, 3), bits(1000, 100));
}

TEST(Surprise, what_self_does_often_speaks_for_it_also_in_a_group_of_its_own) {
  const Scopes alone{.self = evidence(60, 100, 4),
                     .peers = evidence(60, 100, 4),
                     .all = evidence(60, 1000, 9, Share::of(1, 10)),
                     .learnt_count = weight(60),
                     .learnt_total = weight(100)};
  EXPECT_LT(number(surprise_of_value(alone).bits), -4);
}

TEST(Surprise, an_amount_is_told_by_the_share_of_windows_that_had_as_much) {
  const auto bits = [](double count, double total) {
    return number(surprise_of_amount({.self = evidence(count, total, 0),
                                      .peers = evidence(0, 0, 0),
                                      .all = evidence(0, 1'000'000, 0)})
                      .bits);
  };
  EXPECT_NEAR(bits(128, 128), 0, 0.02);
  EXPECT_NEAR(bits(1, 128), 7, 0.02);
  EXPECT_GT(bits(0, 128), 20);
  EXPECT_EQ(number(surprise_of_amount({}).bits), 0);
}

// Chinese restaurants with a strength, read as a group reads its members.
TEST(Surprise, the_strength_that_made_a_population_is_about_what_is_found) {
  std::mt19937_64 random(1);
  const auto chance = [&] { return static_cast<double>(random() >> 11) / 0x1p53; };
  for (const double strength : {1.0, 4.0, 16.0}) {
    std::int64_t sum_q8 = 0;
    constexpr int kMembers = 300;
    for (int member = 0; member < kMembers; ++member) {
      const int events = 200 + static_cast<int>(random() % 2000);
      std::uint32_t distinct = 0;
      for (int n = 0; n < events; ++n) {
        if (chance() < (strength + 0.5 * distinct) / (n + strength)) ++distinct;
      }
      sum_q8 += strength_sample_q8(distinct, Weight::whole(events));
    }
    const double found = static_cast<double>(strength_of(sum_q8 / kMembers).q16) / 65536;
    EXPECT_GT(found, strength * 0.7) << strength;
    EXPECT_LT(found, strength * 1.6) << strength;
  }
  EXPECT_EQ(strength_of(0), kStrengthMin);
  EXPECT_EQ(strength_of(INT32_MAX), kStrengthMax);
}

}  // namespace
}  // namespace gatehouse
