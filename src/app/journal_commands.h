// app/journal_commands: reads the journal's files, whether or not a gate is writing them.
#pragma once

#include <cstdint>
#include <string>

#include "store/event_filter.h"

namespace gatehouse {

struct EventsQuestion {
  std::string journal;            // the folder
  std::uint64_t since = 0;        // the first number wanted; 0: from the oldest
  std::uint64_t limit = 0;        // with `since` the first ones, else the last ones; 0: all
  bool follow = false;            // and then what comes, until interrupted or nobody reads on
  EventFilter* filter = nullptr;  // else all
  bool all_kinds = false;         // else only ended requests
  bool as_table = false;          // else a line of JSON each
};

inline constexpr std::uint64_t kEventsLimitMax = 1'000'000;

int print_events(const EventsQuestion& question);

// What is in the journal, by kind, size and time.
int print_journal_stat(const std::string& folder, bool as_json);
// Reads every record: whole frames, rising numbers, time that never goes back. 1 if anything is
// wrong.
int verify_journal(const std::string& folder);

}  // namespace gatehouse
