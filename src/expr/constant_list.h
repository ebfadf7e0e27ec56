// expr/constant_list: a list that stands in an expression, in which one can search.
//
// Place    made by ConstantPool when a list is known while compiling; `x in [...]` asks contains().
// Holds    the items, and beside them, if all are text, a hash table; if all are ints, the sorted
//          numbers; if all are networks or addresses, sorted ranges that don't overlap. A list of
//          other things, or a short one, is searched item by item.
#pragma once

#include <cstdint>
#include <span>

#include "base/ip_address.h"
#include "expr/value.h"

namespace gatehouse {

class ConstantPool;

class ConstantList final : public ListView {
 public:
  static constexpr std::size_t kIndexedMin = 4;

  ConstantList() = default;
  // The items belong to the pool, as the index will.
  ConstantList(std::span<const Value> items, ConstantPool& pool);

  std::size_t size() const override { return items_.size(); }
  Value at(std::size_t index) const override { return items_[index]; }
  Answer contains(const Value& value) const override;

 private:
  enum class Index : std::uint8_t { none, texts, integers, ranges };
  struct Range {
    IpAddress first;
    IpAddress last;
  };

  void index_texts(ConstantPool& pool);
  void index_integers(ConstantPool& pool);
  void index_ranges(ConstantPool& pool);
  Answer has_text(const Value& value) const;
  Answer has_integer(const Value& value) const;
  Answer has_address(const Value& value) const;

  std::span<const Value> items_;
  Index index_ = Index::none;
  std::span<std::uint32_t> table_;  // an item's number from 1, by hash; twice as many as items
  std::span<std::int64_t> integers_;
  std::span<Range> ranges_;
};

}  // namespace gatehouse
