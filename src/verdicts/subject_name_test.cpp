// What is promised: what a person writes is the subject that the gate asks for, in one spelling;
// what is none is told.
#include "verdicts/subject_name.h"

namespace gatehouse {
namespace {

constexpr HashKey kKey{{1, 2, 3}};

std::string read(std::string_view text) {
  const auto subject = parse_subject(text, kKey);
  return subject ? subject->name : subject.error().what;
}

TEST(SubjectName, is_hashed_as_the_gate_hashes_it) {
  EXPECT_EQ(parse_subject("address:203.0.113.7", kKey)->subject,
            (VerdictSubject{SubjectKind::address,
                            stable_hash(kKey, SubjectKind::address, "203.0.113.7")}));
  EXPECT_EQ(parse_subject("user:a:b", kKey)->subject,
            (VerdictSubject{SubjectKind::user, stable_hash(kKey, SubjectKind::user, "a:b")}));
  EXPECT_EQ(parse_subject("token:000000000000000a0000000000000001", kKey)->subject,
            (VerdictSubject{SubjectKind::token, {1, 10}}));
}

TEST(SubjectName, has_one_spelling) {
  EXPECT_EQ(read("address:::ffff:203.0.113.7"), "address:203.0.113.7");
  EXPECT_EQ(read("address:2001:DB8:0:0::1"), "address:2001:db8::1");
  EXPECT_EQ(read("app:iOS"), "app:iOS");
  EXPECT_EQ(read("token:000000000000000A0000000000000001"),
            "token:000000000000000a0000000000000001");
}

TEST(SubjectName, a_hash_names_any_kind) {
  const auto subject = parse_subject("user:#000000000000000a0000000000000001", kKey);
  EXPECT_EQ(subject->subject, (VerdictSubject{SubjectKind::user, {1, 10}}));
  EXPECT_EQ(subject->name, "user:#000000000000000a0000000000000001");
  EXPECT_EQ(hash_name(subject->subject), subject->name);
}

TEST(SubjectName, tells_what_can_not_be_read) {
  EXPECT_EQ(read("203.0.113.7"), "`203.0.113.7` names no subject");
  EXPECT_EQ(read("host:a"), "`host:a` names no subject");
  EXPECT_EQ(read("address:203.0.113"), "`203.0.113` is no address");
  EXPECT_EQ(read("token:12"), "a token is named by its digest of 32 hex digits, as events show it");
  EXPECT_EQ(read("user:#12"), "what follows `#` is not a hash of 32 hex digits");
  const std::string bad =
      "the subject's name is empty, longer than 200 bytes, or not to be printed";
  EXPECT_EQ(read("user:"), bad);
  EXPECT_EQ(read("user:a\nb"), bad);
  EXPECT_EQ(read("user:" + std::string(196, 'a')), bad);
  EXPECT_EQ(parse_subject("x", kKey).error().code, "E0904");
}

}  // namespace
}  // namespace gatehouse
