#include "gateway/identity.h"

#include <algorithm>
#include <utility>

#include "http/characters.h"

namespace gatehouse {
namespace {

char plain(char c) {
  if (c == '_') return '-';
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool reads_as(std::string_view name, std::string_view other) {
  return name.size() == other.size() &&
         std::equal(name.begin(), name.end(), other.begin(),
                    [](char a, char b) { return plain(a) == plain(b); });
}

}  // namespace

void join(Identity& known, Identity&& found) {
  if (!found.shown() || (known.shown() && !found.verified)) return;
  if (!known.verified) {
    known = std::move(found);
    return;
  }
  if (known.user.empty()) known.user = found.user;
  if (known.app.empty()) known.app = found.app;
  if (known.claims == nullptr) known.claims = std::move(found.claims);
}

bool may_be_owned(std::string_view name) {
  return is_token(name) && name.size() <= 64 && field_id(name) == FieldId::other &&
         !equals_ignoring_case(name.substr(0, 12), "x-forwarded-") &&
         !equals_ignoring_case(name, "x-real-ip");
}

bool is_owned(std::string_view name, std::span<const std::string> owned) {
  return std::any_of(owned.begin(), owned.end(),
                     [&](const std::string& one) { return reads_as(name, one); });
}

void remove_owned(FieldList& fields, std::span<const std::string> owned) {
  if (owned.empty()) return;
  fields.remove_if([&](const Field& field) { return is_owned(field.name, owned); });
}

}  // namespace gatehouse
