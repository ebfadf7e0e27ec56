// What is promised: a token is known until it expires or the keys change, and the cache never grows
// past its bounds.
#include "gateway/identity/token_cache.h"

#include <gtest/gtest.h>

#include "testing/manual_clock.h"

namespace gatehouse {
namespace {

using namespace std::chrono_literals;

struct TokenCacheTest : ::testing::Test {
  testing::ManualClock clock;
  TokenCache cache{4, 1 << 20};

  std::shared_ptr<const VerifiedToken> token(std::chrono::seconds lasts, std::size_t bytes = 10) {
    auto made = std::make_unique<VerifiedToken>();
    made->claims = JsonDocument::read("{}");
    made->user = std::string(bytes, 'u');
    made->until = clock.wall() + lasts;
    return made;
  }
  bool knows(std::uint64_t which, std::uint64_t version = 1) {
    return cache.find({which, ~which}, version, clock.wall()) != nullptr;
  }
  void add(std::uint64_t which) { cache.add({which, ~which}, 1, token(60s)); }
};

TEST_F(TokenCacheTest, forgets_exactly_when_the_token_ends) {
  cache.add({1, 2}, 1, token(10s));
  clock.advance(10s - 1us);
  EXPECT_NE(cache.find({1, 2}, 1, clock.wall()), nullptr);
  clock.advance(1us);
  EXPECT_EQ(cache.find({1, 2}, 1, clock.wall()), nullptr);
  EXPECT_EQ(cache.size(), 0U);
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST_F(TokenCacheTest, knows_a_token_only_for_the_keys_that_it_was_checked_with) {
  add(1);
  EXPECT_TRUE(knows(1, 1));
  EXPECT_FALSE(knows(1, 2));
  EXPECT_FALSE(knows(1, 1)) << "it went with the old keys";
}

TEST_F(TokenCacheTest, tells_digests_apart_that_share_a_half) {
  cache.add({1, 2}, 1, token(60s));
  EXPECT_EQ(cache.find({1, 3}, 1, clock.wall()), nullptr);
  EXPECT_EQ(cache.find({2, 2}, 1, clock.wall()), nullptr);
}

TEST_F(TokenCacheTest, keeps_what_is_asked_for_when_it_is_full) {
  for (std::uint64_t i = 1; i <= 4; ++i) add(i);
  EXPECT_TRUE(knows(1));
  EXPECT_TRUE(knows(3));
  for (std::uint64_t i = 5; i <= 6; ++i) add(i);
  EXPECT_EQ(cache.size(), 4U);
  EXPECT_TRUE(knows(1));
  EXPECT_TRUE(knows(3));
  EXPECT_FALSE(knows(2));
}

TEST_F(TokenCacheTest, is_bounded_in_bytes_too) {
  TokenCache small{1'000, 4'096};
  for (std::uint64_t i = 0; i < 100; ++i) {
    small.add({i, i}, 1, token(60s, 500));
    EXPECT_LE(small.bytes(), 4'096U);
  }
  EXPECT_GT(small.size(), 1U);
  small.add({7, 7'777}, 1, token(60s, 5'000));
  EXPECT_EQ(small.find({7, 7'777}, 1, clock.wall()), nullptr) << "larger than all of it";
  TokenCache none{0, 4'096};
  none.add({1, 1}, 1, token(60s));
  EXPECT_EQ(none.size(), 0U);
}

TEST_F(TokenCacheTest, stays_whole_through_many_changes) {
  TokenCache busy{64, 1 << 20};
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const std::uint64_t which = (i * 2'654'435'761U) % 97;
    const StableHash digest{which, which * 3};
    const auto found = busy.find(digest, 1 + which % 2, clock.wall());
    if (found == nullptr) busy.add(digest, 1 + which % 2, token(std::chrono::seconds{1 + which}));
    if (i % 7 == 0) clock.advance(100ms);
    ASSERT_LE(busy.size(), 64U);
  }
}

}  // namespace
}  // namespace gatehouse
