#include "gateway/identity/basic_credentials.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/base64url.h"
#include "http/characters.h"

namespace gatehouse {
namespace {

constexpr std::string_view kScheme = "Basic";

// What follows the scheme and blanks; nothing when it is another scheme.
std::optional<std::string_view> after_scheme(const Field& field) {
  if (field.id != FieldId::authorization) return std::nullopt;
  std::string_view value = field.value;
  if (!equals_ignoring_case(value.substr(0, kScheme.size()), kScheme)) return std::nullopt;
  value.remove_prefix(kScheme.size());
  if (!value.empty() && value.front() != ' ') return std::nullopt;
  return trimmed(value);
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.find_first_of("-_") != text.npos) return std::nullopt;
  if (text.size() % 4 == 0) {
    for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  }
  std::string other(text);
  std::replace(other.begin(), other.end(), '+', '-');
  std::replace(other.begin(), other.end(), '/', '_');
  return from_base64url(other);
}

std::string_view read(std::string_view text, Arena& arena, BasicCredentials& into) {
  if (text.size() > BasicCredentials::kBytesMax * 4 / 3 + 4) return "it is too long";
  const auto bytes = from_base64(text);
  if (!bytes) return "it is no base64";
  if (bytes->size() > BasicCredentials::kBytesMax) return "it is too long";
  const bool controls = std::any_of(bytes->begin(), bytes->end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (controls) return "it holds a control character";
  const std::size_t colon = bytes->find(':');
  if (colon == bytes->npos) return "it holds no colon";
  into.both = arena.copy(*bytes);
  if (into.both.data() == nullptr) return "the request is too large";
  into.user = into.both.substr(0, colon);
  into.password = into.both.substr(colon + 1);
  return {};
}

}  // namespace

BasicCredentials find_basic(const FieldList& fields, Arena& arena) {
  BasicCredentials found;
  std::string_view text;
  for (const Field& field : fields) {
    const auto here = after_scheme(field);
    if (!here) continue;
    if (found.is_there) {
      found.fault = "there are two of it";
      return found;
    }
    found.is_there = true;
    text = *here;
  }
  if (found.is_there) found.fault = read(text, arena, found);
  return found;
}

void remove_basic(FieldList& fields) {
  fields.remove_if([](const Field& field) { return after_scheme(field).has_value(); });
}

}  // namespace gatehouse
