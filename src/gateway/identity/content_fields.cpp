#include "gateway/identity/content_fields.h"

#include <algorithm>

#include "gateway/form_text.h"
#include "http/characters.h"
#include "http/message.h"

namespace gatehouse {
namespace {

// Without its parameters.
std::string_view media_type(std::string_view content_type) {
  return trimmed(content_type.substr(0, std::min(content_type.find(';'), content_type.size())));
}

bool is_json(std::string_view type) {
  constexpr std::string_view kSuffix = "+json";
  return equals_ignoring_case(type, "application/json") ||
         (type.size() > kSuffix.size() &&
          equals_ignoring_case(type.substr(type.size() - kSuffix.size()), kSuffix));
}

std::string_view take_pair(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('&'), rest.size());
  const std::string_view pair = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return pair;
}

std::string_view name_in(std::string_view pair) {
  return pair.substr(0, std::min(pair.find('='), pair.size()));
}

Value text_of(std::string_view text) {
  return text.data() == nullptr ? Value::error(Reason::scratch_full) : Value::text(text);
}

}  // namespace

ContentFields::ContentFields(std::string_view content_type, std::string_view content, Arena& arena)
    : arena_(arena) {
  const std::string_view type = media_type(content_type);
  if (equals_ignoring_case(type, "application/x-www-form-urlencoded")) {
    form_ = content;
  } else if (is_json(type)) {
    json_ = JsonDocument::read(content);
    if (json_ != nullptr && !json_->root().is(JsonKind::object)) json_ = nullptr;
  }
}

std::size_t ContentFields::size() const {
  if (json_ != nullptr) return json_->root().size();
  if (form_.empty()) return 0;
  return static_cast<std::size_t>(std::count(form_.begin(), form_.end(), '&')) + 1;
}

Value ContentFields::find(const Value& key) const {
  if (!key.is(Kind::text)) return {};
  if (json_ != nullptr) {
    const auto found = json_->root().find(key.text());
    if (!found || !found->is(JsonKind::text)) return {};
    return Value::text(found->text());
  }
  Value found;
  for (std::string_view rest = form_; !rest.empty();) {
    const std::string_view pair = take_pair(rest);
    const std::string_view name = name_in(pair);
    const std::string_view told = decode_form(name, arena_);
    // One that can't be read may be the last of this name.
    if (told.data() == nullptr) return Value::error(Reason::scratch_full);
    if (told != key.text()) continue;
    found = text_of(decode_form(pair.substr(std::min(name.size() + 1, pair.size())), arena_));
  }
  return found;
}

Value ContentFields::key_at(std::size_t index) const {
  if (json_ != nullptr)
    return Value::text(json_->root().name_at(static_cast<std::uint32_t>(index)));
  return text_of(decode_form(name_in(pair_at(index)), arena_));
}

std::string_view ContentFields::pair_at(std::size_t index) const {
  std::string_view rest = form_;
  while (index-- > 0) (void)take_pair(rest);
  return take_pair(rest);
}

}  // namespace gatehouse
