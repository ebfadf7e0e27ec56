// behavior/count_list: one feature's decayed counts of one entity: exact for few values, a sketch
// for the rest.
//
// Place    under every model at `self`. Written by committed deltas alone; read by a CountView.
// Holds    one slab block: a head of 16 bytes and the values in order, each in 8 bytes (values
//          below 256, counts below 2^28 units), 16 (counts below 2^32) or 24. What values and
//          counts are decides the form, nothing else: equal contents have equal bytes. Nothing is
//          held for nothing.
// Sketch   values beyond exact_max go to a count-min sketch (Cormode, Muthukrishnan 2005), of
//          3 × 64 cells, 1.5 or 3 KiB: linear, so it is merged and taken back exactly as the list
//          is. A value is in the list or in the sketch, never in both: it enters the list only
//          while the sketch counts none of it.
// Error    list: none beyond decay's. Sketch: never too few; too many by more than e/64 = 4.3% of
//          what the sketch holds with probability e^-3 = 5%. Number of values: the list's, and
//          those in the sketch by linear counting (Whang, Vander-Zanden, Taylor 1990) with a
//          standard error of 11% at 64 and 17% at 200; from about 300 on it stays at
//          kSketchDistinctMax.
// Late     units of the period before the newest still count, older ones are gone.
#pragma once

#include <cstdint>
#include <span>

#include "behavior/decay.h"
#include "behavior/delta.h"
#include "behavior/slab_pool.h"

namespace gatehouse {

inline constexpr std::size_t kCountListMax = 168;
inline constexpr std::uint32_t kSketchDistinctMax = 336;

// How a kind of model's values look.
struct CountShape {
  std::uint8_t exact_max = 32;    // values in the list; at most kCountListMax
  bool has_small_values = false;  // all below exact_max: there is never a sketch
};

enum class Lesson : std::int8_t { learn = 1, take_back = -1 };

// Applies rows of one feature; `root` is where the counts are, 0 for none.
void apply(SlabPool& pool, SlabPool::Handle& root, const CountShape& shape,
           std::span<const DeltaRow> rows, Lesson lesson);
void free_counts(SlabPool& pool, SlabPool::Handle& root);
std::size_t count_list_bytes(const SlabPool& pool, SlabPool::Handle root);

// Reads in place; lives until the counts are next applied to or freed.
class CountView {
 public:
  CountView(const SlabPool& pool, SlabPool::Handle root) : pool_(pool), root_(root) {}

  bool is_empty() const { return root_ == 0; }
  bool is_exact() const;
  std::uint32_t period() const;
  DecayCell<std::int64_t> cell(std::uint64_t value) const;
  // All that is in the list with first <= value <= last; the sketch is not asked.
  DecayCell<std::int64_t> between(std::uint64_t first, std::uint64_t last) const;
  DecayCell<std::int64_t> total() const;
  std::uint32_t distinct() const;

  struct Listed {
    std::uint64_t value = 0;
    DecayCell<std::int64_t> cell;
  };
  std::size_t listed() const;
  Listed listed(std::size_t index) const;  // in order of value

 private:
  const SlabPool& pool_;
  SlabPool::Handle root_;
};

}  // namespace gatehouse
