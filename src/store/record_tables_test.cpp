// What is promised: what was committed is there, what was not is not; a verdict is copied once; the
// last word on a subject is what stands; a full disk refuses and spoils nothing.
#include "store/record_tables.h"

#include "store/store_testing.h"

namespace gatehouse {
namespace {

struct RecordTablesTest : ::testing::Test {
  RecordTables& tables() { return *opened; }

  HandVerdict verdict(std::uint64_t sequence, std::uint64_t of, std::string level,
                      std::int64_t until_us) {
    return {.sequence = sequence,
            .at_us = static_cast<std::int64_t>(sequence) * 10,
            .kind = SubjectKind::address,
            .hash = {of, 7},
            .subject = "address:192.0.2." + std::to_string(of),
            .level = std::move(level),
            .until_us = until_us,
            .reason = "it's so",
            .by = "ann"};
  }
  std::string standing(std::int64_t now_us, std::int64_t before_us = INT64_MAX) {
    std::string text;
    const auto rows = tables().standing(now_us, before_us).value();
    for (const HandVerdict& one : rows) {
      text += one.subject + " " + one.level + "\n";
    }
    return text;
  }

  std::unique_ptr<RecordTables> opened = RecordTables::open(":memory:").value();
};

TEST_F(RecordTablesTest, a_token_is_found_by_its_digest_alone) {
  const TokenRow made =
      tables()
          .add_token({.name = "it's", .scopes = "a b", .created_us = 5, .expires_us = 50}, "d1")
          .value();
  EXPECT_EQ(made.id, 1);
  EXPECT_EQ(tables().token_of("d1").value(), made);
  EXPECT_EQ(tables().token_of("d2").value(), std::nullopt);
  EXPECT_EQ(tables().add_token({}, "d1").error().code, "E0811");
  EXPECT_TRUE(tables().revoke_token(1, 20));
  EXPECT_TRUE(tables().revoke_token(1, 30));
  EXPECT_EQ(tables().token(1).value()->revoked_us, 20);
}

TEST_F(RecordTablesTest, a_token_stands_until_its_end) {
  const TokenRow token{.expires_us = 50};
  EXPECT_TRUE(token.stands(49));
  EXPECT_FALSE(token.stands(50));
  EXPECT_FALSE((TokenRow{.expires_us = 50, .revoked_us = 1}.stands(20)));
}

TEST_F(RecordTablesTest, what_is_not_committed_is_not_there) {
  {
    const auto transaction = tables().begin().value();
    ASSERT_TRUE(tables().add_audit({.at_us = 1, .who = "ann"}));
  }
  EXPECT_TRUE(tables().audit(0, 10).value().empty());
  const auto transaction = tables().begin().value();
  ASSERT_TRUE(tables().add_audit({.at_us = 1, .who = "ann"}));
  ASSERT_TRUE(transaction->commit());
  EXPECT_EQ(tables().audit(0, 10).value().size(), 1U);
}

TEST_F(RecordTablesTest, audit_pages_from_the_newest) {
  for (std::int64_t i = 1; i <= 5; ++i) EXPECT_EQ(tables().add_audit({.at_us = i}).value(), i);
  ASSERT_TRUE(tables().finish_audit(5, 201));
  const auto first = tables().audit(0, 2).value();
  EXPECT_EQ(first,
            (std::vector<AuditRow>{{.id = 5, .at_us = 5, .status = 201}, {.id = 4, .at_us = 4}}));
  EXPECT_EQ(tables().audit(4, 9).value().size(), 3U);
}

TEST_F(RecordTablesTest, a_verdict_is_copied_once_and_moves_the_position) {
  EXPECT_TRUE(tables().copy(verdict(3, 1, "block", 1000)).value());
  EXPECT_FALSE(tables().copy(verdict(3, 1, "block", 1000)).value());
  EXPECT_EQ(tables().position().value(), (JournalPosition{3, 30}));
  EXPECT_EQ(tables().verdicts(0, 0, 10).value(), std::vector{verdict(3, 1, "block", 1000)});
}

TEST_F(RecordTablesTest, the_last_word_on_a_subject_stands_until_its_end) {
  ASSERT_TRUE(tables().copy(verdict(1, 1, "block", 1000)));
  ASSERT_TRUE(tables().copy(verdict(2, 2, "block", 900)));
  ASSERT_TRUE(tables().copy(verdict(3, 1, "allow", 500)));
  ASSERT_TRUE(tables().copy(verdict(4, 2, "clear", 0)));
  EXPECT_EQ(standing(100), "address:192.0.2.1 allow\n");
  EXPECT_EQ(standing(499), "address:192.0.2.1 allow\n");
  EXPECT_EQ(standing(500), "");
  EXPECT_EQ(standing(100, 30), "address:192.0.2.2 block\naddress:192.0.2.1 block\n");
  EXPECT_EQ(tables().count_standing(100).value(), 1U);
}

TEST_F(RecordTablesTest, trimming_keeps_what_stands_and_brings_nothing_back) {
  ASSERT_TRUE(tables().copy(verdict(1, 1, "block", 1000)));
  ASSERT_TRUE(tables().copy(verdict(2, 2, "block", 1000)));
  ASSERT_TRUE(tables().copy(verdict(3, 2, "watch", 40)));
  for (std::uint64_t i = 4; i < 9; ++i) ASSERT_TRUE(tables().copy(verdict(i, 3, "clear", 0)));
  for (std::int64_t i = 0; i < 5; ++i) ASSERT_TRUE(tables().add_audit({.at_us = i}));
  ASSERT_TRUE(tables().trim(100, 2));
  EXPECT_EQ(standing(100), "address:192.0.2.1 block\n");
  EXPECT_EQ(tables().verdicts(0, 0, 100).value().size(), 3U);
  EXPECT_EQ(tables().audit(0, 100).value().size(), 2U);
  ASSERT_TRUE(tables().trim(RecordTables::kKeepUs + 85));
  EXPECT_EQ(tables().verdicts(0, 0, 100).value().size(), 0U);
}

TEST_F(RecordTablesTest, a_full_disk_refuses_and_spoils_nothing) {
  ASSERT_TRUE(tables().add_audit({.at_us = 1}));
  ASSERT_TRUE(tables().database().limit_pages(1));  // no more than there are
  const AuditRow large{.at_us = 2, .detail = std::string(100'000, 'x')};
  const auto refused = tables().add_audit(large);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "E0811");
  EXPECT_EQ(refused.error().what, "the disk of the records is full");
  EXPECT_EQ(tables().audit(0, 10).value().size(), 1U);
  ASSERT_TRUE(tables().database().limit_pages(1000));
  EXPECT_TRUE(tables().add_audit(large));
}

TEST_F(RecordTablesTest, a_newer_programs_file_is_left_alone) {
  const testing::Folder folder;
  const std::string path = folder.path() + "/records.sqlite";
  {
    const auto own = RecordTables::open(path).value();
    ASSERT_TRUE(own->database().run("PRAGMA user_version = 99"));
  }
  EXPECT_EQ(RecordTables::open(path).error().code, "E0813");
}

}  // namespace
}  // namespace gatehouse
