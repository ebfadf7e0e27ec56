// store/filter_names: what a filter of events may name: the columns by their ECS names.
//
// Place    store/filter says it in SQL, store/event_filter asks a record; both mean the same by it.
// Names    `time` stands for @timestamp, which no expression can write; `client.address` and
//          `source.address` are the addresses themselves where `client.ip` and `source.ip` are
//          their texts: `client.address in cidr('10.0.0.0/8')`.
#pragma once

#include <vector>

#include "expr/schema.h"
#include "store/columns.h"

namespace gatehouse {

struct FilterName {
  const Column* column = nullptr;
  bool is_address = false;
};

class FilterNames {
 public:
  FilterNames();

  const Schema& schema() const { return schema_; }
  const FilterName& at(Slot slot) const { return names_[slot]; }

 private:
  void add(std::string name, Kind kind, const FilterName& means);

  Schema schema_;
  std::vector<FilterName> names_;  // by slot
};

}  // namespace gatehouse
