#include "store/columns.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/nearest.h"

namespace gatehouse {
namespace {

constexpr Column text(std::string_view name, std::string_view sql, EventText which) {
  return {name, sql, "VARCHAR", ColumnType::text, 1, which};
}

constexpr std::array kColumns = {
    Column{"", "epoch", "UINTEGER", ColumnType::number},
    Column{"event.sequence", "sequence", "UBIGINT", ColumnType::number},
    Column{"@timestamp", "at_time", "TIMESTAMP", ColumnType::time},
    Column{"event.action", "kind", "VARCHAR", ColumnType::text},
    Column{"event.start", "start_at", "TIMESTAMP", ColumnType::time},
    Column{"event.id", "id", "UHUGEINT", ColumnType::id},
    Column{"event.duration", "duration_us", "UBIGINT", ColumnType::number, 1000},
    Column{"gatehouse.upstream_us", "upstream_us", "UBIGINT", ColumnType::number},
    Column{"http.request.bytes", "request_bytes", "UBIGINT", ColumnType::number},
    Column{"http.response.bytes", "response_bytes", "UBIGINT", ColumnType::number},
    Column{"gatehouse.count", "records", "UBIGINT", ColumnType::number},
    Column{"gatehouse.worker", "worker", "USMALLINT", ColumnType::number},
    Column{"server.port", "port", "USMALLINT", ColumnType::number},
    Column{"http.response.status_code", "status", "USMALLINT", ColumnType::number},
    Column{"gatehouse.attempts", "attempts", "UTINYINT", ColumnType::number},
    Column{"gatehouse.outcome", "outcome", "VARCHAR", ColumnType::text},
    Column{"gatehouse.fault", "fault", "VARCHAR", ColumnType::text},
    Column{"gatehouse.truncated", "truncated", "BOOLEAN", ColumnType::truth},
    Column{"gatehouse.verdict.decided", "decided", "BOOLEAN", ColumnType::truth},
    Column{"gatehouse.credential.verified", "verified", "BOOLEAN", ColumnType::truth},
    Column{"gatehouse.sign_in.outcome", "sign_in", "VARCHAR", ColumnType::text},
    Column{"gatehouse.verdict.done", "verdict_done", "VARCHAR", ColumnType::text},
    Column{"gatehouse.verdict.would", "verdict_would", "VARCHAR", ColumnType::text},
    Column{"source.ip", "source_ip", "VARCHAR", ColumnType::text},
    Column{"client.ip", "client_ip", "VARCHAR", ColumnType::text},
    Column{"", "subjects", "BLOB", ColumnType::bytes},
    text("http.request.method", "method", EventText::method),
    text("url.scheme", "scheme", EventText::scheme),
    text("url.domain", "host", EventText::host),
    text("url.path", "path", EventText::path),
    text("http.version", "http_version", EventText::http_version),
    text("user_agent.original", "user_agent", EventText::user_agent),
    text("tls.version", "tls_version", EventText::tls_version),
    text("error.code", "error_code", EventText::error_code),
    text("gatehouse.route_pattern", "route_pattern", EventText::route_pattern),
    text("gatehouse.query_names", "query_names", EventText::query_names),
    text("gatehouse.api", "api", EventText::api),
    text("gatehouse.route", "route", EventText::route),
    text("gatehouse.upstream", "upstream", EventText::upstream),
    text("gatehouse.target", "target", EventText::target),
    text("gatehouse.verdict.level", "verdict_level", EventText::verdict_level),
    text("gatehouse.verdict.reason", "verdict_reason", EventText::verdict_reason),
    text("user.id", "user_id", EventText::user),
    text("gatehouse.app", "app", EventText::app),
    text("gatehouse.credential.kind", "credential_kind", EventText::proof),
    text("gatehouse.credential.hash", "credential_hash", EventText::credential),
    text("gatehouse.sign_in.user", "sign_in_user", EventText::sign_in_user),
    text("gatehouse.name", "name", EventText::name),
    text("gatehouse.detail", "detail", EventText::detail),
    text("gatehouse.about", "about", EventText::about),
    text("gatehouse.by", "by_whom", EventText::by),
};
static_assert(kColumns[static_cast<std::size_t>(ColumnAt::subjects)].sql == "subjects");
static_assert(kColumns[static_cast<std::size_t>(ColumnAt::status)].sql == "status");

}  // namespace

std::span<const Column> all_columns() { return kColumns; }

const Column* find_column(std::string_view name) {
  if (name.empty()) return nullptr;
  const auto* const found = std::find_if(kColumns.begin(), kColumns.end(),
                                         [&](const Column& one) { return one.name == name; });
  return found == kColumns.end() ? nullptr : found;
}

std::string_view column_near(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Column& one : kColumns) {
    if (!one.name.empty()) names.push_back(one.name);
  }
  return nearest(name, names);
}

}  // namespace gatehouse
