// expr/value: a value while an expression is evaluated; two words, copied freely, owning nothing.
//
// Place    environments make them, programs return them.
// Holds    a number, or a view of text, bytes, an address, a list or a map that lives elsewhere: in
//          what the environment reads, in the Program, or in the Scratch's arena. A value must not
//          outlive these.
// Errors   are values: a reason and the place in the expression's text.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "base/ip_address.h"
#include "expr/kind.h"

namespace gatehouse {

class ListView;
class MapView;

enum class Reason : std::uint8_t {
  absent,            // a slot without a value was read
  no_such_key,       // of a map
  out_of_bounds,     // of a list
  repeated_key,      // of a map that the expression wrote
  no_such_overload,  // values of these types don't go together; only where a type was dyn
  overflow,          // the number, duration or time can't be held
  divided_by_zero,
  not_convertible,  // the text or number is none of the type asked for
  steps_spent,      // more work than an evaluation may cost
  scratch_full,     // more memory than an evaluation may take
  too_deep,         // lists in lists in lists, compared
  failed_source,    // the environment could not say
};

class Value {
 public:
  static constexpr std::int64_t kTimestampSecondsMin = -62'135'596'800;  // 0001-01-01T00:00:00Z
  static constexpr std::int64_t kTimestampSecondsMax = 253'402'300'799;  // 9999-12-31T23:59:59Z
  static constexpr std::size_t kTextBytesMax = UINT32_MAX;

  constexpr Value() = default;  // absent
  static constexpr Value error(Reason reason) {
    Value v(Kind::error);
    v.as_.integer = static_cast<std::int64_t>(reason);
    return v;
  }
  static constexpr Value null() { return Value(Kind::null); }
  static constexpr Value boolean(bool is) {
    Value v(Kind::boolean);
    v.as_.integer = is ? 1 : 0;
    return v;
  }
  static constexpr Value integer(std::int64_t number) {
    Value v(Kind::integer);
    v.as_.integer = number;
    return v;
  }
  static constexpr Value unsigned_integer(std::uint64_t number) {
    Value v(Kind::unsigned_integer);
    v.as_.natural = number;
    return v;
  }
  static constexpr Value number(double number) {
    Value v(Kind::number);
    v.as_.number = number;
    return v;
  }
  // Of what is longer than kTextBytesMax, only that many bytes.
  static constexpr Value text(std::string_view text) { return Value(Kind::text, text); }
  static constexpr Value bytes(std::string_view bytes) { return Value(Kind::bytes, bytes); }
  static constexpr Value duration_ns(std::int64_t nanoseconds) {
    Value v(Kind::duration);
    v.as_.integer = nanoseconds;
    return v;
  }
  // Seconds since 1970 within the range above, and nanoseconds below a second.
  static constexpr Value timestamp(std::int64_t seconds, std::uint32_t nanoseconds = 0) {
    Value v(Kind::timestamp);
    v.as_.integer = seconds;
    v.extra_ = nanoseconds;
    return v;
  }
  static constexpr Value address(const IpAddress& address) {
    Value v(Kind::address);
    v.as_.address = &address;
    return v;
  }
  static constexpr Value prefix(const IpPrefix& prefix) {
    Value v(Kind::prefix);
    v.as_.prefix = &prefix;
    return v;
  }
  static constexpr Value list(const ListView& list) {
    Value v(Kind::list);
    v.as_.list = &list;
    return v;
  }
  static constexpr Value map(const MapView& map) {
    Value v(Kind::map);
    v.as_.map = &map;
    return v;
  }

  constexpr Kind kind() const { return kind_; }
  constexpr bool is(Kind kind) const { return kind_ == kind; }
  constexpr bool is_absent() const { return kind_ == Kind::absent; }
  constexpr bool is_error() const { return kind_ == Kind::error; }
  constexpr bool is_true() const { return kind_ == Kind::boolean && as_.integer != 0; }
  constexpr bool is_false() const { return kind_ == Kind::boolean && as_.integer == 0; }

  // Each only of its own kind.
  constexpr bool boolean() const { return as_.integer != 0; }
  constexpr std::int64_t integer() const { return as_.integer; }
  constexpr std::uint64_t natural() const { return as_.natural; }
  constexpr double number() const { return as_.number; }
  constexpr std::string_view text() const { return {as_.text, extra_}; }  // also of bytes
  constexpr std::int64_t nanoseconds() const { return as_.integer; }      // of a duration
  constexpr std::int64_t seconds() const { return as_.integer; }          // of a timestamp
  constexpr std::uint32_t subsecond_ns() const { return extra_; }
  constexpr const IpAddress& address() const { return *as_.address; }
  constexpr const IpPrefix& prefix() const { return *as_.prefix; }
  constexpr const ListView& list() const { return *as_.list; }
  constexpr const MapView& map() const { return *as_.map; }
  constexpr Reason reason() const { return static_cast<Reason>(as_.integer); }
  // Of an error: which node of the program's Ast it came from, from 1; 0 while nobody has said.
  constexpr std::uint32_t origin() const { return extra_; }
  constexpr Value from_node(std::uint32_t node) const {
    Value v = *this;
    if (v.extra_ == 0) v.extra_ = node + 1;
    return v;
  }

 private:
  constexpr explicit Value(Kind kind) : kind_(kind) {}
  constexpr Value(Kind kind, std::string_view text)
      : kind_(kind), extra_(static_cast<std::uint32_t>(text.size())) {
    if (text.size() > kTextBytesMax) extra_ = static_cast<std::uint32_t>(kTextBytesMax);
    as_.text = text.data();
  }

  Kind kind_ = Kind::absent;
  std::uint32_t extra_ = 0;  // bytes of text, nanoseconds of a timestamp, origin of an error
  union {
    std::int64_t integer = 0;
    std::uint64_t natural;
    double number;
    const char* text;
    const IpAddress* address;
    const IpPrefix* prefix;
    const ListView* list;
    const MapView* map;
  } as_;
};

static_assert(std::is_trivially_copyable_v<Value> && sizeof(Value) == 16);

enum class Answer : std::uint8_t { no, yes, unknown };

// A list that somebody else keeps. at() is asked below size() alone, and gives no absent value.
class ListView {
 public:
  virtual std::size_t size() const = 0;
  virtual Value at(std::size_t index) const = 0;
  // Whoever can say faster than by looking at each: a set, a table of networks (for an address,
  // whether one of them holds it). `unknown` asks for the looking.
  virtual Answer contains(const Value& value) const;

 protected:
  ~ListView() = default;
};

// A map that somebody else keeps: field names, claims. find() gives absent for a key that isn't
// there, and an error where it can't say.
class MapView {
 public:
  virtual std::size_t size() const = 0;
  virtual Value find(const Value& key) const = 0;
  virtual Value key_at(std::size_t index) const = 0;

 protected:
  ~MapView() = default;
};

}  // namespace gatehouse
