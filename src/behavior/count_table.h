// behavior/count_table: one feature's decayed counts over many entities, read as they stood at the
// last closed epoch.
//
// Place    one for each feature at `all`, and one for each feature and group of peers. Committed
//          deltas go into the open epoch; nobody reads them before close_epoch(), so a score never
//          depends on what others did within the same minute, nor on how many threads there are.
// Holds    values_max rows of 32 bytes in one flat table, at most 2/3 full. Rows of the open epoch
//          wait in a plain list.
// Error    distinct(): exact for the table, linear counting for the sketch (3% at 2,000), which
//          ends at 8,517.
// Full     values beyond values_max go to a count-min sketch of 4 × 1,024 cells (64 KiB), linear as
//          the table is: counts are never too few; too many by more than e/1024 = 0.27% of what the
//          sketch holds with probability e^-4 = 2%. A value is in one of both. When kWaitingMax
//          rows wait they are added up, and if that is not enough they are taken in before the
//          epoch ends, which is counted in early().
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "behavior/count_list.h"
#include "behavior/decay.h"
#include "behavior/delta.h"

namespace gatehouse {

class CountTable {
 public:
  static constexpr std::size_t kWaitingMax = 65'536;

  explicit CountTable(std::size_t values_max) : values_max_(values_max) {}

  // Rows of this table's feature, for the epoch that is open.
  void add(std::span<const DeltaRow> rows, Lesson lesson);
  void close_epoch();
  bool has_waiting() const { return !waiting_.empty(); }

  // As at the last close.
  std::uint32_t period() const { return period_; }
  DecayCell<std::int64_t> cell(std::uint64_t value) const;
  // Sums over the table; the sketch is not asked.
  DecayCell<std::int64_t> between(std::uint64_t first, std::uint64_t last) const;
  const DecayCell<std::int64_t>& total() const { return total_; }
  std::uint32_t distinct() const { return distinct_; }
  bool is_exact() const { return sketch_.empty(); }

  std::uint64_t early() const { return early_; }
  std::size_t bytes() const;

 private:
  struct Row {
    std::uint64_t value = 0;
    DecayCell<std::int64_t> cell;
    bool is_free = true;
  };

  void take_in();
  std::uint32_t count_distinct() const;
  void take_in(const DeltaRow& row);
  void advance(std::uint32_t period);
  void rebuild(std::size_t places);
  std::size_t place_of(std::uint64_t value) const;
  bool sketch_counts(std::uint64_t value) const;
  void change(DecayCell<std::int64_t>& cell, std::uint32_t age, std::int64_t units);

  std::size_t values_max_;
  std::uint32_t period_ = 0;
  std::vector<Row> rows_;
  std::size_t used_ = 0;    // rows that are not free, empty ones among them
  std::size_t filled_ = 0;  // rows that count something
  std::uint32_t distinct_ = 0;
  std::vector<DecayCell<std::int64_t>> sketch_;
  DecayCell<std::int64_t> total_;
  std::vector<DeltaRow> waiting_;
  std::uint64_t early_ = 0;
};

}  // namespace gatehouse
