// expr/type: the type of an expression, of a slot, of what is in a list.
//
// Holds   a kind; a list its item's type, a map those of key and item, shared between copies.
// `dyn`   goes with every type when it is checked; the value is looked at when it is evaluated.
#pragma once

#include <memory>
#include <string>

#include "expr/kind.h"

namespace gatehouse {

class Type {
 public:
  Type() = default;  // dyn
  explicit Type(Kind kind) : kind_(kind) {}
  static Type list_of(Type item);
  static Type map_of(Type key, Type item);

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }
  // dyn, or the type of an expression in which a fault was found: nothing more is said of it.
  bool is_open() const { return kind_ == Kind::dyn || kind_ == Kind::error; }
  // Of a list or a map whose parts were not named, dyn.
  Type item() const;
  Type key() const;

  // Whether values of the two may be one another's: equal, or open in the places that differ.
  bool goes_with(const Type& other) const;
  bool operator==(const Type& other) const;
  std::string text() const;  // "list<string>", "map<string, dyn>"

 private:
  struct Parts;

  Kind kind_ = Kind::dyn;
  std::shared_ptr<const Parts> parts_;
};

}  // namespace gatehouse
