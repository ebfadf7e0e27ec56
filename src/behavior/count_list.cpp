#include "behavior/count_list.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

#include "base/fixed_math.h"

namespace gatehouse {
namespace {

using Cell = DecayCell<std::int64_t>;
using Listed = CountView::Listed;

enum class Form : std::uint8_t { small, narrow, wide };

struct Head {
  std::uint32_t period = 0;
  SlabPool::Handle sketch = 0;
  std::uint16_t bytes = 0;  // of the block
  std::uint8_t size = 0;
  Form form = Form::small;
  bool sketch_is_wide = false;
  std::uint8_t spare[3] = {};
};
static_assert(sizeof(Head) == 16);

struct Narrow {
  std::uint64_t value;
  DecayCell<std::uint32_t> cell;
};
struct Wide {
  std::uint64_t value;
  Cell cell;
};
static_assert(sizeof(Narrow) == 16 && sizeof(Wide) == 24);

// Value, current and previous of a small entry, from the top.
constexpr int kSmallBits = 28;
constexpr std::int64_t kSmallEnd = std::int64_t{1} << kSmallBits;
constexpr std::int64_t kNarrowEnd = std::int64_t{1} << 32;

std::uint64_t small_of(const Listed& entry) {
  return entry.value << (2 * kSmallBits) |
         static_cast<std::uint64_t>(entry.cell.current) << kSmallBits |
         static_cast<std::uint64_t>(entry.cell.previous);
}

Listed of_small(std::uint64_t word) {
  constexpr std::uint64_t kMask = (std::uint64_t{1} << kSmallBits) - 1;
  return {word >> (2 * kSmallBits),
          {static_cast<std::int64_t>(word >> kSmallBits & kMask),
           static_cast<std::int64_t>(word & kMask)}};
}

constexpr std::size_t kRows = 3;
constexpr std::size_t kColumns = 64;
constexpr std::size_t kCells = kRows * kColumns;
constexpr std::size_t kNarrowSketchBytes = kCells * sizeof(DecayCell<std::uint32_t>);
constexpr std::size_t kWideSketchBytes = kCells * sizeof(Cell);

std::array<std::size_t, kRows> sketch_places(std::uint64_t value) {
  const std::uint64_t mixed = value * 0x9E3779B97F4A7C15U;  // 2^64 / golden ratio
  return {mixed >> 58, kColumns + (mixed >> 52 & 63U), 2 * kColumns + (mixed >> 46 & 63U)};
}

std::size_t entry_bytes(Form form) {
  switch (form) {
    case Form::small:
      return sizeof(std::uint64_t);
    case Form::narrow:
      return sizeof(Narrow);
    case Form::wide:
      return sizeof(Wide);
  }
  return sizeof(Wide);
}

Listed entry_at(const char* entries, Form form, std::size_t index) {
  const char* const at = entries + index * entry_bytes(form);
  switch (form) {
    case Form::small: {
      std::uint64_t word;
      std::memcpy(&word, at, sizeof(word));
      return of_small(word);
    }
    case Form::narrow: {
      Narrow narrow;
      std::memcpy(&narrow, at, sizeof(narrow));
      return {narrow.value, {narrow.cell.current, narrow.cell.previous}};
    }
    case Form::wide: {
      Wide wide;
      std::memcpy(&wide, at, sizeof(wide));
      return {wide.value, wide.cell};
    }
  }
  return {};
}

void write_entry(char* entries, Form form, std::size_t index, const Listed& entry) {
  char* const at = entries + index * entry_bytes(form);
  switch (form) {
    case Form::small: {
      const std::uint64_t word = small_of(entry);
      std::memcpy(at, &word, sizeof(word));
      return;
    }
    case Form::narrow: {
      const Narrow narrow{entry.value,
                          {static_cast<std::uint32_t>(entry.cell.current),
                           static_cast<std::uint32_t>(entry.cell.previous)}};
      std::memcpy(at, &narrow, sizeof(narrow));
      return;
    }
    case Form::wide: {
      const Wide wide{entry.value, entry.cell};
      std::memcpy(at, &wide, sizeof(wide));
      return;
    }
  }
}

Cell sketch_cell(const void* sketch, bool is_wide, std::size_t index) {
  if (is_wide) return static_cast<const Cell*>(sketch)[index];
  const auto& narrow = static_cast<const DecayCell<std::uint32_t>*>(sketch)[index];
  return {narrow.current, narrow.previous};
}

// Counts, unpacked to be changed.
class Opened {
 public:
  Opened(SlabPool& pool, SlabPool::Handle& root) : pool_(pool), root_(root) {
    if (root == 0) return;
    std::memcpy(&head_, pool.at(root), sizeof(head_));
    const char* const entries = static_cast<const char*>(pool.at(root)) + sizeof(head_);
    for (; size_ < head_.size; ++size_) list_[size_] = entry_at(entries, head_.form, size_);
    if (head_.sketch == 0) return;
    open_sketch();
    for (std::size_t i = 0; i < kCells; ++i) {
      sketch_[i] = sketch_cell(pool.at(head_.sketch), head_.sketch_is_wide, i);
    }
  }

