// gateway/identity/content_fields_fuzz: any bytes as the content that a sign-in is read from.
//
// Strategy    the input's first line is the media type, the rest the content. An odd size has the
//             content cut where a copy of its beginning would end.
// Invariants  never crashes or reads past the end; every field that is counted has a name; a form's
//             fields are those that a slow reader finds, the last of each name; JSON gives texts
//             or nothing.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "gateway/identity/content_fields.h"
#include "gateway/identity/sign_in.h"
#include "http/characters.h"
#include "http/message.h"

namespace {

using gatehouse::ContentFields;
using gatehouse::Kind;
using gatehouse::Value;

constexpr std::string_view kForm = "application/x-www-form-urlencoded";
constexpr std::size_t kLookedAtMax = 64;  // looking for a name reads all that stand before it

void require(bool holds) {
  if (!holds) std::abort();
}

std::string decoded(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const bool is_escape = text.size() >= 3 && text[0] == '%' &&
                           gatehouse::hex_value(text[1]) >= 0 && gatehouse::hex_value(text[2]) >= 0;
    if (is_escape) {
      out += static_cast<char>(std::stoi(std::string(text.substr(1, 2)), nullptr, 16));
    } else {
      out += text[0] == '+' ? ' ' : text[0];
    }
    text.remove_prefix(is_escape ? 3 : 1);
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> slowly_read(std::string_view form) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!form.empty()) {
    const std::string_view pair = form.substr(0, form.find('&'));
    form.remove_prefix(std::min(pair.size() + 1, form.size()));
    const std::string_view name = pair.substr(0, pair.find('='));
    pairs.emplace_back(decoded(name), name == pair ? "" : decoded(pair.substr(name.size() + 1)));
  }
  return pairs;
}

void look_at_form(const ContentFields& fields, std::string_view content) {
  const auto pairs = slowly_read(content);
  for (std::size_t i = 0; i < std::min(pairs.size(), kLookedAtMax); ++i) {
    const auto last = std::find_if(pairs.rbegin(), pairs.rend(),
                                   [&](const auto& one) { return one.first == pairs[i].first; });
    const Value key = fields.key_at(i);
    const Value value = fields.find(Value::text(pairs[i].first));
    // The arena has its limit, beyond which nothing is known.
    require(key.is_error() || (key.is(Kind::text) && key.text() == pairs[i].first));
    require(value.is_error() || (value.is(Kind::text) && value.text() == last->second));
  }
}

void look_at_json(const ContentFields& fields) {
  for (std::size_t i = 0; i < std::min(fields.size(), kLookedAtMax); ++i) {
    const Value key = fields.key_at(i);
    require(key.is(Kind::text));
    const Value value = fields.find(key);
    require(value.is(Kind::text) || value.is_absent());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  const std::size_t line = std::min(input.find('\n'), input.size());
  const std::string_view type = input.substr(0, line);
  std::string_view content = input.substr(std::min(line + 1, input.size()));
  if (size % 2 == 1) content = content.substr(0, gatehouse::WatchedBody::kBytesMax);
  gatehouse::Arena arena;
  const ContentFields fields(type, content, arena);
  require(fields.find(Value::integer(1)).is_absent());
  if (gatehouse::equals_ignoring_case(type, kForm)) {
    look_at_form(fields, content);
  } else {
    look_at_json(fields);
  }
  return 0;
}
