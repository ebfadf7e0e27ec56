#include "expr/functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "expr/faults.h"

namespace gatehouse {
namespace {

constexpr Kind kBool = Kind::boolean;
constexpr Kind kInt = Kind::integer;
constexpr Kind kUint = Kind::unsigned_integer;
constexpr Kind kDouble = Kind::number;
constexpr Kind kText = Kind::text;
constexpr Kind kBytes = Kind::bytes;
constexpr Kind kDuration = Kind::duration;
constexpr Kind kTime = Kind::timestamp;

constexpr Signature of_one(Op op, Kind result, Kind takes) { return {op, result, 1, {takes, {}}}; }
constexpr Signature of_two(Op op, Kind result, Kind one, Kind other) {
  return {op, result, 2, {one, other}};
}
constexpr Signature same(Op op, Kind kind) { return of_two(op, kind, kind, kind); }

// In the order of Op.
constexpr Signature kSignatures[] = {
    of_one(Op::logical_not, kBool, kBool),
    of_two(Op::less, kBool, kInt, kInt),
    of_two(Op::less, kBool, kUint, kUint),
    of_two(Op::less, kBool, kDouble, kDouble),
    of_two(Op::less, kBool, kText, kText),
    of_two(Op::less, kBool, kBytes, kBytes),
    of_two(Op::less, kBool, kBool, kBool),
    of_two(Op::less, kBool, kDuration, kDuration),
    of_two(Op::less, kBool, kTime, kTime),
    same(Op::add, kInt),
    same(Op::add, kUint),
    same(Op::add, kDouble),
    same(Op::add, kText),
    same(Op::add, kBytes),
    same(Op::add, Kind::list),
    same(Op::add, kDuration),
    of_two(Op::add, kTime, kTime, kDuration),
    of_two(Op::add, kTime, kDuration, kTime),
    same(Op::subtract, kInt),
    same(Op::subtract, kUint),
    same(Op::subtract, kDouble),
    same(Op::subtract, kDuration),
    of_two(Op::subtract, kTime, kTime, kDuration),
    of_two(Op::subtract, kDuration, kTime, kTime),
    same(Op::multiply, kInt),
    same(Op::multiply, kUint),
    same(Op::multiply, kDouble),
    same(Op::divide, kInt),
    same(Op::divide, kUint),
    same(Op::divide, kDouble),
    same(Op::modulo, kInt),
    same(Op::modulo, kUint),
    of_one(Op::negate, kInt, kInt),
    of_one(Op::negate, kDouble, kDouble),
    of_one(Op::size, kInt, kText),
    of_one(Op::size, kInt, kBytes),
    of_one(Op::size, kInt, Kind::list),
    of_one(Op::size, kInt, Kind::map),
    of_two(Op::contains, kBool, kText, kText),
    of_two(Op::starts_with, kBool, kText, kText),
    of_two(Op::ends_with, kBool, kText, kText),
    of_two(Op::matches, kBool, kText, kText),
    of_one(Op::lower_ascii, kText, kText),
    of_one(Op::to_integer, kInt, kInt),
    of_one(Op::to_integer, kInt, kUint),
    of_one(Op::to_integer, kInt, kDouble),
    of_one(Op::to_integer, kInt, kText),
    of_one(Op::to_integer, kInt, kTime),
    of_one(Op::to_unsigned, kUint, kUint),
    of_one(Op::to_unsigned, kUint, kInt),
    of_one(Op::to_unsigned, kUint, kDouble),
    of_one(Op::to_unsigned, kUint, kText),
    of_one(Op::to_number, kDouble, kDouble),
    of_one(Op::to_number, kDouble, kInt),
    of_one(Op::to_number, kDouble, kUint),
    of_one(Op::to_number, kDouble, kText),
    of_one(Op::to_text, kText, kText),
    of_one(Op::to_text, kText, kBool),
    of_one(Op::to_text, kText, kInt),
    of_one(Op::to_text, kText, kUint),
    of_one(Op::to_text, kText, kDouble),
    of_one(Op::to_text, kText, kBytes),
    of_one(Op::to_text, kText, kDuration),
    of_one(Op::to_text, kText, kTime),
    of_one(Op::to_text, kText, Kind::address),
    of_one(Op::to_text, kText, Kind::prefix),
    of_one(Op::to_bytes, kBytes, kBytes),
    of_one(Op::to_bytes, kBytes, kText),
    of_one(Op::to_boolean, kBool, kBool),
    of_one(Op::to_boolean, kBool, kText),
    of_one(Op::to_duration, kDuration, kDuration),
    of_one(Op::to_duration, kDuration, kText),
    of_one(Op::to_timestamp, kTime, kTime),
    of_one(Op::to_timestamp, kTime, kText),
    of_one(Op::to_timestamp, kTime, kInt),
    of_one(Op::to_address, Kind::address, Kind::address),
    of_one(Op::to_address, Kind::address, kText),
    of_one(Op::to_prefix, Kind::prefix, Kind::prefix),
    of_one(Op::to_prefix, Kind::prefix, kText),
    // A date's field, and a clock's, which a duration has too.
    of_one(Op::full_year, kInt, kTime),
    of_two(Op::full_year, kInt, kTime, kText),
    of_one(Op::hours, kInt, kTime),
    of_two(Op::hours, kInt, kTime, kText),
    of_one(Op::hours, kInt, kDuration),
};

// Which op's rows stand for others' as well.
constexpr Op rows_of(Op op) {
  switch (op) {
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal:
      return Op::less;
    case Op::month:
    case Op::date:
    case Op::day_of_month:
    case Op::day_of_week:
    case Op::day_of_year:
      return Op::full_year;
    case Op::minutes:
    case Op::seconds:
    case Op::milliseconds:
      return Op::hours;
    case Op::logical_or:
    case Op::logical_and:
    case Op::logical_not:
    case Op::conditional:
    case Op::equal:
    case Op::not_equal:
    case Op::less:
    case Op::in:
    case Op::index:
    case Op::add:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
    case Op::modulo:
    case Op::negate:
    case Op::size:
    case Op::contains:
    case Op::starts_with:
    case Op::ends_with:
    case Op::matches:
    case Op::lower_ascii:
    case Op::to_integer:
    case Op::to_unsigned:
    case Op::to_number:
    case Op::to_text:
    case Op::to_bytes:
    case Op::to_boolean:
    case Op::to_dyn:
    case Op::to_duration:
    case Op::to_timestamp:
    case Op::to_address:
    case Op::to_prefix:
    case Op::full_year:
    case Op::hours:
      return op;
  }
  return op;
}

constexpr Function kFunctions[] = {
    {"size", Op::size, true, true},
    {"contains", Op::contains, false, true},
    {"startsWith", Op::starts_with, false, true},
    {"endsWith", Op::ends_with, false, true},
    {"matches", Op::matches, true, true},
    {"lowerAscii", Op::lower_ascii, false, true},
    {"int", Op::to_integer, true, false},
    {"uint", Op::to_unsigned, true, false},
    {"double", Op::to_number, true, false},
    {"string", Op::to_text, true, false},
    {"bytes", Op::to_bytes, true, false},
    {"bool", Op::to_boolean, true, false},
    {"dyn", Op::to_dyn, true, false},
    {"duration", Op::to_duration, true, false},
    {"timestamp", Op::to_timestamp, true, false},
    {"ip", Op::to_address, true, false},
    {"cidr", Op::to_prefix, true, false},
    {"getFullYear", Op::full_year, false, true},
    {"getMonth", Op::month, false, true},
    {"getDate", Op::date, false, true},
    {"getDayOfMonth", Op::day_of_month, false, true},
    {"getDayOfWeek", Op::day_of_week, false, true},
    {"getDayOfYear", Op::day_of_year, false, true},
    {"getHours", Op::hours, false, true},
    {"getMinutes", Op::minutes, false, true},
    {"getSeconds", Op::seconds, false, true},
    {"getMilliseconds", Op::milliseconds, false, true},
};

struct Sign {
  Op op;
  std::string_view text;
};

constexpr Sign kSigns[] = {
    {Op::logical_or, "||"}, {Op::logical_and, "&&"},
    {Op::logical_not, "!"}, {Op::conditional, "?:"},
    {Op::equal, "=="},      {Op::not_equal, "!="},
    {Op::less, "<"},        {Op::less_equal, "<="},
    {Op::greater, ">"},     {Op::greater_equal, ">="},
    {Op::in, "in"},         {Op::index, "[]"},
    {Op::add, "+"},         {Op::subtract, "-"},
    {Op::multiply, "*"},    {Op::divide, "/"},
    {Op::modulo, "%"},      {Op::negate, "-"},
};

const Function* function_of(Op op) {
  const auto* const found = std::ranges::find(kFunctions, op, &Function::op);
  return found == std::end(kFunctions) ? nullptr : found;
}

std::string usage_of(Op op, const Signature& signature) {
  const std::string_view one = to_text(signature.takes[0]);
  const std::string_view other = signature.count == 2 ? to_text(signature.takes[1]) : "";
  const Function* const function = function_of(op);
  if (function == nullptr) {
    if (signature.count == 1) return fmt::format("{}{}", sign_of(op), one);
    return fmt::format("{} {} {}", one, sign_of(op), other);
  }
  if (function->is_method) return fmt::format("{}.{}({})", one, function->name, other);
  return fmt::format("{}({})", function->name, one);
}

}  // namespace

std::span<const Signature> signatures_of(Op op) {
  const auto rows = std::ranges::equal_range(kSignatures, rows_of(op), {}, &Signature::op);
  return {rows.begin(), rows.end()};
}

std::span<const Function> all_functions() { return kFunctions; }

const Function* find_function(std::string_view name) {
  const auto* const found = std::ranges::find(kFunctions, name, &Function::name);
  return found == std::end(kFunctions) ? nullptr : found;
}

std::string_view sign_of(Op op) {
  const auto* const found = std::ranges::find(kSigns, op, &Sign::op);
  if (found != std::end(kSigns)) return found->text;
  const Function* const function = function_of(op);
  return function == nullptr ? "" : function->name;
}

std::string usage_of(Op op) {
  std::vector<std::string> usages;
  for (const Signature& signature : signatures_of(op)) usages.push_back(usage_of(op, signature));
  return joined(usages, " or ");
}

}  // namespace gatehouse