  void advance(std::uint32_t period) {
    if (period <= head_.period) return;
    const std::uint32_t periods = period - head_.period;
    for (std::size_t i = 0; i < size_; ++i) list_[i].cell.advance(periods);
    if (has_sketch_) {
      for (Cell& cell : sketch_) cell.advance(periods);
    }
    drop_empty();
    head_.period = period;
  }

  void add(const CountShape& shape, const DeltaRow& row, std::int64_t units) {
    const std::uint32_t age = head_.period - row.period;
    if (age > 1) return;
    Listed* const end = list_.data() + size_;
    Listed* const found = std::lower_bound(
        list_.data(), end, row.value,
        [](const Listed& entry, std::uint64_t value) { return entry.value < value; });
    if (found != end && found->value == row.value) return add_to(found->cell, age, units);
    if (units <= 0 && !has_sketch_) return;
    if (units > 0 && size_ < shape.exact_max && !sketch_counts(row.value)) {
      std::move_backward(found, end, end + 1);
      *found = {row.value, {}};
      ++size_;
      return add_to(found->cell, age, units);
    }
    if (!has_sketch_) open_sketch();
    for (const std::size_t place : sketch_places(row.value)) add_to(sketch_[place], age, units);
  }

  void close() {
    drop_empty();
    const SlabPool::Handle old_sketch = head_.sketch;
    const bool old_is_wide = head_.sketch_is_wide;
    close_sketch();
    if (old_sketch != 0 && (head_.sketch == 0 || old_is_wide != head_.sketch_is_wide)) {
      pool_.give_back(old_sketch, old_is_wide ? kWideSketchBytes : kNarrowSketchBytes);
    }
    if (size_ == 0 && head_.sketch == 0) {
      pool_.give_back(root_, head_.bytes);
      root_ = 0;
      return;
    }
    head_.form = form();
    head_.size = static_cast<std::uint8_t>(size_);
    const std::size_t bytes = SlabPool::rounded(sizeof(Head) + size_ * entry_bytes(head_.form));
    if (root_ == 0 || bytes != head_.bytes) {
      pool_.give_back(root_, head_.bytes);
      root_ = pool_.take(bytes);
      head_.bytes = static_cast<std::uint16_t>(bytes);
    }
    char* const block = static_cast<char*>(pool_.at(root_));
    std::memcpy(block, &head_, sizeof(head_));
    char* const entries = block + sizeof(head_);
    for (std::size_t i = 0; i < size_; ++i) write_entry(entries, head_.form, i, list_[i]);
  }

 private:
  // What was never added can't be taken back: a count ends at nothing.
  static void add_to(Cell& cell, std::uint32_t age, std::int64_t units) {
    cell.add(age, units);
    cell.current = std::max<std::int64_t>(cell.current, 0);
    cell.previous = std::max<std::int64_t>(cell.previous, 0);
  }

  bool sketch_counts(std::uint64_t value) const {
    return has_sketch_ && std::ranges::none_of(sketch_places(value), [this](std::size_t place) {
             return sketch_[place].is_empty();
           });
  }

  void open_sketch() {
    has_sketch_ = true;
    sketch_.fill({});
  }

  void drop_empty() {
    const auto gone = std::remove_if(list_.begin(), list_.begin() + static_cast<long>(size_),
                                     [](const Listed& entry) { return entry.cell.is_empty(); });
    size_ = static_cast<std::size_t>(gone - list_.begin());
    if (has_sketch_) {
      has_sketch_ = !std::ranges::all_of(sketch_, [](const Cell& c) { return c.is_empty(); });
    }
  }

  static std::int64_t greatest(const Cell& cell) { return std::max(cell.current, cell.previous); }

  Form form() const {
    Form form = Form::small;
    for (std::size_t i = 0; i < size_; ++i) {
      const std::int64_t most = greatest(list_[i].cell);
      if (most >= kNarrowEnd) return Form::wide;
      if (most >= kSmallEnd || list_[i].value > 255) form = Form::narrow;
    }
    return form;
  }

  void close_sketch() {
    if (!has_sketch_) {
      head_.sketch = 0;
      return;
    }
    const bool is_wide =
        std::ranges::any_of(sketch_, [](const Cell& cell) { return greatest(cell) >= kNarrowEnd; });
    if (head_.sketch == 0 || is_wide != head_.sketch_is_wide) {
      head_.sketch = pool_.take(is_wide ? kWideSketchBytes : kNarrowSketchBytes);
      head_.sketch_is_wide = is_wide;
    }
    if (is_wide) {
      std::memcpy(pool_.at(head_.sketch), sketch_.data(), kWideSketchBytes);
      return;
    }
    auto* const cells = static_cast<DecayCell<std::uint32_t>*>(pool_.at(head_.sketch));
    for (std::size_t i = 0; i < kCells; ++i) {
      cells[i] = {static_cast<std::uint32_t>(sketch_[i].current),
                  static_cast<std::uint32_t>(sketch_[i].previous)};
    }
  }

