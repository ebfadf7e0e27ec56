#include "expr/check_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "expr/functions.h"

namespace gatehouse {
namespace {

bool is_numeric_type(const Type& type) {
  return type.is(Kind::integer) || type.is(Kind::unsigned_integer) || type.is(Kind::number);
}

TypeVerdict fault(const char* code, Fault told) {
  return {Type(Kind::error), code, std::move(told)};
}

// What to do where numbers of two types meet, which nothing else than a conversion mends.
std::string mend_of(std::span<const Type> arguments, std::string otherwise) {
  if (arguments.size() == 2 && is_numeric_type(arguments[0]) && is_numeric_type(arguments[1]) &&
      arguments[0] != arguments[1]) {
    return "write int(…), uint(…) or double(…) around one of the two";
  }
  return otherwise;
}

std::string named(std::span<const Type> arguments) {
  std::vector<std::string> names;
  for (const Type& type : arguments) names.push_back(type.text());
  return joined(names);
}

TypeVerdict of_equality(Op op, std::span<const Type> types) {
  if (types[0].goes_with(types[1])) return {Type(Kind::boolean)};
  std::string otherwise = "compare values of the same type";
  if (types[0].is(Kind::null) || types[1].is(Kind::null)) {
    otherwise = "only dyn may be null; ask has() whether a value is there";
  }
  return fault("E0435", {fmt::format("`{}` can't compare {}", sign_of(op), named(types)),
                         mend_of(types, std::move(otherwise))});
}

TypeVerdict of_in(std::span<const Type> types) {
  const Type& value = types[0];
  const Type& in = types[1];
  const bool may_be_address = value.is_open() || value.is(Kind::address);
  const bool goes = in.is_open() || (in.is(Kind::prefix) && may_be_address) ||
                    (in.is(Kind::map) && value.goes_with(in.key())) ||
                    (in.is(Kind::list) && value.goes_with(in.item())) ||
                    (in.is(Kind::list) && may_be_address && in.item().is(Kind::prefix));
  if (goes) return {Type(Kind::boolean)};
  std::string help = "`in` takes a list, a map, or a cidr on its right";
  if (in.is(Kind::list)) help = fmt::format("what is looked for must be {}", in.item().text());
  if (in.is(Kind::map)) help = fmt::format("the map's keys are {}", in.key().text());
  if (in.is(Kind::prefix)) help = "only an ip is in a cidr: ip(\"192.0.2.1\")";
  if (in.is(Kind::text)) help = "write x.contains(y) to look for text in text";
  return fault("E0435", {fmt::format("`in` can't look for {} in {}", value.text(), in.text()),
                         std::move(help)});
}

TypeVerdict of_index(std::span<const Type> types) {
  const Type& container = types[0];
  const Type& key = types[1];
  if (container.is_open()) return {container};
  if (container.is(Kind::list) && (key.is_open() || key.is(Kind::integer))) {
    return {container.item()};
  }
  if (container.is(Kind::map) && key.goes_with(container.key())) return {container.item()};
  std::string help = "`[]` takes a list and an int, or a map and a key";
  if (container.is(Kind::map)) help = fmt::format("the map's keys are {}", container.key().text());
  if (container.is(Kind::list)) help = "an item of a list is named by an int, from 0";
  return fault("E0435", {fmt::format("`[]` can't take {}", named(types)), std::move(help)});
}

TypeVerdict of_conditional(std::span<const Type> types) {
  if (types[1].goes_with(types[2])) return {common_type(types[1], types[2])};
  return fault("E0435", {fmt::format("both ends of `?:` must be of one type, not {}",
                                     named(types.subspan(1))),
                         "convert one of them, or write dyn(…) around it"});
}

bool takes(const Signature& signature, std::span<const Type> types) {
  if (signature.count != types.size()) return false;
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (!types[i].is_open() && !types[i].is(signature.takes[i])) return false;
  }
  return true;
}

TypeVerdict of_signatures(Op op, std::span<const Type> types) {
  std::optional<Type> result;
  bool has_count = false;
  for (const Signature& signature : signatures_of(op)) {
    if (signature.count == types.size()) has_count = true;
    if (!takes(signature, types)) continue;
    const Type type(signature.result);
    result = result && *result != type ? Type() : type;
  }
  if (!has_count) {
    return fault("E0436", {fmt::format("`{}` can't take {} arguments", sign_of(op), types.size()),
                           fmt::format("write {}", usage_of(op))});
  }
  if (!result) {
    return fault("E0435", {fmt::format("`{}` can't take {}", sign_of(op), named(types)),
                           mend_of(types, fmt::format("it takes {}", usage_of(op)))});
  }
  if (result->is(Kind::list)) return {Type::list_of(common_type(types[0], types[1]).item())};
  return {*result};
}

}  // namespace

Type common_type(const Type& one, const Type& other) {
  if (one == other) return one;
  if (one.is(Kind::list) && other.is(Kind::list)) {
    return Type::list_of(common_type(one.item(), other.item()));
  }
  if (one.is(Kind::map) && other.is(Kind::map)) {
    return Type::map_of(common_type(one.key(), other.key()), common_type(one.item(), other.item()));
  }
  const bool is_wrong = one.is(Kind::error) || other.is(Kind::error);
  return is_wrong ? Type(Kind::error) : Type();
}

TypeVerdict type_of_operation(Op op, std::span<const Type> arguments) {
  if (op == Op::logical_and || op == Op::logical_or) return {Type(Kind::boolean)};
  if (op == Op::conditional) return of_conditional(arguments);
  if (op == Op::equal || op == Op::not_equal) return of_equality(op, arguments);
  if (op == Op::in) return of_in(arguments);
  if (op == Op::index) return of_index(arguments);
  if (op != Op::to_dyn) return of_signatures(op, arguments);
  if (arguments.size() == 1) return {Type()};
  return fault("E0436",
               {fmt::format("`dyn` can't take {} arguments", arguments.size()), "write dyn(x)"});
}

}  // namespace gatehouse
