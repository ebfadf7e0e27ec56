// behavior/evidence: what one scope (self, a group of peers, all) knows of one value.
//
// Place    models read a CountSource and give Evidence; surprise weighs the Evidence of three
//          scopes. SelfCounts reads what was learnt and the session's own delta together,
//          GroupCounts what a group's table showed at the last closed epoch.
// Error    each sum is rounded down by at most 2^-16 of an event for each of its parts.
#pragma once

#include <cstdint>
#include <span>

#include "base/fixed_math.h"
#include "behavior/count_list.h"
#include "behavior/count_table.h"
#include "behavior/decay.h"

namespace gatehouse {

struct Evidence {
  Weight count;                // how often this value was seen
  Weight total;                // how often any
  std::uint32_t distinct = 0;  // how many different ones; 0: the model has no new values
  // What the value's share would be if nobody had seen anything.
  Share base = {Share::kOne};
};

class CountSource {
 public:
  virtual ~CountSource() = default;
  virtual Weight count(std::uint64_t value) const = 0;
  // For models whose values are small numbers: all with first <= value <= last.
  virtual Weight between(std::uint64_t first, std::uint64_t last) const = 0;
  virtual Weight total() const = 0;
  virtual std::uint32_t distinct() const = 0;
};

class SelfCounts final : public CountSource {
 public:
  // `own`: the delta's rows of the same feature.
  SelfCounts(CountView learnt, std::span<const DeltaRow> own, const DecayMoment& now)
      : learnt_(learnt), own_(own), now_(now) {}

  Weight count(std::uint64_t value) const override;
  Weight between(std::uint64_t first, std::uint64_t last) const override;
  Weight total() const override;
  std::uint32_t distinct() const override;

 private:
  CountView learnt_;
  std::span<const DeltaRow> own_;
  DecayMoment now_;
};

class GroupCounts final : public CountSource {
 public:
  // Of no table it knows nothing.
  GroupCounts(const CountTable* table, const DecayMoment& now) : table_(table), now_(now) {}

  Weight count(std::uint64_t value) const override;
  Weight between(std::uint64_t first, std::uint64_t last) const override;
  Weight total() const override;
  std::uint32_t distinct() const override;

 private:
  const CountTable* table_;
  DecayMoment now_;
};

}  // namespace gatehouse
