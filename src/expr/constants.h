// expr/constants: the values that a compiled expression holds, and lists and maps made of values.
//
// Holds    copies of whatever they are made from, in one pool, until the Program goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <new>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/arena.h"
#include "expr/value.h"

namespace gatehouse {

// A list of values that lie side by side.
class ArrayList final : public ListView {
 public:
  ArrayList() = default;
  explicit ArrayList(std::span<const Value> items) : items_(items) {}

  std::size_t size() const override { return items_.size(); }
  Value at(std::size_t index) const override { return items_[index]; }

 private:
  std::span<const Value> items_;
};

struct MapEntry {
  Value key;
  Value item;
};

// A map of entries that stand in the order of their keys.
class ArrayMap final : public MapView {
 public:
  ArrayMap() = default;
  explicit ArrayMap(std::span<const MapEntry> sorted) : entries_(sorted) {}

  // Puts entries in order. An error if a key is of a kind that keys can't have, or stands twice.
  static std::optional<Reason> sort(std::span<MapEntry> entries);

  std::size_t size() const override { return entries_.size(); }
  Value find(const Value& key) const override;
  Value key_at(std::size_t index) const override { return entries_[index].key; }
  const MapEntry& entry(std::size_t index) const { return entries_[index]; }

 private:
  std::span<const MapEntry> entries_;
};

// What a Program's constants live in. One thread fills it; then it is only read.
class ConstantPool {
 public:
  std::string_view copy(std::string_view text);

  // A copy of the value and of all that it refers to. A list in which one can search becomes a set.
  Value keep(const Value& value);

  template <class T>
    requires std::is_trivially_destructible_v<T>
  std::span<T> take(std::size_t count) {
    T* const first = static_cast<T*>(memory_.allocate(count * sizeof(T), alignof(T)));
    for (std::size_t i = 0; i < count; ++i) ::new (static_cast<void*>(first + i)) T{};
    return {first, count};
  }

 private:
  Value keep_list(const ListView& list);
  Value keep_map(const MapView& map);

  std::pmr::monotonic_buffer_resource memory_;
};

}  // namespace gatehouse
