#include "behavior/timers.h"

#include <algorithm>
#include <tuple>

namespace gatehouse {

bool Timers::is_later(const Due& one, const Due& other) {
  const auto place = [](const Due& due) {
    return std::tuple(due.at_us, due.subject.hash.low, due.subject.hash.high, due.subject.kind);
  };
  return place(one) > place(other);
}

void Timers::add(std::int64_t at_us, const Subject& subject) {
  heap_.push_back({at_us, subject});
  std::ranges::push_heap(heap_, is_later);
}

std::optional<Timers::Due> Timers::take(std::int64_t now_us) {
  if (heap_.empty() || heap_.front().at_us > now_us) return std::nullopt;
  std::ranges::pop_heap(heap_, is_later);
  const Due due = heap_.back();
  heap_.pop_back();
  return due;
}

}  // namespace gatehouse
