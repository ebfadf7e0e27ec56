// behavior/models/pace: how much somebody does in a window of time.
//
// Reads    that something happened, and when. Windows stand on the clock: [n × length, (n+1) ×
//          length).
// Learns   when a window ends, one event of its count's bucket; windows without events are not
//          learnt, so it is the pace of being active.
// Facts    how many learnt windows had at least as much as the open one has by now.
// Late     what belongs to a window that has ended is not counted.
// Memory   8 bytes for each open window, 8 to 24 for each bucket that was ever reached.
#pragma once

#include <array>
#include <cstdint>

#include "behavior/decay.h"
#include "behavior/models/buckets.h"

namespace gatehouse {

// The lengths that come with the engine; any other does as well.
inline constexpr std::array<std::int64_t, 3> kPaceWindows = {10'000'000, 60'000'000, 3'600'000'000};

struct PaceWindow {
  std::uint32_t number = 0;
  std::uint32_t count = 0;
};

// A window that has ended; a count of 0: none has.
struct EndedWindow {
  std::uint32_t count = 0;
  std::int64_t end_us = 0;
};

// One more at `at_us`; the window that ended by it.
EndedWindow count_in(PaceWindow& window, std::int64_t window_us, std::int64_t at_us);
// Ends the open window, as a session's end does.
EndedWindow end_window(PaceWindow& window, std::int64_t window_us);

// Learns an ended window; nothing of none. False when the delta is full.
bool note_window(SlabPool& pool, Delta& delta, FeatureId feature, const EndedWindow& ended,
                 const Decay& decay);

}  // namespace gatehouse
