// behavior/timers: when something falls due for an entity, in event time.
//
// Place    memory and scorer ask for a moment; whoever reads records takes what is due before each.
// Order    by time, then by the entity's hash and kind: never by who asked first.
// Holds    a heap of 32 bytes an entry. An entity may have several; its state knows which one
//          counts, and the others are passed over by whoever takes them.
// Full     it isn't: an entity asks anew only when its own earliest moment has come, or for an
//          earlier one.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "events/event.h"

namespace gatehouse {

class Timers {
 public:
  struct Due {
    std::int64_t at_us = 0;
    Subject subject;
  };

  void add(std::int64_t at_us, const Subject& subject);
  // The first that is due by then, taken out.
  std::optional<Due> take(std::int64_t now_us);

  std::size_t size() const { return heap_.size(); }
  std::size_t bytes() const { return heap_.capacity() * sizeof(Due); }

 private:
  static bool is_later(const Due& one, const Due& other);

  std::vector<Due> heap_;
};

}  // namespace gatehouse
