// What is promised: the word that a mistyped one was meant to be, and none when nothing is near.
#include "base/nearest.h"

#include <array>

namespace gatehouse {
namespace {

constexpr std::array<std::string_view, 4> kWords = {"limits", "listeners", "policies", "store"};

TEST(EditDistance, counts_inserts_deletes_replacements_and_swaps) {
  EXPECT_EQ(edit_distance("store", "store"), 0U);
  EXPECT_EQ(edit_distance("store", "stores"), 1U);
  EXPECT_EQ(edit_distance("store", "tore"), 1U);
  EXPECT_EQ(edit_distance("store", "stare"), 1U);
  EXPECT_EQ(edit_distance("store", "sotre"), 1U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
}

TEST(Nearest, finds_the_word_that_was_meant) {
  EXPECT_EQ(nearest("lmits", kWords), "limits");
  EXPECT_EQ(nearest("polices", kWords), "policies");
  EXPECT_EQ(nearest("listenres", kWords), "listeners");
}

TEST(Nearest, offers_nothing_that_is_only_of_the_same_length) {
  EXPECT_EQ(nearest("colour", kWords), "");
  EXPECT_EQ(nearest("x", kWords), "");
  EXPECT_EQ(nearest("limits", {}), "");
}

TEST(Nearest, compares_no_endless_word) {
  EXPECT_EQ(nearest(std::string(100'000, 'a'), kWords), "");
}

}  // namespace
}  // namespace gatehouse
