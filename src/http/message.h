// http/message: a request's and a response's head, as values over memory that somebody else owns.
//
// Every string_view points into the exchange's arena and lives until the exchange's final event is
// copied out. A field keeps the spelling in which it arrived; it is looked up by FieldId, found
// once while reading.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "base/arena.h"

namespace gatehouse {

enum class Method : std::uint8_t {
  other,
  get,
  head,
  post,
  put,
  patch,
  del,
  options,
  connect,
  trace,
};

// Fields that the gate itself reads or writes. Any other field is `other` and only its name tells
// what it is.
enum class FieldId : std::uint8_t {
  other,
  accept,
  accept_encoding,
  alt_svc,
  authorization,
  cache_control,
  connection,
  content_length,
  content_type,
  cookie,
  date,
  expect,
  forwarded,
  host,
  http2_settings,
  keep_alive,
  location,
  origin,
  proxy_authenticate,
  proxy_authorization,
  proxy_connection,
  referer,
  server,
  set_cookie,
  te,
  trailer,
  traceparent,
  tracestate,
  transfer_encoding,
  upgrade,
  user_agent,
  via,
  x_forwarded_for,
  x_forwarded_host,
  x_forwarded_proto,
  x_request_id,
};

// The id of a name in any case. Names never contain an underscore of ours: "x-forwarded-for" is
// x_forwarded_for.
FieldId field_id(std::string_view name);

// The name in lower case, as HTTP/2 writes it; empty for `other`.
std::string_view name_of(FieldId id);

struct Field {
  std::string_view name;
  std::string_view value;  // without leading and trailing blanks
  FieldId id = FieldId::other;
};

// Fields in order of arrival, in the arena's memory. Grows by doubling up to kFieldsMax; removal
// keeps the order.
class FieldList {
 public:
  static constexpr std::size_t kFieldsMax = 1000;

  explicit FieldList(Arena& arena) : arena_(&arena) {}

  // False when the arena or kFieldsMax is exhausted; the caller refuses the message.
  [[nodiscard]] bool add(Field field);
  [[nodiscard]] bool add(FieldId id, std::string_view name, std::string_view value) {
    return add(Field{name, value, id});
  }
  void clear() { size_ = 0; }
  void remove(FieldId id);
  void remove(std::string_view name);  // any case
  // Removes each field of which gone(field) is true.
  template <class Gone>
  void remove_if(Gone&& gone) {
    Field* kept = fields_;
    for (Field& field : *this) {
      if (!gone(std::as_const(field))) *kept++ = field;
    }
    size_ = static_cast<std::size_t>(kept - fields_);
  }

  const Field* find(FieldId id) const;
  const Field* find(std::string_view name) const;  // any case
  std::string_view value(FieldId id) const {
    const Field* const field = find(id);
    return field == nullptr ? std::string_view{} : field->value;
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const Field* begin() const { return fields_; }
  const Field* end() const { return fields_ + size_; }
  Field* begin() { return fields_; }
  Field* end() { return fields_ + size_; }
  Arena& arena() const { return *arena_; }

 private:
  Arena* arena_;
  Field* fields_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

enum class Version : std::uint8_t { http10, http11, http2 };

// How the body's end is known. `until_close` exists for responses alone.
enum class Framing : std::uint8_t {
  none,
  length,
  chunked,
  until_close,
  stream /* HTTP/2 */,
  tunnel
};

struct RequestHead {
  explicit RequestHead(Arena& arena) : fields(arena) {}

  Method method = Method::other;
  Version version = Version::http11;
  Framing framing = Framing::none;
  bool keep_alive = true;  // HTTP/1: what the client asked for
  bool expect_continue = false;
  bool accepts_trailers = false;  // TE: trailers
  std::string_view method_text;
  std::string_view scheme;     // "http" or "https", as the connection says
  std::string_view authority;  // host[:port], lower case, validated; empty only in HTTP/1.0
  std::string_view target;     // as received: "/a%2Fb?x=1", "*", "http://…/…"
  std::string_view raw_path;   // the path part of target
  std::string_view query;      // without "?"; has_query tells "/a?" from "/a"
  bool has_query = false;
  std::string_view upgrade;          // protocol asked for with Connection: upgrade, else empty
  std::uint64_t content_length = 0;  // of Framing::length
  FieldList fields;
};

struct ResponseHead {
  explicit ResponseHead(Arena& arena) : fields(arena) {}

  std::uint16_t status = 200;
  Version version = Version::http11;
  Framing framing = Framing::none;
  bool keep_alive = true;
  std::string_view reason;   // HTTP/1 only; may be empty
  std::string_view upgrade;  // of a 101: the protocol that the connection changes to
  std::uint64_t content_length = 0;
  FieldList fields;
};

// RFC 9110 §9.2.2.
bool is_idempotent(Method method);

std::string_view to_text(Version version);  // "1.1"

// "GET" → get; names are case sensitive, anything unknown is `other`.
Method method_of(std::string_view text);

// Equality without regard to ASCII case.
bool equals_ignoring_case(std::string_view a, std::string_view b);

}  // namespace gatehouse
