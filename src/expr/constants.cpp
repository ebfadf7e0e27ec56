#include "expr/constants.h"

#include <algorithm>
#include <cstring>

#include "expr/constant_list.h"
#include "expr/operations.h"

namespace gatehouse {
namespace {

int rank_of(const Value& key) {
  if (is_numeric(key.kind())) return 1;
  return key.is(Kind::boolean) ? 0 : 2;
}

bool is_key(const Value& value) {
  return value.is(Kind::boolean) || value.is(Kind::integer) || value.is(Kind::unsigned_integer) ||
         value.is(Kind::text);
}

Order compare_keys(const Value& one, const Value& other) {
  const int rank = rank_of(one);
  if (rank != rank_of(other)) return rank < rank_of(other) ? Order::less : Order::greater;
  return compare(one, other);
}

bool comes_before(const MapEntry& entry, const Value& key) {
  return compare_keys(entry.key, key) == Order::less;
}

}  // namespace

std::optional<Reason> ArrayMap::sort(std::span<MapEntry> entries) {
  for (const MapEntry& entry : entries) {
    if (!is_key(entry.key)) return Reason::no_such_overload;
  }
  std::sort(entries.begin(), entries.end(), [](const MapEntry& one, const MapEntry& other) {
    return comes_before(one, other.key);
  });
  const auto same = [](const MapEntry& one, const MapEntry& other) {
    return compare_keys(one.key, other.key) == Order::equal;
  };
  if (std::adjacent_find(entries.begin(), entries.end(), same) != entries.end()) {
    return Reason::repeated_key;
  }
  return std::nullopt;
}

Value ArrayMap::find(const Value& key) const {
  if (!is_key(key) && !key.is(Kind::number)) return {};
  const auto found = std::lower_bound(entries_.begin(), entries_.end(), key, comes_before);
  if (found == entries_.end() || compare_keys(found->key, key) != Order::equal) return {};
  return found->item;
}

std::string_view ConstantPool::copy(std::string_view text) {
  const std::span<char> bytes = take<char>(text.size());
  if (!text.empty()) std::memcpy(bytes.data(), text.data(), text.size());
  return {bytes.data(), bytes.size()};
}

Value ConstantPool::keep(const Value& value) {
  switch (value.kind()) {
    case Kind::text:
      return Value::text(copy(value.text()));
    case Kind::bytes:
      return Value::bytes(copy(value.text()));
    case Kind::address: {
      IpAddress& kept = take<IpAddress>(1)[0];
      kept = value.address();
      return Value::address(kept);
    }
    case Kind::prefix: {
      IpPrefix& kept = take<IpPrefix>(1)[0];
      kept = value.prefix();
      return Value::prefix(kept);
    }
    case Kind::list:
      return keep_list(value.list());
    case Kind::map:
      return keep_map(value.map());
    case Kind::dyn:
    case Kind::absent:
    case Kind::error:
    case Kind::null:
    case Kind::boolean:
    case Kind::integer:
    case Kind::unsigned_integer:
    case Kind::number:
    case Kind::duration:
    case Kind::timestamp:
      return value;
  }
  return value;
}

Value ConstantPool::keep_list(const ListView& list) {
  const std::span<Value> items = take<Value>(list.size());
  for (std::size_t i = 0; i < items.size(); ++i) items[i] = keep(list.at(i));
  return Value::list(*::new (take<ConstantList>(1).data()) ConstantList(items, *this));
}

// Only maps that an expression wrote itself get here; their keys were sorted when they were made.
Value ConstantPool::keep_map(const MapView& map) {
  const std::span<MapEntry> entries = take<MapEntry>(map.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Value key = map.key_at(i);
    entries[i] = {keep(key), keep(map.find(key))};
  }
  return Value::map(*::new (take<ArrayMap>(1).data()) ArrayMap(entries));
}

}  // namespace gatehouse
