// behavior/delta: what a session has seen and nobody has learnt yet.
//
// Place    models are never written by events: an event adds rows here, scoring reads model and own
//          delta, and at its end the session's delta is committed, held or thrown away. The same
//          rows with units turned round take a lesson back to the last bit.
// Holds    rows of 24 bytes in order of (feature, value, period), in one slab block: units are what
//          decay gives for the event's own time, so a row means the same whenever it is applied.
// Full     at kDeltaRowsMax rows what would need another is left out and counted in overflow().
#pragma once

#include <cstdint>
#include <span>

#include "behavior/decay.h"
#include "behavior/slab_pool.h"

namespace gatehouse {

// A feature's place in the engine's table of features: from content, so the same for the same
// content.
using FeatureId = std::uint16_t;

struct DeltaRow {
  std::uint64_t value = 0;
  std::int64_t units = 0;
  std::uint32_t period = 0;
  FeatureId feature = 0;
  std::uint16_t spare = 0;

  bool operator==(const DeltaRow&) const = default;
};

inline constexpr std::size_t kDeltaRowsMax = 256;

// A resource of the pool: whoever holds it calls clear() before it is forgotten.
class Delta {
 public:
  // False when it is full: then nothing was added.
  bool add(SlabPool& pool, FeatureId feature, std::uint64_t value, const DecayMoment& when);
  void clear(SlabPool& pool);

  std::span<const DeltaRow> rows(const SlabPool& pool) const;
  // The rows of one feature, in order of value and period.
  std::span<const DeltaRow> rows(const SlabPool& pool, FeatureId feature) const;

  std::uint32_t overflow() const { return overflow_; }

 private:
  std::span<DeltaRow> all(SlabPool& pool);
  void grow(SlabPool& pool);

  SlabPool::Handle at_ = 0;
  std::uint16_t size_ = 0;
  std::uint16_t room_ = 0;
  std::uint32_t overflow_ = 0;
};

}  // namespace gatehouse
