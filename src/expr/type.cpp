#include "expr/type.h"

#include <utility>

namespace gatehouse {

struct Type::Parts {
  Type key;
  Type item;
};

std::string_view to_text(Kind kind) {
  switch (kind) {
    case Kind::dyn:
      return "dyn";
    case Kind::absent:
      return "absent";
    case Kind::error:
      return "error";
    case Kind::null:
      return "null";
    case Kind::boolean:
      return "bool";
    case Kind::integer:
      return "int";
    case Kind::unsigned_integer:
      return "uint";
    case Kind::number:
      return "double";
    case Kind::text:
      return "string";
    case Kind::bytes:
      return "bytes";
    case Kind::duration:
      return "duration";
    case Kind::timestamp:
      return "timestamp";
    case Kind::address:
      return "ip";
    case Kind::prefix:
      return "cidr";
    case Kind::list:
      return "list";
    case Kind::map:
      return "map";
  }
  return "";
}

Type Type::list_of(Type item) {
  Type type(Kind::list);
  type.parts_ = std::make_shared<const Parts>(Parts{Type(), std::move(item)});
  return type;
}

Type Type::map_of(Type key, Type item) {
  Type type(Kind::map);
  type.parts_ = std::make_shared<const Parts>(Parts{std::move(key), std::move(item)});
  return type;
}

Type Type::item() const { return parts_ ? parts_->item : Type(); }
Type Type::key() const { return parts_ ? parts_->key : Type(); }

bool Type::goes_with(const Type& other) const {
  if (is_open() || other.is_open()) return true;
  if (kind_ != other.kind_) return false;
  if (!parts_ || !other.parts_) return true;
  return parts_->key.goes_with(other.parts_->key) && parts_->item.goes_with(other.parts_->item);
}

bool Type::operator==(const Type& other) const {
  if (kind_ != other.kind_) return false;
  if (kind_ != Kind::list && kind_ != Kind::map) return true;
  return key() == other.key() && item() == other.item();
}

std::string Type::text() const {
  std::string name(to_text(kind_));
  if (kind_ == Kind::list) name += '<' + item().text() + '>';
  if (kind_ == Kind::map) name += '<' + key().text() + ", " + item().text() + '>';
  return name;
}

}  // namespace gatehouse
