// Promised here: fields are found in any case, keep their order, and a list never outgrows its
// limit.
#include "http/message.h"

#include <string>

#include "http/stream.h"

namespace gatehouse {
namespace {

TEST(FieldId, is_found_for_every_name_in_any_case) {
  for (int i = 1; i <= static_cast<int>(FieldId::x_request_id); ++i) {
    const FieldId id = static_cast<FieldId>(i);
    std::string name(name_of(id));
    ASSERT_FALSE(name.empty()) << i;
    EXPECT_EQ(field_id(name), id) << name;
    for (char& c : name) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    EXPECT_EQ(field_id(name), id) << name;
  }
}

TEST(FieldId, is_other_for_what_only_resembles_a_name) {
  for (const char* name :
       {"", "hos", "hosts", "x_forwarded_for", "x\rforwarded-for", "content\rlength",
        "content-lengt\xc8", "cookie2", "\0ost", "proxy-authorization-and-more"}) {
    EXPECT_EQ(field_id(name), FieldId::other) << name;
  }
}

TEST(FieldList, keeps_the_order_when_some_are_removed) {
  Arena arena;
  FieldList fields(arena);
  for (const char* name : {"A", "cookie", "B", "Cookie", "C"}) {
    ASSERT_TRUE(fields.add(field_id(name), name, "1"));
  }
  fields.remove(FieldId::cookie);
  fields.remove("b");
  std::string names;
  for (const Field& field : fields) names += field.name;
  EXPECT_EQ(names, "AC");
}

TEST(FieldList, finds_the_first_of_several_and_nothing_where_nothing_is) {
  Arena arena;
  FieldList fields(arena);
  EXPECT_EQ(fields.find(FieldId::host), nullptr);
  EXPECT_EQ(fields.find("host"), nullptr);
  fields.remove("host");
  ASSERT_TRUE(fields.add(FieldId::other, "X-A", "1"));
  ASSERT_TRUE(fields.add(FieldId::other, "x-a", "2"));
  ASSERT_NE(fields.find("x-A"), nullptr);
  EXPECT_EQ(fields.find("x-A")->value, "1");
  EXPECT_EQ(fields.value(FieldId::host), "");
}

TEST(FieldList, refuses_the_field_that_is_one_too_many) {
  Arena arena;
  FieldList fields(arena);
  for (std::size_t i = 0; i < FieldList::kFieldsMax; ++i) {
    ASSERT_TRUE(fields.add(FieldId::other, "a", "b")) << i;
  }
  EXPECT_FALSE(fields.add(FieldId::other, "a", "b"));
  EXPECT_EQ(fields.size(), FieldList::kFieldsMax);
}

TEST(FieldList, refuses_when_the_arena_is_full) {
  Arena arena;
  while (arena.take(4096) != nullptr) {
  }
  while (arena.take(16) != nullptr) {
  }
  FieldList fields(arena);
  EXPECT_FALSE(fields.add(FieldId::other, "a", "b"));
}

TEST(Method, names_are_case_sensitive) {
  EXPECT_EQ(method_of("GET"), Method::get);
  EXPECT_EQ(method_of("DELETE"), Method::del);
  EXPECT_EQ(method_of("CONNECT"), Method::connect);
  EXPECT_EQ(method_of("get"), Method::other);
  EXPECT_EQ(method_of(""), Method::other);
  EXPECT_EQ(method_of("PROPFIND"), Method::other);
}

TEST(Method, those_of_rfc9110_9_2_2_are_idempotent) {
  for (const char* name : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"}) {
    EXPECT_TRUE(is_idempotent(method_of(name))) << name;
  }
  for (const char* name : {"POST", "PATCH", "CONNECT", "PROPFIND"}) {
    EXPECT_FALSE(is_idempotent(method_of(name))) << name;
  }
}

TEST(EqualsIgnoringCase, folds_letters_and_nothing_else) {
  EXPECT_TRUE(equals_ignoring_case("Keep-Alive", "kEEP-aLIVE"));
  EXPECT_FALSE(equals_ignoring_case("a", "ab"));
  EXPECT_FALSE(equals_ignoring_case("[", "{"));
  EXPECT_FALSE(equals_ignoring_case("-", "\r"));
  EXPECT_FALSE(equals_ignoring_case("\xc4", "\xe4"));
}

TEST(StreamError, each_has_words_of_its_own) {
  EXPECT_EQ(to_text(StreamError::none), "none");
  EXPECT_EQ(to_text(StreamError::aborted), "aborted");
}

}  // namespace
}  // namespace gatehouse
