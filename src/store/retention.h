// store/retention: keeps the event history to its age and size.
//
// Place    the store's thread, between two turns of the feeder.
// Age      rows older than the limit go, a part of a day at a time.
// Size     when more of the file is in use than may be, the oldest rows go, as many as make up what
//          is over and a tenth; the space is used again, and given back where it lies at the end.
#pragma once

#include <cstdint>

#include "base/error.h"
#include "store/history_file.h"
#include "store/store_options.h"

namespace gatehouse {

// How many rows went.
[[nodiscard]] Result<std::uint64_t> retain_rows(HistoryFile& file, const RetentionLimits& limits,
                                                std::int64_t now_us);

}  // namespace gatehouse
