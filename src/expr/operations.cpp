#include "expr/operations.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "expr/constants.h"
#include "expr/conversions.h"
#include "expr/times.h"

namespace gatehouse {
namespace {

constexpr int kValueDepthMax = 32;
constexpr std::size_t kBytesPerStep = 64;

constexpr Value kNoOverload = Value::error(Reason::no_such_overload);
constexpr Value kOverflow = Value::error(Reason::overflow);
constexpr Value kStepsSpent = Value::error(Reason::steps_spent);
constexpr Value kScratchFull = Value::error(Reason::scratch_full);

template <class T>
Order order_of(const T& one, const T& other) {
  if (one < other) return Order::less;
  return other < one ? Order::greater : Order::equal;
}

Order reversed(Order order) {
  if (order == Order::less) return Order::greater;
  return order == Order::greater ? Order::less : order;
}

Order order_of_doubles(double one, double other) {
  if (std::isnan(one) || std::isnan(other)) return Order::unordered;
  return order_of(one, other);
}

// Exactly: a double can't hold every integer, so its whole part is compared as one.
Order compare_with_double(std::int64_t whole, double number) {
  if (std::isnan(number)) return Order::unordered;
  if (number >= 0x1p63) return Order::less;
  if (number < -0x1p63) return Order::greater;
  const auto truncated = static_cast<std::int64_t>(number);
  if (whole != truncated) return order_of(whole, truncated);
  return order_of(0.0, number - static_cast<double>(truncated));
}

Order compare_with_double(std::uint64_t whole, double number) {
  if (std::isnan(number)) return Order::unordered;
  if (number >= 0x1p64) return Order::less;
  if (number < 0) return Order::greater;
  const auto truncated = static_cast<std::uint64_t>(number);
  if (whole != truncated) return order_of(whole, truncated);
  return order_of(0.0, number - static_cast<double>(truncated));
}

Order compare_signs(std::int64_t one, std::uint64_t other) {
  if (one < 0) return Order::less;
  return order_of(static_cast<std::uint64_t>(one), other);
}

Order compare_numbers(const Value& one, const Value& other) {
  if (one.is(Kind::integer)) {
    if (other.is(Kind::integer)) return order_of(one.integer(), other.integer());
    if (other.is(Kind::number)) return compare_with_double(one.integer(), other.number());
    return compare_signs(one.integer(), other.natural());
  }
  if (one.is(Kind::unsigned_integer)) {
    if (other.is(Kind::unsigned_integer)) return order_of(one.natural(), other.natural());
    if (other.is(Kind::number)) return compare_with_double(one.natural(), other.number());
    return reversed(compare_signs(other.integer(), one.natural()));
  }
  if (other.is(Kind::number)) return order_of_doubles(one.number(), other.number());
  return reversed(compare_numbers(other, one));
}

Order compare_times(const Value& one, const Value& other) {
  const Order seconds = order_of(one.seconds(), other.seconds());
  return seconds == Order::equal ? order_of(one.subsecond_ns(), other.subsecond_ns()) : seconds;
}

Value equal_values(const Value& one, const Value& other, Scratch& scratch, int depth);

Value equal_lists(const ListView& one, const ListView& other, Scratch& scratch, int depth) {
  if (one.size() != other.size()) return Value::boolean(false);
  if (depth == 0) return Value::error(Reason::too_deep);
  if (!scratch.spend(one.size())) return kStepsSpent;
  for (std::size_t i = 0; i < one.size(); ++i) {
    const Value same = equal_values(one.at(i), other.at(i), scratch, depth - 1);
    if (!same.is_true()) return same;
  }
  return Value::boolean(true);
}

Value equal_maps(const MapView& one, const MapView& other, Scratch& scratch, int depth) {
  if (one.size() != other.size()) return Value::boolean(false);
  if (depth == 0) return Value::error(Reason::too_deep);
  if (!scratch.spend(one.size())) return kStepsSpent;
  for (std::size_t i = 0; i < one.size(); ++i) {
    const Value key = one.key_at(i);
    const Value theirs = other.find(key);
    if (theirs.is_absent()) return Value::boolean(false);
    const Value same = equal_values(one.find(key), theirs, scratch, depth - 1);
    if (!same.is_true()) return same;
  }
  return Value::boolean(true);
}

Value equal_values(const Value& one, const Value& other, Scratch& scratch, int depth) {
  if (one.is_error()) return one;
  if (other.is_error()) return other;
  if (one.kind() != other.kind()) {
    if (!is_numeric(one.kind()) || !is_numeric(other.kind())) return Value::boolean(false);
    return Value::boolean(compare_numbers(one, other) == Order::equal);
  }
  switch (one.kind()) {
    case Kind::null:
      return Value::boolean(true);
    case Kind::address:
      return Value::boolean(one.address() == other.address());
    case Kind::prefix:
      return Value::boolean(one.prefix() == other.prefix());
    case Kind::list:
      return equal_lists(one.list(), other.list(), scratch, depth);
    case Kind::map:
      return equal_maps(one.map(), other.map(), scratch, depth);
    case Kind::text:
    case Kind::bytes:
      return Value::boolean(one.text() == other.text());
    case Kind::boolean:
    case Kind::integer:
    case Kind::unsigned_integer:
    case Kind::number:
    case Kind::duration:
    case Kind::timestamp:
      return Value::boolean(compare(one, other) == Order::equal);
    case Kind::dyn:
    case Kind::absent:
    case Kind::error:
      return Value::error(Reason::absent);
  }
  return kNoOverload;
}

std::uint64_t word_of(const std::uint8_t* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// As IpPrefix::contains, in words: it stands on the path of each request.
bool holds(const IpPrefix& prefix, const IpAddress& address) {
  static_assert(std::endian::native == std::endian::little);
  const auto difference = [&](std::size_t at) {
    return __builtin_bswap64(word_of(&prefix.network.bytes[at]) ^ word_of(&address.bytes[at]));
  };
  const unsigned bits = prefix.bits;
  const std::uint64_t high = difference(0);
  const std::uint64_t low = bits > 64 ? difference(8) >> (128 - bits) : 0;
  const std::uint64_t high_part = bits >= 64 ? high : bits == 0 ? 0 : high >> (64 - bits);
  return (high_part | low) == 0 && prefix.is_v4() == address.is_v4();
}

Value is_item(const Value& value, const Value& item, Scratch& scratch) {
  if (value.is(Kind::text) && item.is(Kind::text)) {
    return Value::boolean(value.text() == item.text());
  }
  if (value.is(Kind::address) && item.is(Kind::prefix)) {
    return Value::boolean(holds(item.prefix(), value.address()));
  }
  return equals(value, item, scratch);
}

Value joined(const Value& one, const Value& other, Scratch& scratch) {
  const std::size_t bytes = one.text().size() + other.text().size();
  if (!scratch.spend(bytes / kBytesPerStep)) return kStepsSpent;
  const std::string_view text = scratch.arena().join({one.text(), other.text()});
  if (text.data() == nullptr) return kScratchFull;
  return one.is(Kind::text) ? Value::text(text) : Value::bytes(text);
}

Value joined_lists(const ListView& one, const ListView& other, Scratch& scratch) {
  const std::size_t count = one.size() + other.size();
  if (!scratch.spend(count)) return kStepsSpent;
  const std::span<Value> items = scratch.arena().take_array<Value>(count);
  const std::span<ArrayList> list = scratch.arena().take_array<ArrayList>(1);
  if (items.size() != count || list.empty()) return kScratchFull;
  for (std::size_t i = 0; i < count; ++i) {
    items[i] = i < one.size() ? one.at(i) : other.at(i - one.size());
    if (items[i].is_error()) return items[i];
  }
  list[0] = ArrayList(items);
  return Value::list(list[0]);
}

Value number_at(const ListView& list, std::int64_t index) {
  if (index < 0 || static_cast<std::uint64_t>(index) >= list.size()) {
    return Value::error(Reason::out_of_bounds);
  }
  return list.at(static_cast<std::size_t>(index));
}

}  // namespace

Answer ListView::contains(const Value& /*value*/) const { return Answer::unknown; }

Order compare(const Value& one, const Value& other) {
  if (is_numeric(one.kind()) && is_numeric(other.kind())) return compare_numbers(one, other);
  if (one.kind() != other.kind()) return Order::mismatch;
  switch (one.kind()) {
    case Kind::boolean:
      return order_of(one.boolean(), other.boolean());
    case Kind::text:
    case Kind::bytes:
      return order_of(one.text(), other.text());
    case Kind::duration:
      return order_of(one.nanoseconds(), other.nanoseconds());
    case Kind::timestamp:
      return compare_times(one, other);
    case Kind::dyn:
    case Kind::absent:
    case Kind::error:
    case Kind::null:
    case Kind::integer:
    case Kind::unsigned_integer:
    case Kind::number:
    case Kind::address:
    case Kind::prefix:
    case Kind::list:
    case Kind::map:
      return Order::mismatch;
  }
  return Order::mismatch;
}

Value equals(const Value& one, const Value& other, Scratch& scratch) {
  return equal_values(one, other, scratch, kValueDepthMax);
}

Value in(const Value& value, const Value& container, Scratch& scratch) {
  if (container.is(Kind::map)) {
    const Value found = container.map().find(value);
    return found.is_error() ? found : Value::boolean(!found.is_absent());
  }
  if (container.is(Kind::prefix) && value.is(Kind::address)) {
    return Value::boolean(holds(container.prefix(), value.address()));
  }
  if (!container.is(Kind::list)) return kNoOverload;
  const ListView& list = container.list();
  const Answer answer = list.contains(value);
  if (answer != Answer::unknown) return Value::boolean(answer == Answer::yes);
  const std::size_t size = list.size();
  if (!scratch.spend(size)) return kStepsSpent;
  Value fault = Value::boolean(false);
  for (std::size_t i = 0; i < size; ++i) {
    const Value same = is_item(value, list.at(i), scratch);
    if (same.is_true()) return same;
    if (same.is_error()) fault = same;
  }
  return fault;
}

Value add(const Value& one, const Value& other, Scratch& scratch) {
  if (one.kind() != other.kind()) return add_times(one, other);
  switch (one.kind()) {
    case Kind::integer: {
      std::int64_t sum = 0;
      if (__builtin_add_overflow(one.integer(), other.integer(), &sum)) return kOverflow;
      return Value::integer(sum);
    }
    case Kind::unsigned_integer: {
      std::uint64_t sum = 0;
      if (__builtin_add_overflow(one.natural(), other.natural(), &sum)) return kOverflow;
      return Value::unsigned_integer(sum);
    }
    case Kind::number:
      return Value::number(one.number() + other.number());
    case Kind::text:
    case Kind::bytes:
      return joined(one, other, scratch);
    case Kind::list:
      return joined_lists(one.list(), other.list(), scratch);
    case Kind::duration:
      return add_times(one, other);
    case Kind::dyn:
    case Kind::absent:
    case Kind::error:
    case Kind::null:
    case Kind::boolean:
    case Kind::timestamp:
    case Kind::address:
    case Kind::prefix:
    case Kind::map:
      return kNoOverload;
  }
  return kNoOverload;
}

Value subtract(const Value& one, const Value& other) {
  if (one.is(Kind::integer) && other.is(Kind::integer)) {
    std::int64_t result = 0;
    if (__builtin_sub_overflow(one.integer(), other.integer(), &result)) return kOverflow;
    return Value::integer(result);
  }
  if (one.is(Kind::unsigned_integer) && other.is(Kind::unsigned_integer)) {
    if (one.natural() < other.natural()) return kOverflow;
    return Value::unsigned_integer(one.natural() - other.natural());
  }
  if (one.is(Kind::number) && other.is(Kind::number)) {
    return Value::number(one.number() - other.number());
  }
  return subtract_times(one, other);
}

Value multiply(const Value& one, const Value& other) {
  if (one.is(Kind::integer) && other.is(Kind::integer)) {
    std::int64_t result = 0;
    if (__builtin_mul_overflow(one.integer(), other.integer(), &result)) return kOverflow;
    return Value::integer(result);
  }
  if (one.is(Kind::unsigned_integer) && other.is(Kind::unsigned_integer)) {
    std::uint64_t result = 0;
    if (__builtin_mul_overflow(one.natural(), other.natural(), &result)) return kOverflow;
    return Value::unsigned_integer(result);
  }
  if (one.is(Kind::number) && other.is(Kind::number)) {
    return Value::number(one.number() * other.number());
  }
  return kNoOverload;
}

Value divide(const Value& one, const Value& other) {
  if (one.is(Kind::integer) && other.is(Kind::integer)) {
    if (other.integer() == 0) return Value::error(Reason::divided_by_zero);
    if (one.integer() == INT64_MIN && other.integer() == -1) return kOverflow;
    return Value::integer(one.integer() / other.integer());
  }
  if (one.is(Kind::unsigned_integer) && other.is(Kind::unsigned_integer)) {
    if (other.natural() == 0) return Value::error(Reason::divided_by_zero);
    return Value::unsigned_integer(one.natural() / other.natural());
  }
  if (one.is(Kind::number) && other.is(Kind::number)) {
    return Value::number(one.number() / other.number());
  }
  return kNoOverload;
}

Value modulo(const Value& one, const Value& other) {
  if (one.is(Kind::integer) && other.is(Kind::integer)) {
    if (other.integer() == 0) return Value::error(Reason::divided_by_zero);
    if (one.integer() == INT64_MIN && other.integer() == -1) return kOverflow;
    return Value::integer(one.integer() % other.integer());
  }
  if (one.is(Kind::unsigned_integer) && other.is(Kind::unsigned_integer)) {
    if (other.natural() == 0) return Value::error(Reason::divided_by_zero);
    return Value::unsigned_integer(one.natural() % other.natural());
  }
  return kNoOverload;
}

Value negate(const Value& one) {
  if (one.is(Kind::number)) return Value::number(-one.number());
  if (!one.is(Kind::integer)) return kNoOverload;
  if (one.integer() == INT64_MIN) return kOverflow;
  return Value::integer(-one.integer());
}

Value index(const Value& container, const Value& key) {
  if (container.is(Kind::map)) {
    const Value found = container.map().find(key);
    return found.is_absent() ? Value::error(Reason::no_such_key) : found;
  }
  if (!container.is(Kind::list)) return kNoOverload;
  if (key.is(Kind::integer)) return number_at(container.list(), key.integer());
  if (!is_numeric(key.kind())) return kNoOverload;
  // A number of another kind, from where types are dyn, if it is a whole one.
  const Value whole = to_integer(key);
  if (whole.is_error() || compare(whole, key) != Order::equal) {
    return Value::error(Reason::out_of_bounds);
  }
  return number_at(container.list(), whole.integer());
}

}  // namespace gatehouse
