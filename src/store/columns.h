// store/columns: the one table of what a stored event has: its name outside, its column, its type.
//
// Place    the feeder writes by it, the schema is made from it, questions name it. Names are those
//          of the Elastic Common Schema, the same as in events/event_json; columns are ours and
//          never come from a question.
// Absent   a text that is empty and a number that says nothing (status 0, a port of a record that
//          is no request) are NULL.
// Change   a new column goes to the end of the table, and is added to a file that lacks it; a name
//          is never used again for something else.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "events/event.h"

namespace gatehouse {

enum class ColumnType : std::uint8_t { text, number, truth, time, id, bytes };

// In the table's order. The texts that are copied as they are follow behind.
enum class ColumnAt : std::uint8_t {
  epoch,
  sequence,
  at,
  kind,
  start,
  id,
  duration_us,
  upstream_us,
  request_bytes,
  response_bytes,
  count,
  worker,
  port,
  status,
  attempts,
  outcome,
  fault,
  truncated,
  decided,
  verified,
  sign_in,
  done,
  would,
  source_ip,
  client_ip,
  subjects,
  texts,
};
inline constexpr std::size_t kColumnsBeforeTexts = static_cast<std::size_t>(ColumnAt::texts);

struct Column {
  std::string_view name;         // "http.response.status_code"; empty: not for questions
  std::string_view sql;          // the column's own name
  std::string_view type;         // of SQL
  ColumnType kind;               // how a question compares it
  std::uint64_t factor = 1;      // what is stored, times this, is what `name` means
  EventText text = EventText{};  // of those that are copied as they are
};

std::span<const Column> all_columns();
// Nothing when there is no such name.
const Column* find_column(std::string_view name);
// The known name that is most like it; may be empty.
std::string_view column_near(std::string_view name);

}  // namespace gatehouse
