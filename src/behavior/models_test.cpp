// What is promised: every kind of model stands at its own place in the list, and is found by name.
#include "behavior/models.h"

namespace gatehouse {
namespace {

TEST(Models, each_kind_is_found_by_its_number_and_name) {
  std::size_t number = 0;
  for (const Model& each : models()) {
    EXPECT_EQ(static_cast<std::size_t>(each.kind), number++);
    EXPECT_EQ(&model(each.kind), &each);
    EXPECT_EQ(model_kind(each.name), each.kind);
    EXPECT_LE(each.shape.exact_max, kCountListMax);
    EXPECT_TRUE(each.what.ends_with('.'));
  }
  EXPECT_EQ(model_kind("none"), std::nullopt);
}

}  // namespace
}  // namespace gatehouse
