#include "expr/apply.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <string_view>

#include "base/utf8.h"
#include "expr/conversions.h"
#include "expr/operations.h"
#include "expr/times.h"

namespace gatehouse {
namespace {

constexpr std::size_t kBytesPerStep = 64;
constexpr Value kNoOverload = Value::error(Reason::no_such_overload);

Value size_of(const Value& one, Scratch& scratch) {
  if (one.is(Kind::bytes)) return Value::integer(static_cast<std::int64_t>(one.text().size()));
  if (one.is(Kind::list)) return Value::integer(static_cast<std::int64_t>(one.list().size()));
  if (one.is(Kind::map)) return Value::integer(static_cast<std::int64_t>(one.map().size()));
  if (!one.is(Kind::text)) return kNoOverload;
  if (!scratch.spend(one.text().size() / kBytesPerStep)) return Value::error(Reason::steps_spent);
  return Value::integer(static_cast<std::int64_t>(count_characters(one.text())));
}

Value lower_ascii(const Value& one, Scratch& scratch) {
  if (!one.is(Kind::text)) return kNoOverload;
  const std::string_view text = one.text();
  if (!scratch.spend(text.size() / kBytesPerStep)) return Value::error(Reason::steps_spent);
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (std::ranges::none_of(text, is_upper)) return one;
  const std::span<char> lower = scratch.arena().take_array<char>(text.size());
  if (lower.size() != text.size()) return Value::error(Reason::scratch_full);
  std::ranges::transform(text, lower.begin(), [is_upper](char c) {
    return is_upper(c) ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return Value::text({lower.data(), lower.size()});
}

Value contains(std::string_view text, std::string_view part, Scratch& scratch) {
  if (!scratch.spend(text.size() / kBytesPerStep)) return Value::error(Reason::steps_spent);
  // Never slower than both lengths together, unlike find().
  return Value::boolean(part.empty() ||
                        memmem(text.data(), text.size(), part.data(), part.size()) != nullptr);
}

Value text_test(Op op, const Value& one, const Value& other, Scratch& scratch) {
  if (!one.is(Kind::text) || !other.is(Kind::text)) return kNoOverload;
  if (op == Op::starts_with) return Value::boolean(one.text().starts_with(other.text()));
  if (op == Op::ends_with) return Value::boolean(one.text().ends_with(other.text()));
  return contains(one.text(), other.text(), scratch);
}

Value to_duration(const Value& one) {
  if (one.is(Kind::duration)) return one;
  return one.is(Kind::text) ? read_duration(one.text()) : kNoOverload;
}

Value to_timestamp(const Value& one) {
  if (one.is(Kind::timestamp)) return one;
  if (one.is(Kind::integer)) return timestamp_of(one.integer());
  return one.is(Kind::text) ? parse_timestamp(one.text()) : kNoOverload;
}

Value ordered(Op op, const Value& one, const Value& other) {
  const Order order = compare(one, other);
  if (order == Order::mismatch) return kNoOverload;
  if (order == Order::unordered) return Value::boolean(false);
  const bool equal = order == Order::equal;
  if (op == Op::less) return Value::boolean(order == Order::less);
  if (op == Op::less_equal) return Value::boolean(order == Order::less || equal);
  if (op == Op::greater) return Value::boolean(order == Order::greater);
  return Value::boolean(order == Order::greater || equal);
}

Value inverted(const Value& one) {
  return one.is(Kind::boolean) ? Value::boolean(!one.boolean()) : kNoOverload;
}

template <Value (*kFunction)(const Value&)>
Value without_scratch(const Value& one, Scratch& /*scratch*/) {
  return kFunction(one);
}

template <Value (*kFunction)(const Value&, const Value&)>
Value without_scratch(const Value& one, const Value& other, Scratch& /*scratch*/) {
  return kFunction(one, other);
}

Value itself(const Value& one) { return one; }

Value not_equals(const Value& one, const Value& other, Scratch& scratch) {
  const Value same = equals(one, other, scratch);
  return same.is_error() ? same : inverted(same);
}

template <Op kOp>
Value order(const Value& one, const Value& other, Scratch& /*scratch*/) {
  return ordered(kOp, one, other);
}

template <Op kOp>
Value test(const Value& one, const Value& other, Scratch& scratch) {
  return text_test(kOp, one, other, scratch);
}

template <Op kOp>
Value part(const Value& time, Scratch& /*scratch*/) {
  return time_field(kOp, time);
}

template <Op kOp>
Value part(const Value& time, const Value& zone, Scratch& /*scratch*/) {
  return zone.is(Kind::text) ? time_field(kOp, time, zone.text()) : kNoOverload;
}

struct UnaryRow {
  Op op;
  Unary function;
};

struct BinaryRow {
  Op op;
  Binary function;
};

constexpr UnaryRow kUnaries[] = {
    {Op::logical_not, without_scratch<inverted>},
    {Op::negate, without_scratch<negate>},
    {Op::size, size_of},
    {Op::lower_ascii, lower_ascii},
    {Op::to_integer, without_scratch<to_integer>},
    {Op::to_unsigned, without_scratch<to_unsigned>},
    {Op::to_number, without_scratch<to_number>},
    {Op::to_text, to_text},
    {Op::to_bytes, without_scratch<to_bytes>},
    {Op::to_boolean, without_scratch<to_boolean>},
    {Op::to_dyn, without_scratch<itself>},
    {Op::to_duration, without_scratch<to_duration>},
    {Op::to_timestamp, without_scratch<to_timestamp>},
    {Op::to_address, to_address},
    {Op::to_prefix, to_prefix},
    {Op::full_year, part<Op::full_year>},
    {Op::month, part<Op::month>},
    {Op::date, part<Op::date>},
    {Op::day_of_month, part<Op::day_of_month>},
    {Op::day_of_week, part<Op::day_of_week>},
    {Op::day_of_year, part<Op::day_of_year>},
    {Op::hours, part<Op::hours>},
    {Op::minutes, part<Op::minutes>},
    {Op::seconds, part<Op::seconds>},
    {Op::milliseconds, part<Op::milliseconds>},
};

constexpr BinaryRow kBinaries[] = {
    {Op::equal, equals},
    {Op::not_equal, not_equals},
    {Op::less, order<Op::less>},
    {Op::less_equal, order<Op::less_equal>},
    {Op::greater, order<Op::greater>},
    {Op::greater_equal, order<Op::greater_equal>},
    {Op::in, in},
    {Op::index, without_scratch<index>},
    {Op::add, add},
    {Op::subtract, without_scratch<subtract>},
    {Op::multiply, without_scratch<multiply>},
    {Op::divide, without_scratch<divide>},
    {Op::modulo, without_scratch<modulo>},
    {Op::contains, test<Op::contains>},
    {Op::starts_with, test<Op::starts_with>},
    {Op::ends_with, test<Op::ends_with>},
    {Op::full_year, part<Op::full_year>},
    {Op::month, part<Op::month>},
    {Op::date, part<Op::date>},
    {Op::day_of_month, part<Op::day_of_month>},
    {Op::day_of_week, part<Op::day_of_week>},
    {Op::day_of_year, part<Op::day_of_year>},
    {Op::hours, part<Op::hours>},
    {Op::minutes, part<Op::minutes>},
    {Op::seconds, part<Op::seconds>},
    {Op::milliseconds, part<Op::milliseconds>},
};

Value no_function(const Value& /*one*/, Scratch& /*scratch*/) { return kNoOverload; }
Value no_function(const Value& /*one*/, const Value& /*other*/, Scratch& /*scratch*/) {
  return kNoOverload;
}

}  // namespace

Unary unary_of(Op op) {
  const auto* const found = std::ranges::find(kUnaries, op, &UnaryRow::op);
  return found == std::end(kUnaries) ? Unary(no_function) : found->function;
}

Binary binary_of(Op op) {
  const auto* const found = std::ranges::find(kBinaries, op, &BinaryRow::op);
  return found == std::end(kBinaries) ? Binary(no_function) : found->function;
}

}  // namespace gatehouse
