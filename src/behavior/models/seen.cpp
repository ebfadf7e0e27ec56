#include "behavior/models/seen.h"

namespace gatehouse {

std::uint64_t seen_value(const HashKey& key, std::string_view text) {
  return stable_hash(key, SubjectKind::none, text).low;
}

Evidence read_seen(const CountSource& counts, std::uint64_t value) {
  const std::uint32_t distinct = counts.distinct();
  return {.count = counts.count(value),
          .total = counts.total(),
          .distinct = distinct,
          .base = Share::of(1, std::uint64_t{distinct} + 1)};
}

}  // namespace gatehouse
