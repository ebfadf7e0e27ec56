// What is promised: rows leave by age and by size, the oldest first, and their room is used again.
#include "store/retention.h"

#include "store/store_testing.h"
#include "testing/manual_clock.h"

namespace gatehouse {
namespace {

using testing::Folder;
using testing::JournalWriter;
using testing::ManualClock;
using testing::OpenHistory;
using testing::second;

struct RetentionTest : ::testing::Test {
  RetentionTest() : journal(folder.journal()), history(folder, clock) {}
  Folder folder;
  ManualClock clock;
  JournalWriter journal;
  OpenHistory history;
};

constexpr std::int64_t kHourUs = 3'600'000'000;

TEST_F(RetentionTest, removes_what_is_too_old) {
  journal.requests(20'000);
  history.take_all();
  const RetentionLimits limits{.keep_us = kHourUs};
  EXPECT_EQ(retain_rows(*history.file, limits, second(10'000)).value(), 6'399U);
  EXPECT_EQ(history.number("SELECT min(sequence)::BIGINT FROM events"), 6'400U);
  EXPECT_EQ(retain_rows(*history.file, limits, second(10'000)).value(), 0U);
  EXPECT_EQ(retain_rows(*history.file, limits, second(10'010)).value(), 0U);  // not worth it yet
  EXPECT_EQ(retain_rows(*history.file, limits, second(100'000)).value(), 13'601U);
  EXPECT_EQ(history.rows(), 0U);
}

TEST_F(RetentionTest, has_nothing_to_do_without_rows) {
  EXPECT_EQ(retain_rows(*history.file, {.keep_us = 1, .keep_bytes = 1}, second(10)).value(), 0U);
}

TEST_F(RetentionTest, removes_the_oldest_beyond_its_size_and_uses_their_room_again) {
  const RetentionLimits limits{.keep_us = INT64_MAX / 2, .keep_bytes = 2 << 20};
  std::uint64_t removed = 0, most = 0;
  for (int i = 0; i < 8; ++i) {
    journal.requests(40'000);
    history.take_all();
    ASSERT_TRUE(history.file->duck().run("CHECKPOINT"));
    for (int j = 0; j < 8; ++j) {
      removed += retain_rows(*history.file, limits, second(400'000)).value();
    }
    most = std::max(most, history.file->used_bytes().value());
  }
  EXPECT_GT(removed, 0U);
  EXPECT_EQ(history.rows() + removed, 320'000U);
  EXPECT_EQ(history.number("SELECT max(sequence)::BIGINT FROM events"), 320'000U);
  EXPECT_EQ(history.number("SELECT min(sequence)::BIGINT FROM events"), removed + 1);
  EXPECT_LT(most, 8U << 20);
}

}  // namespace
}  // namespace gatehouse
