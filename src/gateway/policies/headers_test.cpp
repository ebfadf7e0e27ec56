// What is promised: what is set replaces what came, in any case; what is removed is gone; a full
// list is told.
#include "gateway/policies/headers.h"

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

std::string lines(const FieldList& fields) {
  std::string text;
  for (const Field& field : fields) {
    text += std::string(field.name) + ": " + std::string(field.value) + '\n';
  }
  return text;
}

struct HeadersPolicyTest : ::testing::Test {
  HeadersPolicyTest() {
    EXPECT_TRUE(fields.add(FieldId::other, "X-Tenant", "mallory"));
    EXPECT_TRUE(fields.add(FieldId::server, "Server", "shop/1.0"));
    EXPECT_TRUE(fields.add(FieldId::other, "x-tenant", "eve"));
  }
  Arena arena;
  FieldList fields{arena};
};

TEST_F(HeadersPolicyTest, replaces_every_field_of_that_name_in_any_case) {
  const FieldChanges changes{{{"X-TENANT", "acme"}}, {}};  // the fields show its text
  EXPECT_TRUE(HeadersPolicy::change(changes, fields));
  EXPECT_EQ(lines(fields), "Server: shop/1.0\nX-TENANT: acme\n");
}

TEST_F(HeadersPolicyTest, removes_before_it_sets) {
  const FieldChanges changes{{{"Server", "gate"}}, {"server", "x-tenant"}};
  EXPECT_TRUE(HeadersPolicy::change(changes, fields));
  EXPECT_EQ(lines(fields), "Server: gate\n");
  EXPECT_EQ(fields.value(FieldId::server), "gate");
}

TEST_F(HeadersPolicyTest, tells_when_the_list_is_full) {
  while (fields.size() < FieldList::kFieldsMax) {
    ASSERT_TRUE(fields.add(FieldId::other, "X-Filler", ""));
  }
  EXPECT_FALSE(HeadersPolicy::change({{{"X-One-More", "1"}}, {}}, fields));
}

}  // namespace
}  // namespace gatehouse
