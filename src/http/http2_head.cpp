#include "http/http2_head.h"

#include <cstring>

#include "http/authority.h"
#include "http/characters.h"
#include "http/http1_body.h"

namespace gatehouse {
namespace {

HeadError error_of_name(std::string_view name) {
  if (!is_token(name)) return HeadError::field_name;
  for (const char c : name) {
    if (to_lower(c) != c) return HeadError::field_name;
  }
  return HeadError::none;
}

HeadError error_of_value(std::string_view value) {
  const char* const end = value.data() + value.size();
  const char* const at = end_of_value(value.data(), end);
  if (at != end) {
    return *at == '\r' || *at == '\n' ? HeadError::line_end : HeadError::forbidden_byte;
  }
  return trimmed(value).size() == value.size() ? HeadError::none : HeadError::forbidden_byte;
}

// RFC 9113 §8.2.2: what a connection's fields say in HTTP/1, HTTP/2 says with frames.
bool is_of_the_connection(FieldId id) {
  return id == FieldId::connection || id == FieldId::keep_alive ||
         id == FieldId::proxy_connection || id == FieldId::transfer_encoding ||
         id == FieldId::upgrade || id == FieldId::http2_settings;
}

}  // namespace

Http2HeadReader::Http2HeadReader(RequestHead& out, const HeadLimits& limits)
    : out_(out), limits_(limits), crumbs_(out.fields.arena()) {
  out_.version = Version::http2;
}

bool Http2HeadReader::keep(std::string_view text, std::string_view& copy) {
  copy = text.empty() ? std::string_view{""} : out_.fields.arena().copy(text);
  return copy.data() != nullptr;
}

void Http2HeadReader::add(std::string_view name, std::string_view value) {
  bytes_ += name.size() + value.size() + kFieldOverheadBytes;
  if (error_ != HeadError::none) return;
  if (name.starts_with(':')) {
    add_pseudo(name, value);
    if (bytes_ > limits_.head_bytes_max) refuse(HeadError::head_too_large);
    return;
  }
  regular_seen_ = true;
  if (bytes_ > limits_.head_bytes_max) {
    error_ = HeadError::head_too_large;
    return;
  }
  add_regular(name, value);
}

void Http2HeadReader::add_pseudo(std::string_view name, std::string_view value) {
  if (regular_seen_) {
    error_ = HeadError::start_line;
    return;
  }
  if (name == ":path" && value.size() > limits_.uri_bytes_max) {
    error_ = HeadError::uri_too_long;
    return;
  }
  std::string_view copy;
  if (!keep(value, copy)) {
    error_ = HeadError::head_too_large;
    return;
  }
  if (name == ":method") {
    if (!out_.method_text.empty()) error_ = HeadError::start_line;
    if (!is_token(value) || value.size() > kMethodBytesMax) refuse(HeadError::method);
    if (error_ != HeadError::none) return;
    out_.method_text = copy;
    out_.method = method_of(copy);
    return;
  }
  std::optional<std::string_view>* const place = name == ":scheme"      ? &scheme_
                                                 : name == ":authority" ? &authority_
                                                 : name == ":path"      ? &path_
                                                                        : nullptr;
  if (place == nullptr || place->has_value()) {
    error_ = HeadError::start_line;
    return;
  }
  *place = copy;
  if (place == &path_ && all_in(copy, kTarget)) out_.target = copy;
}

void Http2HeadReader::add_regular(std::string_view name, std::string_view value) {
  error_ = error_of_name(name);
  if (error_ == HeadError::none) error_ = error_of_value(value);
  if (error_ != HeadError::none) return;
  Field field;
  field.id = field_id(name);
  error_ = look_at(Field{name, value, field.id});
  if (error_ != HeadError::none) return;
  if (!keep(name, field.name) || !keep(value, field.value)) {
    error_ = HeadError::head_too_large;
    return;
  }
  if (field.id == FieldId::host) host_ = field.value;
  FieldList& list = field.id == FieldId::cookie ? crumbs_ : out_.fields;
  const bool room = field.id == FieldId::cookie || list.size() < limits_.fields_max;
  if (!room || !list.add(field)) error_ = HeadError::too_many_fields;
}

HeadError Http2HeadReader::look_at(const Field& field) {
  if (is_of_the_connection(field.id)) return HeadError::connection;
  if (field.id == FieldId::te) {
    if (!equals_ignoring_case(field.value, "trailers")) return HeadError::connection;
    out_.accepts_trailers = true;
  } else if (field.id == FieldId::host) {
    if (host_) return HeadError::host_repeated;
  } else if (field.id == FieldId::content_length) {
    if (has_length_) return HeadError::content_length_repeated;
    has_length_ = true;
    if (!parse_content_length(field.value, out_.content_length)) return HeadError::content_length;
  } else if (field.id == FieldId::expect) {
    if (!equals_ignoring_case(field.value, "100-continue")) return HeadError::expectation;
    expects_continue_ = true;
  }
  return HeadError::none;
}

HeadError Http2HeadReader::finish(bool end) {
  out_.framing = end ? Framing::none : Framing::stream;
  out_.expect_continue = expects_continue_ && !end;
  const HeadError authority = read_authority();
  refuse(read_target());
  refuse(authority);
  refuse(join_cookies());
  if (end && out_.content_length != 0) refuse(HeadError::content_length);
  return error_;
}

HeadError Http2HeadReader::read_authority() {
  Arena& arena = out_.fields.arena();
  if (authority_) {
    const auto canonical = canonical_authority(*authority_, arena);
    if (!canonical) return HeadError::host;
    out_.authority = *canonical;
  }
  if (host_) {
    const auto canonical = canonical_authority(*host_, arena);
    if (!canonical) return HeadError::host;
    if (authority_ && out_.authority != *canonical) return HeadError::host_mismatch;
    out_.authority = *canonical;
  }
  return authority_ || host_ ? HeadError::none : HeadError::host_missing;
}

// RFC 9113 §8.3.1, and §8.5 for CONNECT.
HeadError Http2HeadReader::read_target() {
  if (out_.method_text.empty()) return HeadError::method;
  if (out_.method == Method::connect) {
    if (scheme_ || path_) return HeadError::start_line;
    if (!authority_ || port_of(out_.authority) == 0) return HeadError::target;
    out_.target = out_.authority;
    return HeadError::none;
  }
  if (!scheme_ || !path_) return HeadError::start_line;
  if (*scheme_ != "http" && *scheme_ != "https") return HeadError::start_line;
  const std::string_view path = *path_;
  if (path.empty() || !all_in(path, kTarget)) return HeadError::target;
  if (path == "*") {
    if (out_.method != Method::options) return HeadError::target;
  } else if (path.front() != '/') {
    return HeadError::target;
  }
  const std::size_t mark = path.find('?');
  out_.raw_path = path.substr(0, mark);
  out_.has_query = mark != std::string_view::npos;
  if (out_.has_query) out_.query = path.substr(mark + 1);
  return HeadError::none;
}

// RFC 9113 §8.2.3.
HeadError Http2HeadReader::join_cookies() {
  if (crumbs_.empty()) return HeadError::none;
  std::size_t bytes = 0;
  for (const Field& crumb : crumbs_) bytes += crumb.value.size() + 2;
  char* const joined = out_.fields.arena().take(bytes);
  if (joined == nullptr) return HeadError::head_too_large;
  char* at = joined;
  for (const Field& crumb : crumbs_) {
    if (at != joined) *at++ = ';', *at++ = ' ';
    std::memcpy(at, crumb.value.data(), crumb.value.size());
    at += crumb.value.size();
  }
  const std::string_view value{joined, static_cast<std::size_t>(at - joined)};
  const bool room = out_.fields.size() < limits_.fields_max;
  return room && out_.fields.add(FieldId::cookie, "cookie", value) ? HeadError::none
                                                                   : HeadError::too_many_fields;
}

bool read_http2_trailers(const FieldList& decoded, const HeadLimits& limits, FieldList& out) {
  Arena& arena = out.arena();
  constexpr std::string_view kBefore = "0\r\n";
  std::size_t bytes = kBefore.size() + 2;
  for (const Field& field : decoded) {
    if (error_of_name(field.name) != HeadError::none) return false;
    if (error_of_value(field.value) != HeadError::none) return false;
    bytes += field.name.size() + field.value.size() + 4;
  }
  char* const text = arena.take(bytes);
  if (text == nullptr) return false;
  char* at = text;
  const auto put = [&at](std::string_view part) {
    std::memcpy(at, part.data(), part.size());
    at += part.size();
  };
  put(kBefore);
  for (const Field& field : decoded) put(field.name), put(": "), put(field.value), put("\r\n");
  put("\r\n");
  ChunkedDecoder decoder(arena, limits);
  const ChunkStep step = decoder.step({text, bytes});
  if (step.state != ChunkStep::State::ended) return false;
  for (const Field& field : decoder.trailers()) {
    if (!out.add(field)) return false;
  }
  return true;
}

}  // namespace gatehouse
