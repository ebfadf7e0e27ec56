// What is promised: each function is within its stated error of long double, everywhere it is
// asked, and gives the committed bits whichever compiler built it.
#include "base/fixed_math.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "base/digest.h"
#include "base/stable_hash.h"

namespace gatehouse {
namespace {

long double from_q32(std::int64_t x) { return std::ldexp(static_cast<long double>(x), -32); }

// Every number of few bits, around every power of two, and a spread over all.
std::vector<std::uint64_t> grid() {
  std::vector<std::uint64_t> all;
  for (std::uint64_t x = 1; x < 300'000; ++x) all.push_back(x);
  for (int bit = 2; bit < 64; ++bit) {
    const std::uint64_t power = std::uint64_t{1} << bit;
    for (std::uint64_t part = 0; part < 1024; ++part) {
      all.push_back(power + static_cast<std::uint64_t>((Uint128{power} * part) >> 10));
    }
    for (std::uint64_t i = 0; i < 3; ++i) all.push_back(power - 1 + i);
  }
  std::mt19937_64 random(5);
  for (int i = 0; i < 200'000; ++i) all.push_back(random() >> (random() % 60));
  std::erase(all, 0U);
  all.push_back(~std::uint64_t{0});
  return all;
}

TEST(FixedMath, log2_is_within_its_error_and_exact_at_powers_of_two) {
  long double worst = 0;
  for (const std::uint64_t x : grid()) {
    const long double error = from_q32(log2_of(x).q32) - std::log2(static_cast<long double>(x));
    worst = std::max(worst, std::fabs(error));
  }
  EXPECT_LT(worst, std::ldexp(1.0L, -33) + std::ldexp(1.0L, -41)) << "worst " << worst;
  for (int bit = 0; bit < 64; ++bit) {
    EXPECT_EQ(log2_of(std::uint64_t{1} << bit), Bits::whole(bit));
  }
  EXPECT_EQ(log2_of(std::uint64_t{0}), kLog2OfZero);
}

TEST(FixedMath, log2_never_falls_when_its_argument_grows) {
  std::vector<std::uint64_t> all = grid();
  std::ranges::sort(all);
  for (std::size_t i = 1; i < all.size(); ++i) {
    ASSERT_LE(log2_of(all[i - 1]), log2_of(all[i])) << all[i];
  }
}

TEST(FixedMath, log2_of_a_share_is_its_information) {
  EXPECT_EQ(log2_of(Share{Share::kOne}), Bits{});
  EXPECT_EQ(log2_of(Share::of(1, 4)), Bits::whole(-2));
  EXPECT_EQ(log2_of(Share{}), kLog2OfZero);
  EXPECT_EQ(log2_of(Share{1}), Bits::whole(-62));
}

TEST(FixedMath, exp2_of_a_fraction_is_within_its_error) {
  std::mt19937_64 random(6);
  long double worst = 0;
  for (int i = 0; i < 600'000; ++i) {
    const std::uint64_t f = i < 200'000 ? static_cast<std::uint64_t>(i) << 46 : random();
    const long double exact = std::exp2(std::ldexp(static_cast<long double>(f), -64));
    const long double got = std::ldexp(static_cast<long double>(exp2_fraction(f)), -63);
    worst = std::max(worst, std::fabs(got / exact - 1));
  }
  EXPECT_LT(worst, std::ldexp(1.0L, -59)) << "worst " << worst;
  EXPECT_EQ(exp2_fraction(0), std::uint64_t{1} << 63);
  EXPECT_GE(exp2_fraction(~std::uint64_t{0}), ~std::uint64_t{0} - 64);
}

TEST(FixedMath, exp2_is_within_its_error_and_ends_in_its_bounds) {
  long double worst = 0;
  for (std::int64_t x = Bits::whole(-33).q32; x < Bits::whole(32).q32; x += 400'009) {
    const auto exact = std::ldexp(std::exp2(from_q32(x)), 32);
    const auto got = static_cast<long double>(exp2_of({x}));
    worst = std::max(worst, std::fabs(got - exact) - 0.5L - std::ldexp(exact, -59));
  }
  EXPECT_LE(worst, 0) << "worst " << worst;
  EXPECT_EQ(exp2_of(Bits::whole(0)), std::uint64_t{1} << 32);
  EXPECT_EQ(exp2_of(Bits::whole(31)), std::uint64_t{1} << 63);
  EXPECT_EQ(exp2_of(Bits::whole(32)), ~std::uint64_t{0});
  EXPECT_EQ(exp2_of(Bits::whole(-32)), 1U);
  EXPECT_EQ(exp2_of(Bits::whole(-40)), 0U);
}

TEST(FixedMath, lgamma_is_within_its_error) {
  std::vector<std::uint64_t> all;
  for (std::uint64_t x = 1; x < 40; ++x) all.push_back(x);
  for (std::uint64_t x = 1 << 16; x < (std::uint64_t{40} << 32); x += 1'000'003) all.push_back(x);
  for (int bit = 5; bit <= 58; ++bit) {
    for (std::uint64_t part = 0; part < 512 && bit < 58; ++part) {
      all.push_back((std::uint64_t{1} << bit) + ((std::uint64_t{1} << bit) * part >> 9));
    }
  }
  long double worst = 0;
  for (const std::uint64_t x : all) {
    const long double exact = std::lgamma(std::ldexp(static_cast<long double>(x), -32));
    worst = std::max(worst, std::fabs(from_q32(lgamma_of(x)) - exact));
  }
  EXPECT_LT(worst, std::ldexp(1.0L, -29)) << "worst " << worst;
}

TEST(FixedMath, lgamma_knows_factorials_and_takes_what_is_outside_to_its_edge) {
  std::uint64_t factorial = 1;
  for (std::uint64_t n = 1; n <= 20; ++n) {
    const long double exact = std::log(static_cast<long double>(factorial));
    EXPECT_NEAR(static_cast<double>(from_q32(lgamma_of(n << 32))), static_cast<double>(exact),
                1e-9);
    factorial *= n;
  }
  EXPECT_EQ(lgamma_of(0), lgamma_of(1));
  EXPECT_EQ(lgamma_of(~std::uint64_t{0}), lgamma_of(std::uint64_t{1} << 58));
}

TEST(FixedMath, bits_round_to_the_nearest_thousandth) {
  EXPECT_EQ(Bits::whole(3).milli(), 3000);
  EXPECT_EQ((Bits{Bits::whole(1).q32 / 2}).milli(), 500);
  EXPECT_EQ((-Bits::whole(2)).milli(), -2000);
  EXPECT_EQ(Bits{}.milli(), 0);
  EXPECT_EQ(log2_of(std::uint64_t{3}).milli(), 1585);
  EXPECT_EQ((Bits{} - log2_of(std::uint64_t{3})).milli(), -1585);
}

TEST(FixedMath, shares_divide_multiply_and_take_their_part) {
  EXPECT_EQ(Share::of(7, 7).q62, Share::kOne);
  EXPECT_EQ(Share::of(0, 0).q62, 0U);
  EXPECT_EQ((Share::of(1, 2) * Share::of(1, 2)), Share::of(1, 4));
  EXPECT_EQ(Share::of(1, 2).of_whole(1000), 500U);
  EXPECT_EQ(Share::of(1, 1).of_whole(~std::uint64_t{0}), ~std::uint64_t{0});
}

TEST(FixedMath, gives_the_committed_bits_with_every_compiler) {
  StableHash digest;
  const auto take = [&](std::uint64_t value) {
    const std::array<std::uint64_t, 3> words{digest.low, digest.high, value};
    digest = sip_hash_128({}, {reinterpret_cast<const char*>(words.data()), sizeof(words)});
  };
  std::mt19937_64 random(7);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t x = random() >> (random() % 64);
    take(static_cast<std::uint64_t>(log2_of(x).q32));
    take(exp2_fraction(x));
    take(exp2_of({static_cast<std::int64_t>(x) % (std::int64_t{1} << 37)}));
    take(static_cast<std::uint64_t>(lgamma_of(x)));
  }
  EXPECT_EQ(digest.low, 0xacdb83803619d6b1U) << std::hex << digest.low;
}

}  // namespace
}  // namespace gatehouse
