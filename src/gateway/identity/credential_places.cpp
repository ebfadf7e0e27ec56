#include "gateway/identity/credential_places.h"

#include <algorithm>
#include <optional>

#include "http/characters.h"

namespace gatehouse {
namespace {

// Takes the first part off, up to the mark or the end.
std::string_view take_part(std::string_view& rest, char mark) {
  const std::size_t end = std::min(rest.find(mark), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

std::string_view name_in(std::string_view pair) {
  return pair.substr(0, std::min(pair.find('='), pair.size()));
}

std::string_view value_in(std::string_view pair) {
  return pair.substr(std::min(name_in(pair).size() + 1, pair.size()));
}

void add(ShownCredential& shown, std::string_view text) {
  shown.is_doubled = shown.is_there;
  shown.is_there = true;
  shown.text = text;
}

// As it stands where an escape is broken: no key reads so.
std::string_view decoded(std::string_view text, Arena& arena) {
  if (text.find('%') == text.npos) return text;
  char* const out = arena.take(text.size());
  if (out == nullptr) return {};
  std::size_t used = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out[used++] = text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) return text;
    out[used++] = static_cast<char>(high * 16 + low);
    i += 2;
  }
  return {out, used};
}

// What is left of a list of pairs without those of the name; nothing when the arena is full.
std::optional<std::string_view> without(std::string_view list, char mark, std::string_view name,
                                        Arena& arena) {
  char* const out = arena.take(list.size() + 1);
  if (out == nullptr) return std::nullopt;
  std::size_t used = 0;
  while (!list.empty()) {
    const std::string_view pair = take_part(list, mark);
    if (name_in(trimmed(pair)) == name) continue;
    const std::string_view kept = used == 0 ? trimmed(pair) : pair;
    if (used != 0) out[used++] = mark;
    used += kept.copy(out + used, kept.size());
  }
  return std::string_view{out, used};
}

}  // namespace

ShownCredential find_shown(const RequestHead& request, const CredentialPlaces& places,
                           Arena& arena) {
  ShownCredential shown;
  for (const Field& field : request.fields) {
    if (!places.header.empty() && equals_ignoring_case(field.name, places.header)) {
      add(shown, field.value);
    }
  }
  if (shown.is_there) return shown;
  for (std::string_view rest = request.query; !places.query.empty() && !rest.empty();) {
    const std::string_view pair = take_part(rest, '&');
    if (name_in(pair) == places.query) add(shown, decoded(value_in(pair), arena));
  }
  if (shown.is_there || places.cookie.empty()) return shown;
  for (const Field& field : request.fields) {
    if (field.id != FieldId::cookie) continue;
    for (std::string_view rest = field.value; !rest.empty();) {
      const std::string_view pair = trimmed(take_part(rest, ';'));
      if (name_in(pair) == places.cookie) add(shown, value_in(pair));
    }
  }
  return shown;
}

bool remove_shown(RequestHead& request, const CredentialPlaces& places, Arena& arena) {
  if (!places.header.empty()) request.fields.remove(places.header);
  if (!places.query.empty() && request.query.find(places.query) != request.query.npos) {
    const auto left = without(request.query, '&', places.query, arena);
    if (!left) return false;
    request.query = *left;
    request.has_query = !left->empty();
  }
  if (places.cookie.empty()) return true;
  bool has_empty = false;
  for (Field& field : request.fields) {
    if (field.id != FieldId::cookie || field.value.find(places.cookie) == field.value.npos) {
      continue;
    }
    const auto left = without(field.value, ';', places.cookie, arena);
    if (!left) return false;
    field.value = *left;
    has_empty = has_empty || left->empty();
  }
  if (has_empty) {
    request.fields.remove_if(
        [](const Field& field) { return field.id == FieldId::cookie && field.value.empty(); });
  }
  return true;
}

}  // namespace gatehouse
