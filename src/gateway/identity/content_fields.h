// gateway/identity/content_fields: the fields of a form or of a JSON object, as a map of texts.
//
// Reads    application/x-www-form-urlencoded, and JSON by its media type; of anything else nothing.
// Holds    the JSON's tree; a form is read where it stands, its escapes undone in the arena.
// Full     JSON that isn't whole, or is larger than the reader takes, has no fields.
// Strict   of a form's field that stands twice the last counts, as most backends have it; members
//          of an object that are no texts are not there.
#pragma once

#include <memory>
#include <string_view>

#include "base/arena.h"
#include "expr/value.h"
#include "gateway/identity/json.h"

namespace gatehouse {

class ContentFields final : public MapView {
 public:
  ContentFields(std::string_view content_type, std::string_view content, Arena& arena);

  std::size_t size() const override;
  Value find(const Value& key) const override;
  Value key_at(std::size_t index) const override;

 private:
  std::string_view pair_at(std::size_t index) const;

  Arena& arena_;
  std::string_view form_;
  std::shared_ptr<const JsonDocument> json_;
};

}  // namespace gatehouse
