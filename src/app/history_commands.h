// app/history_commands: asks the event history: the running gate, or the file itself when none
// runs.
//
// Place    `gatehouse events` with all but --follow, which reads the journal (journal_commands).
// Pages    are asked for one after the other, so that neither side holds a long answer whole.
#pragma once

#include <string>
#include <string_view>

#include "app/event_printer.h"
#include "app/gate_commands.h"
#include "config/store_config.h"
#include "store/question.h"
#include "store/store_options.h"

namespace gatehouse {

struct EventsRequest {
  HistoryQuestion question;  // without limit, last and after
  std::uint64_t limit = 0;   // 0: all
  EventsOutput output = EventsOutput::ndjson;
};

int print_history(const GatePlace& place, const EventsRequest& request);
// Says what is wrong with a filter, which is marked in its text.
int complain_of_filter(const Error& error, std::string_view filter);

// How the store of this folder is opened; for the gate and for the command line.
StoreOptions history_options(const StoreConfig& config, const std::string& folder);

}  // namespace gatehouse
