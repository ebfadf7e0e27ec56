// behavior/models/distinct: how many different values somebody touches in a window of time.
//
// Reads    one text's keyed hash: accounts tried, paths asked for.
// Learns   as pace does: when a window ends, one event of its number's bucket.
// Facts    how many learnt windows had at least as many; and the open one's number.
// Memory   of an open window: 16 bytes and a block: the exact values while they are at most 32 (32
//          to 272 bytes), then HyperLogLog with 256 registers (272 bytes; Flajolet, Fusy, Gandouet,
//          Meunier 2007), below 640 by linear counting of its empty registers.
// Error    none up to 32; then a standard error of 1.04/16 = 6.5%. Integers throughout, and the
//          order of values makes no difference.
#pragma once

#include <cstdint>

#include "behavior/models/pace.h"
#include "behavior/slab_pool.h"

namespace gatehouse {

inline constexpr std::uint32_t kDistinctExactMax = 32;

// A resource of the pool: ended by end_distinct() before it is forgotten.
struct DistinctWindow {
  std::uint32_t number = 0;
  SlabPool::Handle at = 0;
  std::uint16_t size = 0;   // of the exact list
  std::uint16_t bytes = 0;  // of the block
  bool is_sketch = false;
};

// Adds a value at `at_us`; the window that ended by it, with its number of values.
EndedWindow add_distinct(SlabPool& pool, DistinctWindow& window, std::int64_t window_us,
                         std::int64_t at_us, std::uint64_t value);
EndedWindow end_distinct(SlabPool& pool, DistinctWindow& window, std::int64_t window_us);
std::uint32_t distinct_in(const SlabPool& pool, const DistinctWindow& window);

}  // namespace gatehouse
