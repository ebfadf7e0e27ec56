// app/event_printer: lines of JSON from the event history, in the form that was asked for.
//
// Forms    ndjson as they come; json: one array; csv: a head, then a row each (RFC 4180); table:
//          columns for a person, with control characters replaced.
// Columns  of events a fixed few in a table and all that can be asked for in csv; of groups their
//          own names and `count`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gatehouse {

enum class EventsOutput { table, json, ndjson, csv };

class EventPrinter {
 public:
  // `groups`: the names that were grouped by; empty: events.
  EventPrinter(EventsOutput output, std::vector<std::string> groups);

  // All false: nobody takes the output any more.
  bool print(std::string_view lines);
  bool finish();

 private:
  bool print_line(std::string_view line);
  bool print_csv(std::string_view line);
  bool print_table(std::string_view line);
  bool print_groups();

  const EventsOutput output_;
  const std::vector<std::string> groups_;
  std::vector<std::vector<std::string>> rows_;  // of groups, which are few: for their widths
  bool is_first_ = true;
};

}  // namespace gatehouse
