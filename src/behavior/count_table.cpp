#include "behavior/count_table.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "base/fixed_math.h"

namespace gatehouse {
namespace {

using Cell = DecayCell<std::int64_t>;

constexpr std::size_t kPlacesMin = 16;
constexpr std::size_t kWaitingKept = 1024;
constexpr std::size_t kSketchRows = 4;
constexpr std::size_t kColumns = 1024;
constexpr std::size_t kCells = kSketchRows * kColumns;

// Values may be small numbers as well as hashes; every bit of either moves half of these.
std::uint64_t mixed(std::uint64_t value) {
  for (int round = 0; round < 2; ++round) {
    value = (value ^ value >> 32) * 0x9E3779B97F4A7C15U;  // 2^64 / golden ratio
  }
  return value ^ value >> 32;
}

std::array<std::size_t, kSketchRows> sketch_places(std::uint64_t value) {
  const std::uint64_t bits = mixed(value);
  std::array<std::size_t, kSketchRows> places{};
  for (std::size_t i = 0; i < kSketchRows; ++i) {
    places[i] = i * kColumns + (bits >> (54 - 10 * i) & (kColumns - 1));
  }
  return places;
}

auto place(const DeltaRow& row) { return std::tuple(row.value, row.period); }

}  // namespace

void CountTable::add(std::span<const DeltaRow> rows, Lesson lesson) {
  for (const DeltaRow& row : rows) {
    waiting_.push_back(row);
    waiting_.back().units *= static_cast<std::int64_t>(lesson);
  }
  if (waiting_.size() < kWaitingMax) return;
  std::ranges::sort(waiting_, {}, place);
  std::size_t kept = 0;
  for (std::size_t i = 1; i < waiting_.size(); ++i) {
    if (place(waiting_[kept]) == place(waiting_[i])) {
      waiting_[kept].units += waiting_[i].units;
    } else {
      waiting_[++kept] = waiting_[i];
    }
  }
  waiting_.resize(kept + 1);
  if (waiting_.size() < kWaitingMax / 2) return;
  early_ += waiting_.size();
  take_in();
}

void CountTable::close_epoch() { take_in(); }

// In order of value, so that it doesn't matter who committed first.
void CountTable::take_in() {
  if (waiting_.empty()) return;
  std::ranges::sort(waiting_, {}, place);
  advance(std::ranges::max(waiting_, {}, &DeltaRow::period).period);
  for (const DeltaRow& row : waiting_) take_in(row);
  waiting_.clear();
  if (waiting_.capacity() > kWaitingKept) waiting_.shrink_to_fit();
  distinct_ = count_distinct();
}

void CountTable::take_in(const DeltaRow& row) {
  const std::uint32_t age = period_ - row.period;
  if (age > 1 || row.units == 0) return;
  if (rows_.empty()) rebuild(kPlacesMin);
  std::size_t at = place_of(row.value);
  if (rows_[at].is_free) {
    const bool fits = used_ < values_max_ && row.units > 0 && !sketch_counts(row.value);
    if (!fits) {
      if (sketch_.empty() && row.units < 0) return;
      if (sketch_.empty()) sketch_.resize(kCells);
      for (const std::size_t cell : sketch_places(row.value)) change(sketch_[cell], age, row.units);
      return change(total_, age, row.units);
    }
    if ((used_ + 1) * 3 > rows_.size() * 2) {
      rebuild(rows_.size() * 2);
      at = place_of(row.value);
    }
    rows_[at] = {.value = row.value, .cell = {}, .is_free = false};
    ++used_;
  }
  Cell& cell = rows_[at].cell;
  const bool was_empty = cell.is_empty();
  change(cell, age, row.units);
  change(total_, age, row.units);
  if (was_empty != cell.is_empty()) filled_ += was_empty ? 1 : std::size_t(-1);
}

// What was never added can't be taken back: a count ends at nothing.
void CountTable::change(Cell& cell, std::uint32_t age, std::int64_t units) {
  cell.add(age, units);
  cell.current = std::max<std::int64_t>(cell.current, 0);
  cell.previous = std::max<std::int64_t>(cell.previous, 0);
}

void CountTable::advance(std::uint32_t period) {
  if (period <= period_) return;
  const std::uint32_t periods = period - period_;
  period_ = period;
  total_.advance(periods);
  for (Row& row : rows_) row.cell.advance(periods);
  for (Cell& cell : sketch_) cell.advance(periods);
  if (std::ranges::all_of(sketch_, [](const Cell& cell) { return cell.is_empty(); })) {
    sketch_ = {};
  }
  if (!rows_.empty()) rebuild(rows_.size());
}

// Into so many places, without the rows that count nothing.
void CountTable::rebuild(std::size_t places) {
  std::vector<Row> old(places);
  std::swap(old, rows_);
  used_ = 0;
  for (const Row& row : old) {
    if (row.is_free || row.cell.is_empty()) continue;
    rows_[place_of(row.value)] = row;
    ++used_;
  }
  filled_ = used_;
}

// Where the value stands, or the free place where it would.
std::size_t CountTable::place_of(std::uint64_t value) const {
  const std::size_t mask = rows_.size() - 1;
  std::size_t at = static_cast<std::size_t>(mixed(value) >> 32) & mask;
  while (!rows_[at].is_free && rows_[at].value != value) at = (at + 1) & mask;
  return at;
}

bool CountTable::sketch_counts(std::uint64_t value) const {
  return !sketch_.empty() && std::ranges::none_of(sketch_places(value), [this](std::size_t at) {
    return sketch_[at].is_empty();
  });
}

Cell CountTable::cell(std::uint64_t value) const {
  if (rows_.empty()) return {};
  const Row& row = rows_[place_of(value)];
  if (!row.is_free) return row.cell;
  if (sketch_.empty()) return {};
  Cell least{INT64_MAX, INT64_MAX};
  for (const std::size_t at : sketch_places(value)) {
    least = {std::min(least.current, sketch_[at].current),
             std::min(least.previous, sketch_[at].previous)};
  }
  return least;
}

Cell CountTable::between(std::uint64_t first, std::uint64_t last) const {
  Cell sum;
  for (const Row& row : rows_) {
    if (row.is_free || row.value < first || row.value > last) continue;
    sum.current += row.cell.current;
    sum.previous += row.cell.previous;
  }
  return sum;
}

std::uint32_t CountTable::count_distinct() const {
  const auto exact = static_cast<std::uint32_t>(filled_);
  if (sketch_.empty()) return exact;
  // Linear counting over all rows; from about 1024 ln 4096 on it stays.
  constexpr std::int64_t kColumnsLn2_q16 = 46'516'320;
  const auto empty = static_cast<std::uint64_t>(
      std::ranges::count_if(sketch_, [](const Cell& c) { return c.is_empty(); }));
  const std::int64_t bits = (log2_of(kCells) - log2_of(std::max<std::uint64_t>(empty, 1))).q32;
  return exact + static_cast<std::uint32_t>((Int128{bits} * kColumnsLn2_q16) >> 48);
}

std::size_t CountTable::bytes() const {
  return rows_.capacity() * sizeof(Row) + sketch_.capacity() * sizeof(Cell) +
         waiting_.capacity() * sizeof(DeltaRow);
}

}  // namespace gatehouse
