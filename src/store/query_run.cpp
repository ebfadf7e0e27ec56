#include "store/query_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "events/event_json.h"
#include "store/columns.h"
#include "store/event_row.h"
#include "store/filter.h"

namespace gatehouse {
namespace {

constexpr std::size_t kLinesBytesMax = 32 << 20;

// A condition and the values that its $n are bound to.
struct Where {
  std::string sql = "true";
  std::vector<SqlValue> values;

  // `text` has {} where the value's number belongs.
  void add(std::string_view text, SqlValue value) {
    values.push_back(std::move(value));
    sql += " AND " + fmt::format(fmt::runtime(text), fmt::format("${}", values.size()));
  }
};

Where where_of(const HistoryQuery& query, const HistoryPosition& now) {
  Where where;
  if (!query.all_kinds) where.sql += " AND kind = 'final'";
  if (query.since_us) where.add("at_time >= {}", Timestamp{*query.since_us});
  if (query.until_us) where.add("at_time < {}", Timestamp{*query.until_us});
  if (query.since_sequence != 0) {
    where.add("epoch = {}", std::uint64_t{now.epoch});
    where.add("sequence >= {}", query.since_sequence);
  }
  return where;
}

// Within one epoch the bounds of the column `sequence` spare most of the table.
void add_after(Where& where, const HistoryCursor& after, const HistoryPosition& now) {
  if (after.epoch == now.epoch) {
    where.add("epoch = {}", std::uint64_t{after.epoch});
    where.add("sequence > {}", after.sequence);
    return;
  }
  where.add("epoch >= {}", std::uint64_t{after.epoch});
  where.add("(epoch, sequence) > (" + std::to_string(after.epoch) + ", {})", after.sequence);
}

// The row before the last `count` ones, looked for in ever larger ends of the table; nothing when
// there are not so many.
Result<std::optional<HistoryCursor>> before_last(std::uint64_t count, const Where& where,
                                                 const HistoryPosition& now, Duck& duck,
                                                 const StopAsked& stop) {
  const std::string sql =
      "SELECT epoch, sequence FROM events WHERE {} "
      "ORDER BY epoch DESC, sequence DESC LIMIT 1 OFFSET {}";
  for (std::uint64_t back = std::max<std::uint64_t>(50'000, count * 4); back < now.sequence;
       back *= 16) {
    Where end = where;
    add_after(end, {now.epoch, now.sequence - back}, now);
    GH_TRY(auto rows, duck.ask(fmt::format(fmt::runtime(sql), end.sql, count), end.values, stop));
    if (rows->next()) {
      return HistoryCursor{rows->number<std::uint32_t>(0), rows->number<std::uint64_t>(1)};
    }
  }
  GH_TRY(auto rows, duck.ask(fmt::format(fmt::runtime(sql), where.sql, count), where.values, stop));
  if (!rows->next()) return std::optional<HistoryCursor>{};
  return HistoryCursor{rows->number<std::uint32_t>(0), rows->number<std::uint64_t>(1)};
}

// No ORDER BY: rows lie in the order in which they were taken, one thread keeps it, and so the scan
// ends as soon as there are enough.
Result<HistoryRows> run_rows(const HistoryQuery& query, Where where, HistoryFile& file,
                             const StopAsked& stop) {
  std::optional<HistoryCursor> after = query.after;
  if (!after && query.last != 0) {
    GH_TRY(after, before_last(query.last, where, file.position(), file.duck(), stop));
  }
  if (after) add_after(where, *after, file.position());
  const std::string sql =
      fmt::format("SELECT {} FROM events WHERE {} LIMIT {}", row_columns(), where.sql, query.limit);
  GH_TRY(auto rows, file.duck().ask(sql, where.values, stop));
  HistoryRows found;
  HistoryCursor last;
  while (found.lines.size() < kLinesBytesMax && rows->next()) {
    found.lines += row_json(*rows);
    found.lines += '\n';
    last = row_cursor(*rows);
    ++found.count;
  }
  if (found.count == query.limit || found.lines.size() >= kLinesBytesMax) found.next = last;
  return found;
}

std::string expression(const Column& column) {
  if (column.factor == 1) return std::string(column.sql);
  return fmt::format("{} * {}", column.sql, column.factor);
}

nlohmann::ordered_json group_value(const DuckRows& rows, std::size_t at, const Column& column) {
  if (rows.is_null(at)) return nullptr;
  switch (column.kind) {
    case ColumnType::text:
    case ColumnType::bytes:
      return rows.text(at);
    case ColumnType::number:
      return rows.number<std::uint64_t>(at);
    case ColumnType::truth:
      return rows.number<bool>(at);
    case ColumnType::time:
      return time_text(rows.number<std::int64_t>(at));
    case ColumnType::id: {
      const auto id = rows.number<duckdb_uhugeint>(at);
      return id_text({id.lower, id.upper});
    }
  }
  return nullptr;
}

Result<HistoryRows> run_groups(const HistoryQuery& query, const Where& where, HistoryFile& file,
                               const StopAsked& stop) {
  std::vector<const Column*> columns;
  std::string select, order;
  for (const std::string& name : query.group_by) {
    const Column* const column = find_column(name);
    columns.push_back(column);
    // Numbers of every width come back as one.
    select += column->kind == ColumnType::number
                  ? fmt::format("CAST({} AS UBIGINT), ", expression(*column))
                  : expression(*column) + ", ";
    order += fmt::format(", {}", columns.size());
  }
  const std::string sql = fmt::format(
      "SELECT {}count(*) AS found FROM events WHERE {} GROUP BY ALL "
      "ORDER BY found DESC{} LIMIT {}",
      select, where.sql, order, query.limit);
  GH_TRY(auto rows, file.duck().ask(sql, where.values, stop));
  HistoryRows found;
  while (rows->next()) {
    nlohmann::ordered_json json;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      json[query.group_by[i]] = group_value(*rows, i, *columns[i]);
    }
    json["count"] = rows->number<std::int64_t>(columns.size());
    found.lines += json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
    ++found.count;
  }
  return found;
}

}  // namespace

Result<HistoryRows> run_query(const HistoryQuery& query, HistoryFile& file, const StopAsked& stop) {
  if (Status good = check_query(query); !good) return fail(std::move(good).error());
  Where where = where_of(query, file.position());
  if (!query.filter.empty()) {
    GH_TRY(const std::string chosen, filter_sql(query.filter, where.values));
    where.sql += " AND " + chosen;
  }
  if (!query.group_by.empty()) return run_groups(query, where, file, stop);
  return run_rows(query, std::move(where), file, stop);
}

}  // namespace gatehouse