  SlabPool& pool_;
  SlabPool::Handle& root_;
  Head head_;
  std::size_t size_ = 0;
  bool has_sketch_ = false;
  std::array<Listed, kCountListMax> list_;
  std::array<Cell, kCells> sketch_;  // only while has_sketch_
};

Head head_of(const SlabPool& pool, SlabPool::Handle root) {
  Head head;
  std::memcpy(&head, pool.at(root), sizeof(head));
  return head;
}

const char* entries_of(const SlabPool& pool, SlabPool::Handle root) {
  return static_cast<const char*>(pool.at(root)) + sizeof(Head);
}

void sum_up(Cell& sum, const Cell& cell) {
  sum.current += cell.current;
  sum.previous += cell.previous;
}

}  // namespace

void apply(SlabPool& pool, SlabPool::Handle& root, const CountShape& shape,
           std::span<const DeltaRow> rows, Lesson lesson) {
  assert(shape.exact_max <= kCountListMax);
  if (rows.empty()) return;
  Opened counts(pool, root);
  counts.advance(std::ranges::max(rows, {}, &DeltaRow::period).period);
  for (const DeltaRow& row : rows) {
    counts.add(shape, row, row.units * static_cast<std::int64_t>(lesson));
  }
  counts.close();
}

void free_counts(SlabPool& pool, SlabPool::Handle& root) {
  if (root == 0) return;
  const Head head = head_of(pool, root);
  pool.give_back(head.sketch, head.sketch_is_wide ? kWideSketchBytes : kNarrowSketchBytes);
  pool.give_back(root, head.bytes);
  root = 0;
}

std::size_t count_list_bytes(const SlabPool& pool, SlabPool::Handle root) {
  if (root == 0) return 0;
  const Head head = head_of(pool, root);
  const std::size_t sketch = head.sketch_is_wide ? kWideSketchBytes : kNarrowSketchBytes;
  return head.bytes + (head.sketch == 0 ? 0 : SlabPool::rounded(sketch));
}

bool CountView::is_exact() const { return root_ == 0 || head_of(pool_, root_).sketch == 0; }

std::uint32_t CountView::period() const { return root_ == 0 ? 0 : head_of(pool_, root_).period; }

std::size_t CountView::listed() const { return root_ == 0 ? 0 : head_of(pool_, root_).size; }

Listed CountView::listed(std::size_t index) const {
  return entry_at(entries_of(pool_, root_), head_of(pool_, root_).form, index);
}

Cell CountView::cell(std::uint64_t value) const {
  if (root_ == 0) return {};
  const Head head = head_of(pool_, root_);
  const char* const entries = entries_of(pool_, root_);
  std::size_t low = 0, high = head.size;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    const Listed entry = entry_at(entries, head.form, middle);
    if (entry.value == value) return entry.cell;
    (entry.value < value ? low : high) = entry.value < value ? middle + 1 : middle;
  }
  if (head.sketch == 0) return {};
  // The least of its cells, of each period by itself.
  Cell least{INT64_MAX, INT64_MAX};
  for (const std::size_t place : sketch_places(value)) {
    const Cell cell = sketch_cell(pool_.at(head.sketch), head.sketch_is_wide, place);
    least = {std::min(least.current, cell.current), std::min(least.previous, cell.previous)};
  }
  return least;
}

Cell CountView::between(std::uint64_t first, std::uint64_t last) const {
  Cell sum;
  if (root_ == 0) return sum;
  const Head head = head_of(pool_, root_);
  const char* const entries = entries_of(pool_, root_);
  for (std::size_t i = 0; i < head.size; ++i) {
    const Listed entry = entry_at(entries, head.form, i);
    if (entry.value >= first && entry.value <= last) sum_up(sum, entry.cell);
  }
  return sum;
}

Cell CountView::total() const {
  Cell sum = between(0, ~std::uint64_t{0});
  if (is_exact()) return sum;
  const Head head = head_of(pool_, root_);
  // Each of its rows holds everything once.
  for (std::size_t i = 0; i < kColumns; ++i) {
    sum_up(sum, sketch_cell(pool_.at(head.sketch), head.sketch_is_wide, i));
  }
  return sum;
}

std::uint32_t CountView::distinct() const {
  if (root_ == 0) return 0;
  const Head head = head_of(pool_, root_);
  if (head.sketch == 0) return head.size;
  std::uint64_t empty = 0;
  for (std::size_t i = 0; i < kCells; ++i) {
    if (sketch_cell(pool_.at(head.sketch), head.sketch_is_wide, i).is_empty()) ++empty;
  }
  if (empty == 0) return head.size + kSketchDistinctMax;
  // 64 ln(192 / empty), to the nearest.
  constexpr std::int64_t kColumnsLn2_q16 = 2'907'270;
  const std::int64_t bits = (log2_of(kCells) - log2_of(empty)).q32;
  const auto guess = (Int128{bits} * kColumnsLn2_q16 + (Int128{1} << 47)) >> 48;
  return head.size + std::min(static_cast<std::uint32_t>(guess), kSketchDistinctMax);
}

}  // namespace gatehouse
