// store/query_run: answers a question from the database.
//
// Gives    lines of JSON: of rows as events/event_json writes them, of a grouping one object with a
//          key for each name and `count`.
// Order    rows as they were taken, which is that of their numbers; groups with the most first.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "store/duck.h"
#include "store/history_file.h"
#include "store/query.h"

namespace gatehouse {

struct HistoryRows {
  std::string lines;
  std::uint64_t count = 0;
  std::optional<HistoryCursor> next;  // where the next page begins; absent: there is none
};

[[nodiscard]] Result<HistoryRows> run_query(const HistoryQuery& query, HistoryFile& file,
                                            const StopAsked& stop);

}  // namespace gatehouse
