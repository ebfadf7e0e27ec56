// Promised: each code is unique and kebab-case, its row is whole and sensible, every stream error
// has an answer on either side, and the page shows them all.
#include "gateway/gate_error.h"

#include <algorithm>
#include <set>

namespace gatehouse {
namespace {

TEST(GateError, codes_are_unique_kebab_case_and_found_again) {
  std::set<std::string_view> seen;
  for (const GateErrorRow& row : gate_errors()) {
    EXPECT_TRUE(seen.insert(row.code).second) << row.code;
    EXPECT_TRUE(std::all_of(row.code.begin(), row.code.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || c == '-';
    })) << row.code;
    EXPECT_EQ(gate_error_of(row.code), row.error);
    EXPECT_EQ(&row_of(row.error), &row);
  }
  EXPECT_EQ(seen.size(), kGateErrorCount);
  EXPECT_EQ(gate_error_of("no-such-code"), std::nullopt);
}

TEST(GateError, rows_have_sentences_and_a_status_that_fits_the_fault) {
  for (const GateErrorRow& row : gate_errors()) {
    EXPECT_FALSE(row.title.empty()) << row.code;
    EXPECT_TRUE(row.cause.ends_with('.')) << row.code;
    EXPECT_TRUE(row.mend.ends_with('.')) << row.code;
    const bool server_status = row.status >= 500 && row.status != 501 && row.status != 505;
    EXPECT_EQ(server_status, row.fault != Fault::client) << row.code;
    if (row.status == 504) {  // a time-out is never tried again
      EXPECT_EQ(row.retry, Retry::no) << row.code;
    }
  }
}

TEST(GateError, a_broken_stream_is_the_fault_of_the_side_it_broke_on) {
  EXPECT_EQ(from(StreamError::closed, StreamSide::client), GateError::client_closed);
  EXPECT_EQ(from(StreamError::closed, StreamSide::upstream_head), GateError::upstream_closed);
  EXPECT_EQ(from(StreamError::too_large, StreamSide::client), GateError::body_too_large);
  EXPECT_EQ(from(StreamError::too_large, StreamSide::upstream_head),
            GateError::upstream_head_too_large);
  EXPECT_EQ(from(StreamError::timed_out_idle, StreamSide::upstream_head),
            GateError::upstream_first_byte_timeout);
  EXPECT_EQ(from(StreamError::timed_out_idle, StreamSide::upstream_body),
            GateError::upstream_idle_timeout);
  for (int i = 1; i < static_cast<int>(StreamError::aborted); ++i) {
    const auto error = static_cast<StreamError>(i);
    EXPECT_EQ(row_of(from(error, StreamSide::upstream_head)).fault, Fault::backend) << i;
  }
  EXPECT_EQ(from(StreamError::aborted, StreamSide::client), GateError::internal_error);
  EXPECT_EQ(from(StreamError::none, StreamSide::upstream_body), GateError::internal_error);
}

TEST(GateError, the_page_has_a_section_with_cause_and_mend_for_each) {
  const std::string page = docs_markdown();
  for (const GateErrorRow& row : gate_errors()) {
    EXPECT_NE(page.find("\n## " + std::string(row.code) + "\n"), std::string::npos) << row.code;
    EXPECT_NE(page.find(row.cause), std::string::npos) << row.code;
    EXPECT_NE(page.find(row.mend), std::string::npos) << row.code;
  }
}

}  // namespace
}  // namespace gatehouse
