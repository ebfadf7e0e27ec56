#include "store/event_row.h"

#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "events/event_json.h"
#include "store/columns.h"

namespace gatehouse {
namespace {

constexpr std::size_t at(ColumnAt column) { return static_cast<std::size_t>(column); }
constexpr std::size_t kSubjectBytes = 17;

template <class T>
T number(const DuckRows& rows, ColumnAt column) {
  return rows.is_null(at(column)) ? T{} : rows.number<T>(at(column));
}

template <class Enum>
Enum word(std::string_view text, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (to_text(static_cast<Enum>(i)) == text) return static_cast<Enum>(i);
  }
  return Enum{};
}

using Member = std::string_view RequestEvent::*;
constexpr std::pair<EventText, Member> kMembers[] = {
    {EventText::method, &RequestEvent::method},
    {EventText::scheme, &RequestEvent::scheme},
    {EventText::host, &RequestEvent::host},
    {EventText::route_pattern, &RequestEvent::route_pattern},
    {EventText::path, &RequestEvent::path},
    {EventText::query_names, &RequestEvent::query_names},
    {EventText::error_code, &RequestEvent::error_code},
    {EventText::api, &RequestEvent::api},
    {EventText::route, &RequestEvent::route},
    {EventText::upstream, &RequestEvent::upstream},
    {EventText::target, &RequestEvent::target},
    {EventText::http_version, &RequestEvent::http_version},
    {EventText::tls_version, &RequestEvent::tls_version},
    {EventText::user_agent, &RequestEvent::user_agent},
    {EventText::verdict_level, &RequestEvent::verdict_level},
    {EventText::verdict_reason, &RequestEvent::verdict_reason},
    {EventText::user, &RequestEvent::user},
    {EventText::app, &RequestEvent::app},
    {EventText::proof, &RequestEvent::proof},
    {EventText::credential, &RequestEvent::credential},
    {EventText::sign_in_user, &RequestEvent::sign_in_user},
};

std::vector<Subject> subjects_of(const DuckRows& rows) {
  const std::string_view bytes = rows.text(at(ColumnAt::subjects));
  std::vector<Subject> subjects;
  for (std::size_t from = 0; from + kSubjectBytes <= bytes.size(); from += kSubjectBytes) {
    Subject one;
    one.kind = static_cast<SubjectKind>(bytes[from]);
    std::memcpy(&one.hash.low, bytes.data() + from + 1, 8);
    std::memcpy(&one.hash.high, bytes.data() + from + 9, 8);
    subjects.push_back(one);
  }
  return subjects;
}

void put_texts(const DuckRows& rows, RequestEvent& event) {
  for (std::size_t i = kColumnsBeforeTexts; i < all_columns().size(); ++i) {
    for (const auto& [which, member] : kMembers) {
      if (which == all_columns()[i].text) event.*member = rows.text(i);
    }
  }
}

std::size_t encode_request(const DuckRows& rows, EventKind kind, std::span<char> into) {
  RequestEvent event;
  event.kind = kind;
  event.outcome = word<EventOutcome>(rows.text(at(ColumnAt::outcome)), 6);
  event.fault = word<EventFault>(rows.text(at(ColumnAt::fault)), 4);
  event.by_verdict = number<bool>(rows, ColumnAt::decided);
  event.verified = number<bool>(rows, ColumnAt::verified);
  event.sign_in = word<EventSignIn>(rows.text(at(ColumnAt::sign_in)), 3);
  event.done = word<EventAct>(rows.text(at(ColumnAt::done)), kEventActs);
  event.would = word<EventAct>(rows.text(at(ColumnAt::would)), kEventActs);
  const auto id = number<duckdb_uhugeint>(rows, ColumnAt::id);
  event.id = {id.lower, id.upper};
  event.start_us = number<std::int64_t>(rows, ColumnAt::start);
  event.duration_us = number<std::uint64_t>(rows, ColumnAt::duration_us);
  event.upstream_us = number<std::uint64_t>(rows, ColumnAt::upstream_us);
  event.request_bytes = number<std::uint64_t>(rows, ColumnAt::request_bytes);
  event.response_bytes = number<std::uint64_t>(rows, ColumnAt::response_bytes);
  event.worker = number<std::uint16_t>(rows, ColumnAt::worker);
  event.port = number<std::uint16_t>(rows, ColumnAt::port);
  event.status = number<std::uint16_t>(rows, ColumnAt::status);
  event.attempts = number<std::uint8_t>(rows, ColumnAt::attempts);
  event.client = rows.text(at(ColumnAt::source_ip));
  const std::string_view told = rows.text(at(ColumnAt::client_ip));
  if (told != event.client) event.forwarded = told;
  put_texts(rows, event);
  const std::vector<Subject> subjects = subjects_of(rows);
  event.subjects = subjects;
  return encode(event, into);
}

std::size_t encode_system(const DuckRows& rows, EventKind kind, std::span<char> into) {
  SystemEvent event;
  event.kind = kind;
  event.count = number<std::uint64_t>(rows, ColumnAt::count);
  for (std::size_t i = kColumnsBeforeTexts; i < all_columns().size(); ++i) {
    if (all_columns()[i].text == EventText::name) event.name = rows.text(i);
    if (all_columns()[i].text == EventText::detail) event.detail = rows.text(i);
    if (all_columns()[i].text == EventText::about) event.about = rows.text(i);
    if (all_columns()[i].text == EventText::by) event.by = rows.text(i);
  }
  const std::vector<Subject> subjects = subjects_of(rows);
  event.subjects = subjects;
  return encode(event, into);
}

}  // namespace

std::string row_columns() {
  std::string names;
  for (const Column& one : all_columns()) {
    if (!names.empty()) names += ", ";
    names += one.sql;
  }
  return names;
}

std::string row_json(const DuckRows& rows) {
  const auto kind = word<EventKind>(rows.text(at(ColumnAt::kind)), kEventKinds);
  const bool is_request =
      kind == EventKind::final || kind == EventKind::open || kind == EventKind::progress;
  std::array<char, kEventBytesMax> bytes;
  const std::size_t size =
      is_request ? encode_request(rows, kind, bytes) : encode_system(rows, kind, bytes);
  const std::span<char> record = std::span(bytes).first(size);
  stamp(record, number<std::uint64_t>(rows, ColumnAt::sequence),
        number<std::int64_t>(rows, ColumnAt::at));
  const auto view = EventView::parse(record);
  return view ? to_json(*view) : std::string("{}");
}

HistoryCursor row_cursor(const DuckRows& rows) {
  return {number<std::uint32_t>(rows, ColumnAt::epoch),
          number<std::uint64_t>(rows, ColumnAt::sequence)};
}

}  // namespace gatehouse
