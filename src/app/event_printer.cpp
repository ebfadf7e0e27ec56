#include "app/event_printer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/terminal.h"
#include "store/columns.h"

namespace gatehouse {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& value) {
  if (value.is_null()) return {};
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// The value at "a.b.c", or under that whole name as groups have it; empty when there is none.
std::string field(const Json& json, std::string_view name) {
  if (const auto whole = json.find(name); whole != json.end()) return text_of(*whole);
  const Json* at = &json;
  while (!name.empty()) {
    const std::string_view step = name.substr(0, name.find('.'));
    if (!at->is_object()) return {};
    const auto found = at->find(step);
    if (found == at->end()) return {};
    at = &*found;
    name.remove_prefix(std::min(name.size(), step.size() + 1));
  }
  return text_of(*at);
}

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

std::string joined(const std::vector<std::string>& texts) {
  std::string line;
  for (const std::string& text : texts) line += (&text == texts.data() ? "" : ",") + quoted(text);
  return line + "\r\n";
}

std::vector<std::string> event_columns() {
  std::vector<std::string> names;
  for (const Column& one : all_columns()) {
    if (!one.name.empty()) names.emplace_back(one.name);
  }
  return names;
}

std::string table_row(const Json& event) {
  const std::string at = field(event, "@timestamp");
  const std::string action = field(event, "event.action");
  if (action != "final") {
    return fmt::format("{}  {:<15}  {} {}\n", at, action, printable(field(event, "gatehouse.name")),
                       printable(field(event, "gatehouse.detail")));
  }
  const Json duration = event.value(Json::json_pointer("/event/duration"), Json(0));
  const double ms = duration.is_number() ? duration.get<double>() / 1e6 : 0;
  return fmt::format(
      "{}  {:<15}  {:<7} {}{}  {}  {:.1f} ms  {} {}\n", at, printable(field(event, "client.ip")),
      printable(field(event, "http.request.method")), printable(field(event, "url.domain")),
      printable(field(event, "url.path")), field(event, "http.response.status_code"), ms,
      field(event, "gatehouse.outcome"), printable(field(event, "error.code")));
}

}  // namespace

EventPrinter::EventPrinter(EventsOutput output, std::vector<std::string> groups)
    : output_(output), groups_(std::move(groups)) {}

bool EventPrinter::print(std::string_view lines) {
  if (output_ == EventsOutput::ndjson) return print_out(lines);
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    if (!print_line(line)) return false;
    is_first_ = false;
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
  }
  return true;
}

bool EventPrinter::print_line(std::string_view line) {
  switch (output_) {
    case EventsOutput::ndjson:
      return print_out(line) && print_out("\n");
    case EventsOutput::json:
      return print_out(is_first_ ? "[\n" : ",\n") && print_out(line);
    case EventsOutput::csv:
      return print_csv(line);
    case EventsOutput::table:
      return print_table(line);
  }
  return false;
}

bool EventPrinter::print_csv(std::string_view line) {
  std::vector<std::string> names = groups_;
  if (names.empty()) {
    names = event_columns();
  } else {
    names.emplace_back("count");
  }
  if (is_first_ && !print_out(joined(names))) return false;
  const Json json = Json::parse(line, nullptr, false);
  std::vector<std::string> row;
  for (const std::string& name : names) row.push_back(field(json, name));
  return print_out(joined(row));
}

bool EventPrinter::print_table(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  if (groups_.empty()) return print_out(table_row(json));
  std::vector<std::string> row;
  for (const std::string& name : groups_) {
    const std::string text = printable(field(json, name));
    row.push_back(text.empty() ? "-" : text);
  }
  row.push_back(field(json, "count"));
  rows_.push_back(std::move(row));
  return true;
}

bool EventPrinter::print_groups() {
  std::vector<std::string> head = groups_;
  head.emplace_back("count");
  rows_.insert(rows_.begin(), std::move(head));
  std::vector<std::size_t> widths(groups_.size() + 1);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows_) {
    std::string text;
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      text += fmt::format("{:<{}}  ", row[i], widths[i]);
    }
    if (!print_out(fmt::format("{}{:>{}}\n", text, row.back(), widths.back()))) return false;
  }
  return true;
}

bool EventPrinter::finish() {
  if (output_ == EventsOutput::json && !print_out(is_first_ ? "[]\n" : "\n]\n")) return false;
  if (output_ == EventsOutput::table && !groups_.empty() && !print_groups()) return false;
  return flush_out();
}

}  // namespace gatehouse
