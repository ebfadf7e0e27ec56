// expr/schema: the names that expressions of one place may use, with their types.
//
// Place    the gate declares one for conditions, the store one for filters, and so on.
// Holds    slots, numbered from 0 in the order of adding, so that an Environment may switch over an
//          enum. A name is words with dots between: `request.method` is one slot, and `request`
//          alone is no value. A name may go on where another ends; the longest that fits is taken.
// Full     at kSlotsMax; this, a name that stands twice and one that can't be written in an
//          expression are faults of the program and stop it in debug builds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expr/type.h"

namespace gatehouse {

using Slot = std::uint16_t;

class Schema {
 public:
  static constexpr std::size_t kSlotsMax = 4096;

  struct Entry {
    std::string name;
    Type type;
  };

  Slot add(std::string name, Type type);

  std::span<const Entry> slots() const { return slots_; }
  const Entry& at(Slot slot) const { return slots_[slot]; }
  std::optional<Slot> find(std::string_view name) const;
  // Whether a slot's name is this, a dot and more.
  bool is_family(std::string_view name) const;

 private:
  std::vector<Entry> slots_;
  std::map<std::string, Slot, std::less<>> by_name_;
};

}  // namespace gatehouse
