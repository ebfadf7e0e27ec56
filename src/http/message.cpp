#include "http/message.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "http/characters.h"

namespace gatehouse {
namespace {

// In the order of FieldId.
constexpr auto kNames = std::to_array<std::string_view>({
    "",
    "accept",
    "accept-encoding",
    "alt-svc",
    "authorization",
    "cache-control",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "date",
    "expect",
    "forwarded",
    "host",
    "http2-settings",
    "keep-alive",
    "location",
    "origin",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "referer",
    "server",
    "set-cookie",
    "te",
    "trailer",
    "traceparent",
    "tracestate",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-request-id",
});
static_assert(kNames.size() == static_cast<std::size_t>(FieldId::x_request_id) + 1);

constexpr std::size_t kLongestName = 19;

// A name in words, the rest of them zero.
using Words = std::array<std::uint64_t, 3>;
static_assert(kLongestName <= sizeof(Words));

// How a known name is recognized in any case: letters may differ in one bit, other bytes in none.
struct Recognized {
  Words text{};
  Words any_case{};
};

constexpr std::array<Recognized, kNames.size()> kRecognized = [] {
  std::array<Recognized, kNames.size()> table;
  for (std::size_t id = 0; id < kNames.size(); ++id) {
    for (std::size_t i = 0; i < kNames[id].size(); ++i) {
      const char c = kNames[id][i];
      const auto shift = i % 8 * 8;
      table[id].text[i / 8] |= std::uint64_t{static_cast<std::uint8_t>(c)} << shift;
      if (c >= 'a' && c <= 'z') table[id].any_case[i / 8] |= std::uint64_t{0x20} << shift;
    }
  }
  return table;
}();

// The ids ordered by the length of their names, and where each length begins: a look-up compares
// with at most five names.
struct ByLength {
  std::array<FieldId, kNames.size()> ids{};
  std::array<std::uint8_t, kLongestName + 2> begin{};
};

constexpr ByLength kByLength = [] {
  ByLength table;
  std::uint8_t at = 0;
  for (std::size_t length = 0; length <= kLongestName; ++length) {
    table.begin[length] = at;
    for (std::size_t id = 1; id < kNames.size(); ++id) {
      if (kNames[id].size() == length) table.ids[at++] = static_cast<FieldId>(id);
    }
  }
  table.begin[kLongestName + 1] = at;
  if (at != kNames.size() - 1) throw "a name is longer than kLongestName";  // at compile time
  return table;
}();

constexpr std::array<char, 256> kLower = [] {
  std::array<char, 256> table{};
  for (unsigned c = 0; c < 256; ++c) table[c] = to_lower(static_cast<char>(c));
  return table;
}();

char lower(char c) { return kLower[static_cast<std::uint8_t>(c)]; }

bool is_name(const Words& name, const Recognized& known) {
  const auto differs = [&](std::size_t i) { return (name[i] | known.any_case[i]) ^ known.text[i]; };
  return (differs(0) | differs(1) | differs(2)) == 0;
}

constexpr std::size_t kFirstCapacity = 16;

}  // namespace

FieldId field_id(std::string_view name) {
  if (name.size() > kLongestName) return FieldId::other;
  static_assert(std::endian::native == std::endian::little, "the first byte is the lowest");
  Words words{};
  if (!name.empty()) std::memcpy(words.data(), name.data(), name.size());
  const std::size_t end = kByLength.begin[name.size() + 1];
  for (std::size_t i = kByLength.begin[name.size()]; i != end; ++i) {
    const FieldId id = kByLength.ids[i];
    if (is_name(words, kRecognized[static_cast<std::size_t>(id)])) return id;
  }
  return FieldId::other;
}

std::string_view name_of(FieldId id) { return kNames[static_cast<std::size_t>(id)]; }

bool FieldList::add(Field field) {
  if (size_ == capacity_) {
    if (size_ == kFieldsMax) return false;
    const std::size_t capacity = std::clamp(capacity_ * 2, kFirstCapacity, kFieldsMax);
    const std::span<Field> grown = arena_->take_array<Field>(capacity);
    if (grown.empty()) return false;
    std::copy(begin(), end(), grown.begin());
    fields_ = grown.data();
    capacity_ = capacity;
  }
  fields_[size_++] = field;
  return true;
}

void FieldList::remove(FieldId id) {
  remove_if([id](const Field& field) { return field.id == id; });
}

void FieldList::remove(std::string_view name) {
  remove_if([name](const Field& field) { return equals_ignoring_case(field.name, name); });
}

const Field* FieldList::find(FieldId id) const {
  const Field* const found =
      std::find_if(begin(), end(), [id](const Field& f) { return f.id == id; });
  return found == end() ? nullptr : found;
}

const Field* FieldList::find(std::string_view name) const {
  const Field* const found = std::find_if(
      begin(), end(), [name](const Field& f) { return equals_ignoring_case(f.name, name); });
  return found == end() ? nullptr : found;
}

bool is_idempotent(Method method) {
  switch (method) {
    case Method::get:
    case Method::head:
    case Method::put:
    case Method::del:
    case Method::options:
    case Method::trace:
      return true;
    case Method::other:
    case Method::post:
    case Method::patch:
    case Method::connect:
      return false;
  }
  return false;
}

std::string_view to_text(Version version) {
  switch (version) {
    case Version::http10:
      return "1.0";
    case Version::http11:
      return "1.1";
    case Version::http2:
      return "2";
  }
  return {};
}

Method method_of(std::string_view text) {
  switch (text.size()) {
    case 3:
      if (text == "GET") return Method::get;
      if (text == "PUT") return Method::put;
      break;
    case 4:
      if (text == "POST") return Method::post;
      if (text == "HEAD") return Method::head;
      break;
    case 5:
      if (text == "PATCH") return Method::patch;
      if (text == "TRACE") return Method::trace;
      break;
    case 6:
      if (text == "DELETE") return Method::del;
      break;
    case 7:
      if (text == "OPTIONS") return Method::options;
      if (text == "CONNECT") return Method::connect;
      break;
    default:
      break;
  }
  return Method::other;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace gatehouse
