// events/event_json: a record as one line of JSON with the names of the Elastic Common Schema.
//
// Place    the edges only: the admin API, `gatehouse events`, exports. What ECS has no word for
//          stands under "gatehouse". Absent is left out. Bytes that are no UTF-8 become U+FFFD.
#pragma once

#include <string>

#include "events/event.h"

namespace gatehouse {

// Without a line end.
std::string to_json(const EventView& event);

// "2026-11-24T21:45:34.000123Z"; years outside 0 to 9999 become their nearest end.
std::string time_text(std::int64_t us);
// 32 lower-case hex digits, the high half first.
std::string id_text(const RequestId& id);

}  // namespace gatehouse
