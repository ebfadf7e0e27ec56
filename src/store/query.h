// store/query: a question to the event history as a value, and the SQL that answers it.
//
// Place    the admin's page and the command line make it (store/question reads their words); it
//          travels as a message to the store, which plans and runs it.
// Safety   the SQL is made of constants and of names from store/columns; every value of a question
//          is bound. Rows are capped at kRowsMax and time at `time_ms`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace gatehouse {

// The place of a row; what comes behind it is the next page.
struct HistoryCursor {
  std::uint32_t epoch = 0;
  std::uint64_t sequence = 0;
  bool operator==(const HistoryCursor&) const = default;
};
std::string to_text(const HistoryCursor& cursor);  // "1:204"
std::optional<HistoryCursor> parse_cursor(std::string_view text);

struct HistoryQuery {
  static constexpr std::uint32_t kRowsMax = 5'000;      // of one answer
  static constexpr std::uint64_t kLastMax = 1'000'000;  // that may be counted back
  static constexpr std::uint32_t kGroupsMax = 10'000;   // rows of a grouping
  static constexpr std::size_t kGroupColumnsMax = 8;
  static constexpr std::size_t kFilterBytesMax = 8 * 1024;

  std::string filter = {};                    // of store/filter; empty: all
  std::optional<std::int64_t> since_us = {};  // from this time on
  std::optional<std::int64_t> until_us = {};  // before this time
  std::uint64_t since_sequence = 0;           // from this number on, of the journal as it is now
  bool all_kinds = false;                     // else requests that ended
  std::vector<std::string> group_by = {};     // ECS names; empty: rows
  std::uint64_t last = 0;  // begin so that this many rows are left; 0: at the first
  std::uint32_t limit = kRowsMax;
  std::optional<HistoryCursor> after = {};
  std::uint64_t seen = 0;  // the answer covers the journal up to this number
  std::uint32_t time_ms = 10'000;
  bool operator==(const HistoryQuery&) const = default;
};

// What is wrong with it, in its asker's words; E0807.
[[nodiscard]] Status check_query(const HistoryQuery& query);

std::string to_json(const HistoryQuery& query);
[[nodiscard]] Result<HistoryQuery> parse_query(std::string_view json);

}  // namespace gatehouse
