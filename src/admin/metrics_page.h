// admin/metrics_page: all that the program counts, as the one page that Prometheus reads.
//
// Place    app gathers the parts, the admin server asks for the page. Names follow the field's
//          conventions: `gatehouse_…_total`, `_seconds`, `_bytes`; labels come from the config or
//          from tables of ours, never from a request.
// Cost     reads of atomics and a few short locks; no worker is asked or stopped.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "admin/admin_view.h"
#include "behavior/engine.h"
#include "events/access_log.h"
#include "events/sequencer.h"
#include "gateway/gate.h"
#include "store/messages.h"
#include "verdicts/verdict_feed.h"

namespace gatehouse {

struct MetricSources {
  const Gate& gate;
  const Sequencer& sequencer;
  const Engine& engine;
  const VerdictFeed& verdicts;
  const StoreState* history;  // null: switched off
  const RecordsState& records;
  const AdminApiCounts& api;
  std::string_view version;
  std::string_view revision;
  std::int64_t started_us = 0;
  std::int64_t now_us = 0;
  std::optional<AccessLogCounts> access_log = {};  // absent: switched off
  std::uint64_t reloads_taken = 0;
  std::uint64_t reloads_refused = 0;
  bool last_reload_taken = true;
  std::int64_t last_reload_us = 0;  // when the config in force was taken
};

std::string metrics_page(const MetricSources& sources);

// What the system says of this process; zeros where it says nothing.
struct ProcessFigures {
  std::uint64_t resident_bytes = 0;
  std::uint64_t descriptors = 0;
  std::uint64_t threads = 0;
  std::uint64_t cpu_us = 0;
};
ProcessFigures process_figures();

}  // namespace gatehouse
