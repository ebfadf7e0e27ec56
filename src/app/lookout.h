// app/lookout: says in the log what else only counters would tell: limits that are full, events
// that were dropped, policies that came to no answer, a history that stands still.
//
// Place    the controlling thread asks it each kEvery; nothing of the request path knows of it.
// Says     each thing when it begins and then, while it goes on, once each kSayEvery with how often
//          it happened since.
// Leaves   to others what they say themselves: the journal, the access log, key sets, and a history
//          that fails rather than hangs.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "metrics/limit_counts.h"

namespace gatehouse {

class Gate;
class Sequencer;
class Store;

struct Sight {
  // Those at which something is full, rather than somebody late.
  static constexpr std::array kLimits{Limit::connections, Limit::connections_per_address,
                                      Limit::descriptors, Limit::rate_limit_keys};

  std::array<std::uint64_t, kLimits.size()> limits{};  // times that they were reached
  std::uint64_t undecided = 0;
  std::uint64_t events_dropped = 0;
  std::uint64_t recorded = 0;                 // last record of the journal
  std::optional<std::uint64_t> history = {};  // and of the event history, while it is open
};

Sight sight_of(const Gate& gate, const Sequencer& sequencer, const Store* store);

class Lookout {
 public:
  static constexpr std::chrono::seconds kEvery{1};
  static constexpr std::chrono::seconds kSayEvery{60};
  static constexpr std::chrono::seconds kStill{10};

  // Lines for the log.
  std::vector<std::string> look(const Sight& sight, Monotonic now);

 private:
  struct Told {
    std::uint64_t count = 0;
    Monotonic again{};
  };
  // How many are new, when it is time to say so; else 0.
  static std::uint64_t fresh(Told& told, std::uint64_t count, Monotonic now);
  void look_at_history(const Sight& sight, Monotonic now, std::vector<std::string>& lines);

  std::array<Told, Sight::kLimits.size()> limits_;
  Told undecided_;
  Told dropped_;
  std::optional<std::uint64_t> history_;
  Monotonic moved_{};  // when the history last took something, or had all
  bool is_still_ = false;
};

}  // namespace gatehouse
