#include "expr/conversions.h"

#include <charconv>
#include <cmath>
#include <span>
#include <string_view>

#include "base/utf8.h"
#include "expr/times.h"

namespace gatehouse {
namespace {

constexpr Value kNoOverload = Value::error(Reason::no_such_overload);
constexpr Value kNotConvertible = Value::error(Reason::not_convertible);
constexpr Value kOverflow = Value::error(Reason::overflow);
constexpr Value kScratchFull = Value::error(Reason::scratch_full);

// Without blanks and plus signs; all of the text.
template <class T>
std::errc read_number(std::string_view text, T& into) {
  const char* const end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, into);
  if (fault != std::errc()) return fault;
  return stop == end ? std::errc() : std::errc::invalid_argument;
}

Value fault_of(std::errc fault) {
  return fault == std::errc::result_out_of_range ? kOverflow : kNotConvertible;
}

Value kept(std::string_view text, Scratch& scratch) {
  const std::string_view copy = scratch.arena().copy(text);
  return copy.data() == nullptr ? kScratchFull : Value::text(copy);
}

template <class T>
Value number_text(T number, Scratch& scratch) {
  char digits[32];
  const auto [end, fault] = std::to_chars(digits, digits + sizeof digits, number);
  if (fault != std::errc()) return kOverflow;
  return kept({digits, end}, scratch);
}

Value double_text(double number, Scratch& scratch) {
  if (std::isnan(number)) return Value::text("NaN");
  if (std::isinf(number)) return Value::text(number < 0 ? "-Infinity" : "Infinity");
  return number_text(number, scratch);
}

Value text_of(std::string_view bytes) {
  return first_not_utf8(bytes) == bytes.size() ? Value::text(bytes) : kNotConvertible;
}

}  // namespace

Value to_integer(const Value& from) {
  switch (from.kind()) {
    case Kind::integer:
      return from;
    case Kind::unsigned_integer:
      if (from.natural() > static_cast<std::uint64_t>(INT64_MAX)) return kOverflow;
      return Value::integer(static_cast<std::int64_t>(from.natural()));
    case Kind::number:
      // Both ends are left out, as in CEL; so is what is no number.
      if (!(from.number() > -0x1p63 && from.number() < 0x1p63)) return kOverflow;
      return Value::integer(static_cast<std::int64_t>(from.number()));
    case Kind::text: {
      std::int64_t number = 0;
      const std::errc fault = read_number(from.text(), number);
      return fault == std::errc() ? Value::integer(number) : fault_of(fault);
    }
    case Kind::timestamp:
      return Value::integer(from.seconds());
    case Kind::dyn:
    case Kind::absent:
    case Kind::error:
    case Kind::null:
    case Kind::boolean:
    case Kind::bytes:
    case Kind::duration:
    case Kind::address:
    case Kind::prefix:
    case Kind::list:
    case Kind::map:
      return kNoOverload;
  }
  return kNoOverload;
}

Value to_unsigned(const Value& from) {
  if (from.is(Kind::unsigned_integer)) return from;
  if (from.is(Kind::integer)) {
    if (from.integer() < 0) return kOverflow;
    return Value::unsigned_integer(static_cast<std::uint64_t>(from.integer()));
  }
  if (from.is(Kind::number)) {
    if (!(from.number() > -1.0 && from.number() < 0x1p64)) return kOverflow;
    return Value::unsigned_integer(static_cast<std::uint64_t>(from.number()));
  }
  if (!from.is(Kind::text)) return kNoOverload;
  std::uint64_t number = 0;
  const std::errc fault = read_number(from.text(), number);
  return fault == std::errc() ? Value::unsigned_integer(number) : fault_of(fault);
}

Value to_number(const Value& from) {
  if (from.is(Kind::number)) return from;
  if (from.is(Kind::integer)) return Value::number(static_cast<double>(from.integer()));
  if (from.is(Kind::unsigned_integer)) return Value::number(static_cast<double>(from.natural()));
  if (!from.is(Kind::text)) return kNoOverload;
  double number = 0;
  const std::errc fault = read_number(from.text(), number);
  return fault == std::errc() ? Value::number(number) : fault_of(fault);
}

Value to_boolean(const Value& from) {
  if (from.is(Kind::boolean)) return from;
  if (!from.is(Kind::text)) return kNoOverload;
  for (const std::string_view word : {"true", "TRUE", "True", "t", "1"}) {
    if (from.text() == word) return Value::boolean(true);
  }
  for (const std::string_view word : {"false", "FALSE", "False", "f", "0"}) {
    if (from.text() == word) return Value::boolean(false);
  }
  return kNotConvertible;
}

Value to_text(const Value& from, Scratch& scratch) {
  switch (from.kind()) {
    case Kind::text:
      return from;
    case Kind::boolean:
      return Value::text(from.boolean() ? "true" : "false");
    case Kind::integer:
      return number_text(from.integer(), scratch);
    case Kind::unsigned_integer:
      return number_text(from.natural(), scratch);
    case Kind::number:
      return double_text(from.number(), scratch);
    case Kind::bytes:
      return text_of(from.text());
    case Kind::duration: {
      TimeText text;
      return kept(print_duration(from.nanoseconds(), text), scratch);
    }
    case Kind::timestamp: {
      TimeText text;
      return kept(print_timestamp(from, text), scratch);
    }
    case Kind::address: {
      char text[IpAddress::kTextBytes];
      return kept(from.address().print(text), scratch);
    }
    case Kind::prefix: {
      char text[IpAddress::kTextBytes + 4];
      const IpPrefix& prefix = from.prefix();
      const std::string_view network =
          prefix.network.print(std::span(text).first<IpAddress::kTextBytes>());
      char* const end = text + network.size();
      *end = '/';
      const unsigned bits = prefix.is_v4() ? prefix.bits - 96U : prefix.bits;
      return kept({text, std::to_chars(end + 1, end + 4, bits).ptr}, scratch);
    }
    case Kind::dyn:
    case Kind::absent:
    case Kind::error:
    case Kind::null:
    case Kind::list:
    case Kind::map:
      return kNoOverload;
  }
  return kNoOverload;
}

Value to_bytes(const Value& from) {
  if (from.is(Kind::bytes)) return from;
  return from.is(Kind::text) ? Value::bytes(from.text()) : kNoOverload;
}

Value to_address(const Value& from, Scratch& scratch) {
  if (from.is(Kind::address)) return from;
  if (!from.is(Kind::text)) return kNoOverload;
  const std::optional<IpAddress> address = IpAddress::parse(from.text());
  if (!address) return kNotConvertible;
  const std::span<IpAddress> place = scratch.arena().take_array<IpAddress>(1);
  if (place.empty()) return kScratchFull;
  place[0] = *address;
  return Value::address(place[0]);
}

Value to_prefix(const Value& from, Scratch& scratch) {
  if (from.is(Kind::prefix)) return from;
  if (!from.is(Kind::text)) return kNoOverload;
  const Result<IpPrefix> prefix = IpPrefix::parse(from.text());
  if (!prefix) return kNotConvertible;
  const std::span<IpPrefix> place = scratch.arena().take_array<IpPrefix>(1);
  if (place.empty()) return kScratchFull;
  place[0] = *prefix;
  return Value::prefix(place[0]);
}

}  // namespace gatehouse
