// gateway/identity/basic_credentials_fuzz: any bytes as one or two `Authorization` fields.
//
// Strategy    each line of the input, two at most, is the value of a field.
// Invariants  never crashes or reads past the end; what is read is what was written: it encodes
//             again to the text that came, is within its limit, and holds no control character;
//             what can't be read gives no name; what is taken away is gone.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/base64url.h"
#include "gateway/identity/basic_credentials.h"
#include "http/characters.h"

namespace {

using gatehouse::BasicCredentials;

void require(bool holds) {
  if (!holds) std::abort();
}

// Without the padding, in the alphabet of URLs, of which the reader must take no letter.
std::string encoded(std::string_view value) {
  value.remove_prefix(std::string_view("Basic").size());
  std::string text(gatehouse::trimmed(value));
  require(text.find_first_of("-_") == std::string::npos);
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text.substr(0, text.find('='));
}

void look_at(const BasicCredentials& found, std::string_view value) {
  require(found.both.size() <= BasicCredentials::kBytesMax);
  require(found.both == std::string(found.user) + ":" + std::string(found.password));
  require(found.user.find(':') == std::string_view::npos);
  require(std::none_of(found.both.begin(), found.both.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }));
  require(gatehouse::to_base64url(found.both) == encoded(value));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  const std::size_t line = std::min(input.find('\n'), input.size());
  const std::string_view first = input.substr(0, line);
  gatehouse::Arena arena;
  gatehouse::FieldList fields(arena);
  require(fields.add(gatehouse::FieldId::authorization, "Authorization", first));
  if (line < input.size()) {
    (void)fields.add(gatehouse::FieldId::authorization, "Authorization", input.substr(line + 1));
  }
  const BasicCredentials found = gatehouse::find_basic(fields, arena);
  if (found.is_there && found.fault.empty() && fields.size() == 1) look_at(found, first);
  if (!found.is_there || !found.fault.empty()) require(found.user.empty());
  gatehouse::remove_basic(fields);
  require(!gatehouse::find_basic(fields, arena).is_there);
  return 0;
}
