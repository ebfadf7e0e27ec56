// What is promised: storage is aligned, distinct and stays put until reset; a full arena says so
// and nothing else does; reset gives back all but one small block.
#include "base/arena.h"

#include <cstdint>

namespace gatehouse {
namespace {

TEST(Arena, gives_aligned_storage_that_does_not_overlap) {
  Arena arena;
  std::vector<std::pair<char*, std::size_t>> taken;
  for (std::size_t bytes = 1; bytes < 600; bytes += 7) {
    char* const place = arena.take(bytes);
    ASSERT_NE(place, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(place) % 16, 0U);
    std::memset(place, static_cast<int>(bytes % 251), bytes);
    taken.emplace_back(place, bytes);
  }
  for (const auto& [place, bytes] : taken) {
    EXPECT_EQ(std::string_view(place, bytes), std::string(bytes, static_cast<char>(bytes % 251)));
  }
}

TEST(Arena, copies_and_joins_text) {
  Arena arena;
  std::string text = "hello";
  const std::string_view copy = arena.copy(text);
  text[0] = 'j';
  EXPECT_EQ(copy, "hello");
  EXPECT_EQ(arena.join({"a", "", "bc", std::string_view{}}), "abc");
}

TEST(Arena, an_empty_text_is_no_sign_of_a_full_arena) {
  Arena fresh;
  EXPECT_NE(fresh.copy({}).data(), nullptr);
  EXPECT_NE(Arena{}.join({}).data(), nullptr);
  EXPECT_NE(Arena{}.take(0), nullptr);
}

TEST(Arena, is_full_beyond_its_most_and_ready_again_after_reset) {
  Arena arena;
  EXPECT_EQ(arena.take(Arena::kBytesMax + 1), nullptr);
  EXPECT_EQ(arena.take(SIZE_MAX), nullptr);
  EXPECT_EQ(arena.take(SIZE_MAX - 15), nullptr);
  EXPECT_TRUE(arena.take_array<std::uint64_t>(SIZE_MAX / 4).empty());
  std::size_t count = 0;
  while (arena.take(1024) != nullptr) ++count;
  EXPECT_EQ(count, Arena::kBytesMax / 1024);
  EXPECT_EQ(arena.copy("x").data(), nullptr);
  arena.reset();
  EXPECT_EQ(arena.bytes_taken(), 0U);
  EXPECT_EQ(arena.copy("x"), "x");
}

TEST(Arena, uses_its_first_block_again_after_reset) {
  Arena arena;
  char* const first = arena.take(16);
  for (int i = 0; i < 10; ++i) arena.take(4000);
  arena.reset();
  EXPECT_EQ(arena.take(16), first);
}

TEST(Arena, stands_after_a_large_first_text_and_a_reset) {
  Arena arena;
  EXPECT_EQ(arena.copy(std::string(100'000, 'x')).size(), 100'000U);
  arena.reset();
  EXPECT_EQ(arena.copy("small"), "small");
  arena.reset();
  arena.reset();
  EXPECT_EQ(arena.copy("again"), "again");
}

TEST(Arena, makes_arrays_of_initialised_values) {
  struct Point {
    int x = 3;
    int y = 4;
  };
  Arena arena;
  const auto points = arena.take_array<Point>(100);
  ASSERT_EQ(points.size(), 100U);
  for (const Point& point : points) EXPECT_EQ(point.x + point.y, 7);
}

}  // namespace
}  // namespace gatehouse
