#include "behavior/models/pace.h"

#include <algorithm>

namespace gatehouse {

EndedWindow count_in(PaceWindow& window, std::int64_t window_us, std::int64_t at_us) {
  const auto number = static_cast<std::uint32_t>(std::max<std::int64_t>(at_us, 0) / window_us);
  if (window.count > 0 && number < window.number) return {};
  EndedWindow ended;
  if (number != window.number) {
    ended = end_window(window, window_us);
    window.number = number;
  }
  if (window.count < UINT32_MAX) ++window.count;
  return ended;
}

EndedWindow end_window(PaceWindow& window, std::int64_t window_us) {
  const EndedWindow ended{window.count, (std::int64_t{window.number} + 1) * window_us};
  window.count = 0;
  return ended;
}

bool note_window(SlabPool& pool, Delta& delta, FeatureId feature, const EndedWindow& ended,
                 const Decay& decay) {
  if (ended.count == 0) return true;
  return delta.add(pool, feature, bucket_of(ended.count), decay.at(ended.end_us));
}

}  // namespace gatehouse
