// What is promised: decayed sums are within their error of exact ones, and the same to the last bit
// however the events are dealt to parts, merged, taken back or ordered.
#include "behavior/decay.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace gatehouse {
namespace {

constexpr std::int64_t kHour = 3'600'000'000;
constexpr std::int64_t kStart = 1'790'000'000'000'000;

struct Happened {
  std::int64_t at_us;
  std::int64_t events;
};

std::vector<Happened> happenings(std::uint32_t seed, std::int64_t span_us, int count) {
  std::mt19937_64 random(seed);
  std::vector<Happened> all;
  for (int i = 0; i < count; ++i) {
    all.push_back(
        {kStart + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(span_us)),
         static_cast<std::int64_t>(1 + random() % 5)});
  }
  return all;
}

// The slow twin: every event, by the definition.
struct Exact {
  long double kept = 0;
  long double all = 0;
};

Exact exact(const std::vector<Happened>& happened, std::int64_t half_life, std::int64_t now) {
  const std::int64_t period = half_life * kHalfLivesPerPeriod;
  std::int64_t newest = 0;
  for (const Happened& each : happened) newest = std::max(newest, each.at_us);
  Exact sum;
  for (const Happened& each : happened) {
    const long double weight = static_cast<long double>(each.events) *
                               std::exp2(-static_cast<long double>(now - each.at_us) /
                                         static_cast<long double>(half_life));
    sum.all += weight;
    if (each.at_us / period + 1 >= std::max(newest, now) / period) sum.kept += weight;
  }
  return sum;
}

TEST(Decay, is_within_its_error_of_the_exact_sum) {
  for (const std::int64_t half_life : {kHour, 7 * kHour + 12'345, 336 * kHour}) {
    const Decay decay(half_life);
    for (std::uint32_t seed = 1; seed < 30; ++seed) {
      const auto happened = happenings(seed, half_life * (1 + seed % 20), 500);
      DecayedSum sum;
      std::int64_t newest = 0;
      for (const Happened& each : happened) {
        sum.add(decay.at(each.at_us), each.events);
        newest = std::max(newest, each.at_us);
      }
      for (int step = 0; step < 20; ++step) {
        const std::int64_t now = newest + step * half_life;
        const Exact twin = exact(happened, half_life, now);
        const long double got = static_cast<long double>(sum.value(decay.at(now)).q16) / 65536;
        ASSERT_LE(std::fabs(got - twin.kept), twin.kept / 512 + 1.0L / 65536) << now;
        ASSERT_LE(twin.all - twin.kept, 1500.0L / 256);  // what is forgotten weighs 1/256 at most
      }
    }
  }
}

TEST(Decay, one_event_is_one_halves_at_its_half_life_and_is_forgotten_whole) {
  const Decay decay(kHour);
  const std::int64_t period = kHour * kHalfLivesPerPeriod;
  const std::int64_t at = kStart / period * period;
  DecayedSum sum;
  sum.add(decay.at(at));
  EXPECT_EQ(sum.value(decay.at(at)), Weight::whole(1));
  EXPECT_EQ(sum.value(decay.at(at + kHour)).q16, 1 << 15);
  EXPECT_EQ(sum.value(decay.at(at + 15 * kHour)).q16, 2);
  EXPECT_EQ(sum.value(decay.at(at + 2 * period - 1)).q16, 1);
  EXPECT_EQ(sum.value(decay.at(at + 2 * period)).q16, 0);
  EXPECT_EQ(sum.value(decay.at(at - kHour)), Weight::whole(1));  // before it: as at its start
}

TEST(Decay, one_two_four_and_eight_parts_give_the_same_bits) {
  const Decay decay(kHour);
  auto happened = happenings(3, 40 * kHour, 10'000);
  std::ranges::sort(happened, {}, &Happened::at_us);
  std::vector<DecayedSum> sums;
  for (const std::size_t parts : {1U, 2U, 4U, 8U}) {
    std::vector<DecayedSum> part(parts);
    for (std::size_t i = 0; i < happened.size(); ++i) {
      part[i * 7 % parts].add(decay.at(happened[i].at_us), happened[i].events);
    }
    // From the last to the first, and those in pairs.
    while (part.size() > 1) {
      for (std::size_t i = 0; i + 1 < part.size(); i += 2) part[i].merge(part[i + 1]);
      for (std::size_t i = 1; i < part.size(); ++i) part.erase(part.begin() + static_cast<long>(i));
    }
    sums.push_back(part.front());
  }
  for (const DecayedSum& sum : sums) EXPECT_EQ(sum, sums.front());
  EXPECT_GT(sums.front().cell().current, 0);
  EXPECT_GT(sums.front().cell().previous, 0);
}

TEST(Decay, any_order_gives_the_same_bits) {
  const Decay decay(kHour);
  auto happened = happenings(4, 40 * kHour, 2000);
  DecayedSum one, other;
  for (const Happened& each : happened) one.add(decay.at(each.at_us), each.events);
  std::ranges::sort(happened, std::greater{}, &Happened::at_us);
  for (const Happened& each : happened) other.add(decay.at(each.at_us), each.events);
  EXPECT_EQ(one, other);
}

TEST(Decay, what_is_taken_back_was_never_there_also_periods_later) {
  const Decay decay(kHour);
  const auto happened = happenings(5, 30 * kHour, 1000);
  DecayedSum with, without;
  for (std::size_t i = 0; i < happened.size(); ++i) {
    with.add(decay.at(happened[i].at_us), happened[i].events);
    if (i % 3 != 0) without.add(decay.at(happened[i].at_us), happened[i].events);
  }
  const DecayMoment later = decay.at(kStart + 36 * kHour);
  with.advance(later.period);
  without.advance(later.period);
  EXPECT_NE(with, without);
  for (std::size_t i = 0; i < happened.size(); i += 3) {
    const DecayMoment then = decay.at(happened[i].at_us);
    with.add(then.period, -happened[i].events * std::int64_t{then.units});
  }
  EXPECT_EQ(with, without);
}

TEST(Decay, units_lie_between_those_of_a_periods_start_and_end) {
  const Decay decay(kHour);
  const std::int64_t start = kStart / (8 * kHour) * (8 * kHour);
  EXPECT_EQ(decay.at(start).units, 256U);
  EXPECT_EQ(decay.at(start + kHour).units, 512U);
  EXPECT_EQ(decay.at(start + 8 * kHour - 1).units, 65'536U);
  EXPECT_EQ(decay.at(start + 8 * kHour).units, 256U);
  EXPECT_EQ(decay.at(start + 8 * kHour).period, decay.at(start).period + 1);
  EXPECT_EQ(decay.at(-5).units, decay.at(0).units);
  EXPECT_EQ(Decay(3).half_life_us(), Decay::kHalfLifeMin);
  EXPECT_EQ(Decay(INT64_MAX).at(kStart).period, 0U);
}

TEST(Decay, a_value_stays_at_its_greatest_beyond_the_bound) {
  const Decay decay(kHour);
  DecayedSum sum;
  const DecayMoment start = decay.at(kStart / (8 * kHour) * (8 * kHour));
  sum.add(start.period, kUnitsMax);
  const Weight most = sum.value(start);
  sum.add(start.period, kUnitsMax);
  EXPECT_EQ(sum.value(start), most);
  EXPECT_EQ(most.q16, INT64_MAX);
}

}  // namespace
}  // namespace gatehouse
