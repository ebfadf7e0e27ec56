// store/event_row: a row of the event history as the event that it was.
//
// Place    query_run selects row_columns() and asks for each row's JSON, which is that of
//          events/event_json: a row is made a record again, so that there is one such page only.
#pragma once

#include <string>

#include "store/duck.h"
#include "store/query.h"

namespace gatehouse {

// What to select, in the order that the rest expects.
std::string row_columns();
// Of the row where `rows` stands.
std::string row_json(const DuckRows& rows);
HistoryCursor row_cursor(const DuckRows& rows);

}  // namespace gatehouse
