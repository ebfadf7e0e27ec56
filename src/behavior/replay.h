// behavior/replay: journals read again, merged by event time, through a judge of their own.
//
// Place    `gatehouse replay` and tests. It never touches the live table: what comes out is counts
//          and digests, and whatever `on_change` does with the changes.
// Order    by time, then by the record's number, then by the place in the list. One journal
//          is therefore read in its own order, however its files are named.
// Same     as live: a judge that was fed the same records from the first one on, under the same
//          key, has the same digests. A live engine begins with what a restart left it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "behavior/judge.h"

namespace gatehouse {

// Gives record after record; each lives until the next is asked for.
using RecordSource = std::move_only_function<std::optional<EventView>()>;

// A journal's folder, or one of its files. E0701 when there is none.
[[nodiscard]] Result<RecordSource> record_source(const std::string& path);

struct ReplayFacts {
  std::uint64_t records = 0;
  std::uint64_t changes = 0;
  std::int64_t first_us = 0;
  std::int64_t last_us = 0;
  StableHash verdicts;
  ScorerDigests digests;
  JudgeCounts counts;
};

ReplayFacts replay(std::vector<RecordSource> sources, Judge& judge,
                   const std::function<void(const VerdictChange&)>& on_change = {});

}  // namespace gatehouse
