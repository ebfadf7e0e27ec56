#include "store/filter_names.h"

#include <string>
#include <utility>

namespace gatehouse {
namespace {

Kind kind_of(ColumnType type) {
  switch (type) {
    case ColumnType::text:
    case ColumnType::id:
    case ColumnType::bytes:
      return Kind::text;
    case ColumnType::number:
      return Kind::integer;
    case ColumnType::truth:
      return Kind::boolean;
    case ColumnType::time:
      return Kind::timestamp;
  }
  return Kind::text;
}

}  // namespace

FilterNames::FilterNames() {
  for (const Column& one : all_columns()) {
    if (one.name.empty()) continue;
    const bool is_time = one.name == "@timestamp";
    add(is_time ? "time" : std::string(one.name), kind_of(one.kind), {&one, false});
  }
  add("client.address", Kind::address, {find_column("client.ip"), true});
  add("source.address", Kind::address, {find_column("source.ip"), true});
}

void FilterNames::add(std::string name, Kind kind, const FilterName& means) {
  schema_.add(std::move(name), Type(kind));
  names_.push_back(means);
}

}  // namespace gatehouse
