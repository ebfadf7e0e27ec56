#include "expr/constant_list.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <string_view>

#include "expr/constants.h"
#include "expr/operations.h"

namespace gatehouse {
namespace {

// The table is filled from the expression alone, so whoever sends the text that is looked up can't
// make it slow.
std::size_t hash_of(std::string_view text) { return std::hash<std::string_view>{}(text); }

bool all_of_kind(std::span<const Value> items, Kind kind) {
  return std::ranges::all_of(items, [kind](const Value& item) { return item.is(kind); });
}

}  // namespace

ConstantList::ConstantList(std::span<const Value> items, ConstantPool& pool) : items_(items) {
  if (items.size() < kIndexedMin) return;
  if (all_of_kind(items, Kind::text)) index_texts(pool);
  if (all_of_kind(items, Kind::integer)) index_integers(pool);
  if (all_of_kind(items, Kind::prefix)) index_ranges(pool);
}

void ConstantList::index_texts(ConstantPool& pool) {
  table_ = pool.take<std::uint32_t>(std::bit_ceil(items_.size() * 2));
  for (std::uint32_t i = 0; i < items_.size(); ++i) {
    std::size_t at = hash_of(items_[i].text()) & (table_.size() - 1);
    while (table_[at] != 0) at = (at + 1) & (table_.size() - 1);
    table_[at] = i + 1;
  }
  index_ = Index::texts;
}

void ConstantList::index_integers(ConstantPool& pool) {
  integers_ = pool.take<std::int64_t>(items_.size());
  std::ranges::transform(items_, integers_.begin(), [](const Value& v) { return v.integer(); });
  std::ranges::sort(integers_);
  index_ = Index::integers;
}

void ConstantList::index_ranges(ConstantPool& pool) {
  ranges_ = pool.take<Range>(items_.size());
  std::ranges::transform(items_, ranges_.begin(), [](const Value& v) {
    return Range{v.prefix().network, v.prefix().last()};
  });
  std::ranges::sort(ranges_, {}, &Range::first);
  // Networks nest or are apart: one that lies in the last one kept is left out. But ::/0 holds no
  // IPv4 address, though their values lie within it; such a list is searched item by item.
  std::size_t kept = 0;
  for (const Range& range : ranges_) {
    const bool is_within = kept != 0 && range.last <= ranges_[kept - 1].last;
    if (is_within && range.first.is_v4() != ranges_[kept - 1].first.is_v4()) return;
    if (!is_within) ranges_[kept++] = range;
  }
  ranges_ = ranges_.first(kept);
  index_ = Index::ranges;
}

Answer ConstantList::contains(const Value& value) const {
  switch (index_) {
    case Index::none:
      return Answer::unknown;
    case Index::texts:
      return has_text(value);
    case Index::integers:
      return has_integer(value);
    case Index::ranges:
      return has_address(value);
  }
  return Answer::unknown;
}

Answer ConstantList::has_text(const Value& value) const {
  if (!value.is(Kind::text)) return Answer::no;
  const std::string_view text = value.text();
  std::size_t at = hash_of(text) & (table_.size() - 1);
  while (table_[at] != 0) {
    if (items_[table_[at] - 1].text() == text) return Answer::yes;
    at = (at + 1) & (table_.size() - 1);
  }
  return Answer::no;
}

Answer ConstantList::has_integer(const Value& value) const {
  if (!value.is(Kind::integer)) return is_numeric(value.kind()) ? Answer::unknown : Answer::no;
  return std::ranges::binary_search(integers_, value.integer()) ? Answer::yes : Answer::no;
}

Answer ConstantList::has_address(const Value& value) const {
  if (!value.is(Kind::address)) return Answer::unknown;
  const IpAddress& address = value.address();
  const auto after = std::ranges::upper_bound(ranges_, address, {}, &Range::first);
  if (after == ranges_.begin()) return Answer::no;
  const Range& range = *(after - 1);
  const bool holds = address <= range.last && address.is_v4() == range.first.is_v4();
  return holds ? Answer::yes : Answer::no;
}

}  // namespace gatehouse
