// store/question: a question to the event history in words, as the command line and the admin's
// page take it.
//
//   since, until  an age (`1h`), a time (`2026-11-24`, `2026-11-24T21:45:34Z`, `+08:00` for an
//                 offset) or, for since, the number of a record
//   group_by      names of fields with commas between
//   limit         rows of the answer; last: rows to count back from the end
//   after         what the answer before gave as its next page
//   all           1: records of every kind, not only requests that ended
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "store/query.h"

namespace gatehouse {

struct HistoryQuestion {
  std::string filter = {}, since = {}, until = {}, group_by = {};
  std::string limit = {}, last = {}, after = {}, all = {};
};

// E0807 says which word is wrong. Without since, after and last: the last `limit` rows.
[[nodiscard]] Result<HistoryQuery> read_question(const HistoryQuestion& question,
                                                 std::int64_t now_us);

// "a=1&b=2", percent-encoded.
std::string to_target_query(const HistoryQuestion& question);
[[nodiscard]] Result<HistoryQuestion> parse_target_query(std::string_view query);

std::optional<std::int64_t> parse_time(std::string_view text);

}  // namespace gatehouse
