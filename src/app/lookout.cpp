#include "app/lookout.h"

#include <fmt/format.h>

#include "events/sequencer.h"
#include "gateway/gate.h"
#include "store/store.h"

namespace gatehouse {

Sight sight_of(const Gate& gate, const Sequencer& sequencer, const Store* store) {
  Sight sight;
  for (const WorkerMetrics* const worker : gate.metrics()) {
    for (std::size_t i = 0; i < Sight::kLimits.size(); ++i) {
      sight.limits[i] += worker->limits.of(Sight::kLimits[i]);
    }
    sight.undecided += worker->undecided.value();
  }
  sight.events_dropped = sequencer.events_dropped();
  sight.recorded = sequencer.counts().last_sequence;
  if (store != nullptr) {
    const StoreState state = store->state();
    if (state.is_open) sight.history = state.sequence;
  }
  return sight;
}

std::uint64_t Lookout::fresh(Told& told, std::uint64_t count, Monotonic now) {
  if (count <= told.count || now < told.again) return 0;
  const std::uint64_t more = count - told.count;
  told = {count, now + kSayEvery};
  return more;
}

std::vector<std::string> Lookout::look(const Sight& sight, Monotonic now) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < Sight::kLimits.size(); ++i) {
    if (const auto more = fresh(limits_[i], sight.limits[i], now); more != 0) {
      const auto limit = static_cast<std::size_t>(Sight::kLimits[i]);
      lines.push_back(
          fmt::format("the limit {} was reached, {} more times", LimitCounts::kNames[limit], more));
    }
  }
  if (const auto more = fresh(undecided_, sight.undecided, now); more != 0) {
    lines.push_back(fmt::format(
        "policies came to no answer for {} more requests; their `on_error` decided", more));
  }
  if (const auto more = fresh(dropped_, sight.events_dropped, now); more != 0) {
    lines.push_back(
        fmt::format("{} more events were dropped: the way to the journal was full", more));
  }
  look_at_history(sight, now, lines);
  return lines;
}

void Lookout::look_at_history(const Sight& sight, Monotonic now, std::vector<std::string>& lines) {
  const bool has_moved =
      !sight.history || sight.history != history_ || *sight.history >= sight.recorded;
  history_ = sight.history;
  if (has_moved) {
    if (is_still_ && sight.history) lines.emplace_back("the event history takes records again");
    moved_ = now;
    is_still_ = false;
  } else if (!is_still_ && now - moved_ >= kStill) {
    is_still_ = true;
    lines.push_back(fmt::format(
        "the event history stands still, {} records behind the journal, which keeps them for it",
        sight.recorded - *sight.history));
  }
}

}  // namespace gatehouse
