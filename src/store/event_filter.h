// store/event_filter: a filter of events, asked of one record at a time without a database.
//
// Place    `gatehouse events FILTER --follow`, which reads the journal as it grows.
// Means    what store/filter means in SQL, and takes and refuses the same filters.
// Holds    the program and an arena, emptied for each record.
#pragma once

#include <memory>
#include <string_view>

#include "base/arena.h"
#include "base/error.h"
#include "events/event.h"
#include "expr/program.h"
#include "store/filter_names.h"

namespace gatehouse {

class EventFilter {
 public:
  // E0807, as store/filter says it.
  [[nodiscard]] static Result<std::unique_ptr<EventFilter>> read(std::string_view text);

  // A filter that comes to no answer chooses nothing.
  bool chooses(const EventView& event);

 private:
  EventFilter(FilterNames names, Program program)
      : names_(std::move(names)), program_(std::move(program)) {}

  const FilterNames names_;
  const Program program_;
  Arena arena_;
};

}  // namespace gatehouse
