#include "expr/schema.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "expr/words.h"

namespace gatehouse {
namespace {

[[maybe_unused]] bool is_name(std::string_view name) {
  std::size_t words = 0;
  while (true) {
    const std::size_t dot = std::min(name.find('.'), name.size());
    const std::string_view word = name.substr(0, dot);
    if (!is_word(word) || (words++ == 0 && is_reserved(word))) return false;
    if (dot == name.size()) return true;
    name.remove_prefix(dot + 1);
  }
}

}  // namespace

Slot Schema::add(std::string name, Type type) {
  assert(slots_.size() < kSlotsMax && "more slots than a schema holds");
  assert(is_name(name) && "a slot's name can't be written in an expression");
  const auto slot = static_cast<Slot>(slots_.size());
  [[maybe_unused]] const bool is_new = by_name_.emplace(name, slot).second;
  assert(is_new && "a slot's name stands twice");
  slots_.push_back({std::move(name), std::move(type)});
  return slot;
}

std::optional<Slot> Schema::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return std::nullopt;
  return found->second;
}

bool Schema::is_family(std::string_view name) const {
  const std::string begin = std::string(name) + '.';
  const auto found = by_name_.lower_bound(begin);
  return found != by_name_.end() && found->first.starts_with(begin);
}

}  // namespace gatehouse
