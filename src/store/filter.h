// store/filter: an expression over the fields of events, said in SQL.
//
// Place    query_run puts it behind the other conditions of a question.
// Names    those of store/filter_names.
// Absent   a value that isn't there is NULL; SQL's three values pass through `&&`, `||` and `!` as
//          the language's errors do, so a row without the value is chosen only by what asks has().
// Safety   the SQL holds names of ours and $n alone; every constant is a bound value.
// Errors   E0807 with the place in the text: what is no expression, what is no condition, and what
//          the database can't be asked (maps, macros, conversions).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "store/duck.h"

namespace gatehouse {

// A condition; its constants are added to `values`, and $n counts from those that are there.
[[nodiscard]] Result<std::string> filter_sql(std::string_view filter,
                                             std::vector<SqlValue>& values);

}  // namespace gatehouse
