#include "http/http1_head.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "http/authority.h"
#include "http/characters.h"

namespace gatehouse {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

// Calls visit(member) for each member of a comma-separated list, empty ones aside (RFC 9110
// §5.6.1), until it returns false; false when it did.
template <class Visit>
bool all_members(std::string_view list, Visit&& visit) {
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string_view member = trimmed(list.substr(0, comma));
    if (!member.empty() && !visit(member)) return false;
    if (comma == std::string_view::npos) return true;
    list.remove_prefix(comma + 1);
  }
}

HeadError error_of_byte(char c) {
  return c == '\r' || c == '\n' ? HeadError::line_end : HeadError::forbidden_byte;
}

// --- Fields

HeadError read_field(const char*& at, const char* end, Field& field) {
  const char* const name = at;
  const auto* const colon =
      static_cast<const char*>(std::memchr(at, ':', static_cast<std::size_t>(end - at)));
  if (colon != nullptr) field.id = field_id({name, static_cast<std::size_t>(colon - name)});
  if (field.id != FieldId::other) {
    at = colon;  // a name that we know is a token
  } else {
    while (at != end && is_in(*at, kToken)) ++at;
  }
  if (at == name && at != end && is_blank(*at)) return HeadError::folded_field;
  if (at == name || at == end || *at != ':') return HeadError::field_name;
  field.name = {name, static_cast<std::size_t>(at - name)};
  ++at;
  while (at != end && is_blank(*at)) ++at;
  const char* const value = at;
  at = end_of_value(at, end);
  if (end - at < 2) return HeadError::line_end;
  if (at[0] != '\r' || at[1] != '\n') return error_of_byte(at[0]);
  const char* last = at;
  while (last != value && is_blank(last[-1])) --last;
  field.value = {value, static_cast<std::size_t>(last - value)};
  at += 2;
  return HeadError::none;
}

// These say something to the next hop alone, whether Connection names them or not.
bool is_hop_by_hop(FieldId id) {
  return id == FieldId::connection || id == FieldId::http2_settings || id == FieldId::keep_alive ||
         id == FieldId::proxy_authenticate || id == FieldId::proxy_authorization ||
         id == FieldId::proxy_connection || id == FieldId::te || id == FieldId::transfer_encoding ||
         id == FieldId::upgrade;
}

// Connection may name a field of which the gate knows nothing, or that is a hop's own. To name one
// on which the gate or the far end relies would be a way to have it removed (RFC 9110 §7.6.1).
bool is_end_to_end(std::string_view name) {
  const FieldId id = field_id(name);
  if (id == FieldId::transfer_encoding) return true;
  if (id != FieldId::other) return !is_hop_by_hop(id) && id != FieldId::trailer;
  return equals_ignoring_case(name.substr(0, 8), "content-") ||
         equals_ignoring_case(name.substr(0, 12), "x-forwarded-");
}

struct ConnectionOptions {
  bool close = false;
  bool keep_alive = false;
  bool upgrade = false;
  std::size_t count = 0;
};

bool read_connection(std::string_view value, ConnectionOptions& options) {
  return all_members(value, [&options](std::string_view option) {
    if (++options.count > kConnectionOptionsMax || !is_token(option)) return false;
    if (equals_ignoring_case(option, "close")) {
      options.close = true;
    } else if (equals_ignoring_case(option, "keep-alive")) {
      options.keep_alive = true;
    } else if (equals_ignoring_case(option, "upgrade")) {
      options.upgrade = true;
    } else {
      return !is_end_to_end(option);
    }
    return true;
  });
}

// The fields that decide about the message itself, gathered in one walk.
struct Seen {
  const Field* host = nullptr;
  const Field* content_length = nullptr;
  const Field* transfer_encoding = nullptr;
  const Field* upgrade = nullptr;
  std::size_t hosts = 0;
  std::size_t lengths = 0;
  std::size_t codings = 0;
  std::size_t upgrades = 0;
  ConnectionOptions options;
  bool expects_continue = false;
  bool expects_other = false;
  bool accepts_trailers = false;
};

HeadError look_through(const FieldList& fields, Seen& seen) {
  for (const Field& field : fields) {
    if (field.id == FieldId::other) continue;
    if (field.id == FieldId::host) {
      seen.host = &field;
      ++seen.hosts;
    } else if (field.id == FieldId::content_length) {
      seen.content_length = &field;
      ++seen.lengths;
    } else if (field.id == FieldId::transfer_encoding) {
      seen.transfer_encoding = &field;
      ++seen.codings;
    } else if (field.id == FieldId::connection) {
      if (!read_connection(field.value, seen.options)) return HeadError::connection;
    } else if (field.id == FieldId::upgrade) {
      seen.upgrade = &field;
      ++seen.upgrades;
    } else if (field.id == FieldId::expect) {
      const bool known = equals_ignoring_case(field.value, "100-continue");
      (known ? seen.expects_continue : seen.expects_other) = true;
    } else if (field.id == FieldId::te) {
      all_members(field.value, [&seen](std::string_view member) {
        if (equals_ignoring_case(member, "trailers")) seen.accepts_trailers = true;
        return true;
      });
    }
  }
  return HeadError::none;
}

// --- Framing, RFC 9112 §6

// Only `chunked` is a coding to us. One that we don't know deserves a 501, a list that is wrong in
// itself (`chunked` twice or before another, RFC 9112 §6.1 and §7.1) a 400.
HeadError error_of_coding(std::string_view value) {
  bool chunked = false;
  bool any = false;
  const bool fine = all_members(value, [&](std::string_view member) {
    any = true;
    if (chunked) return false;
    const std::string_view name = trimmed(member.substr(0, member.find(';')));
    if (!is_token(name)) return false;
    chunked = equals_ignoring_case(name, "chunked");
    return true;
  });
  return fine && any ? HeadError::coding_unknown : HeadError::coding;
}

HeadError read_framing(const Seen& seen, Version version, Framing& framing,
                       std::uint64_t& content_length) {
  if (seen.codings != 0) {
    if (seen.lengths != 0) return HeadError::length_and_coding;
    if (seen.codings > 1 || version == Version::http10) return HeadError::coding;
    const std::string_view value = seen.transfer_encoding->value;
    if (!equals_ignoring_case(value, "chunked")) return error_of_coding(value);
    framing = Framing::chunked;
    return HeadError::none;
  }
  if (seen.lengths == 0) return HeadError::none;
  if (seen.lengths > 1) return HeadError::content_length_repeated;
  if (!parse_content_length(seen.content_length->value, content_length)) {
    return HeadError::content_length;
  }
  framing = Framing::length;
  return HeadError::none;
}

bool keeps_alive(const ConnectionOptions& options, Version version) {
  return !options.close && (version == Version::http11 || options.keep_alive);
}

// --- Start lines

// "HTTP/1.1" or "HTTP/1.0"; another version in this form deserves a 505.
HeadError read_version(std::string_view text, Version& version) {
  if (text == "HTTP/1.1") {
    version = Version::http11;
  } else if (text == "HTTP/1.0") {
    version = Version::http10;
  } else {
    const bool form = text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) &&
                      text[6] == '.' && is_digit(text[7]);
    return form ? HeadError::version : HeadError::start_line;
  }
  return HeadError::none;
}

void split_query(std::string_view text, RequestHead& out) {
  const std::size_t mark = text.find('?');
  out.raw_path = text.substr(0, mark);
  out.has_query = mark != std::string_view::npos;
  if (out.has_query) out.query = text.substr(mark + 1);
}

bool read_absolute_form(std::string_view target, RequestHead& out) {
  const std::size_t colon = target.find("://");
  if (colon == std::string_view::npos) return false;
  const std::string_view scheme = target.substr(0, colon);
  if (!equals_ignoring_case(scheme, "http") && !equals_ignoring_case(scheme, "https")) return false;
  const std::string_view rest = target.substr(colon + 3);
  const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
  const auto authority = canonical_authority(rest.substr(0, path), out.fields.arena());
  if (!authority) return false;
  out.authority = *authority;
  split_query(rest.substr(path), out);
  if (out.raw_path.empty()) {
    // RFC 9112 §3.2.4: a proxy's last hop sends "*" for OPTIONS of a target without path or query.
    out.raw_path = out.method == Method::options && !out.has_query ? "*" : "/";
  }
  return true;
}

// The four forms of RFC 9112 §3.2. Leaves in out.authority what the target itself names.
bool read_target(std::string_view target, RequestHead& out) {
  if (out.method == Method::connect) {
    const auto authority = canonical_authority(target, out.fields.arena());
    if (!authority || port_of(*authority) == 0) return false;
    out.authority = *authority;
    return true;
  }
  if (target.front() == '/') {
    split_query(target, out);
    return true;
  }
  if (target == "*") {
    out.raw_path = target;
    return out.method == Method::options;
  }
  return read_absolute_form(target, out);
}

HeadError read_request_line(const char*& at, const char* end, const HeadLimits& limits,
                            RequestHead& out) {
  const char* const method = at;
  while (at != end && is_in(*at, kToken)) ++at;
  const auto method_bytes = static_cast<std::size_t>(at - method);
  if (method_bytes == 0 || method_bytes > kMethodBytesMax) return HeadError::method;
  if (at == end || *at != ' ') return HeadError::start_line;
  out.method_text = {method, method_bytes};
  out.method = method_of(out.method_text);

  const char* const target = ++at;
  while (at != end && is_in(*at, kTarget)) ++at;
  if (static_cast<std::size_t>(at - target) > limits.uri_bytes_max) return HeadError::uri_too_long;
  if (at == end || at == target) return HeadError::start_line;
  if (*at == '\r' || *at == '\n') return HeadError::start_line;  // HTTP/0.9 had no version
  if (*at != ' ') return HeadError::target;
  out.target = {target, static_cast<std::size_t>(at - target)};

  const char* const version = ++at;
  if (end - at < 10) return HeadError::start_line;
  const HeadError error = read_version({version, 8}, out.version);
  if (error != HeadError::none) return error;
  at += 8;
  if (at[0] != '\r' || at[1] != '\n') return HeadError::start_line;
  at += 2;
  return read_target(out.target, out) ? HeadError::none : HeadError::target;
}

HeadError read_status_line(const char*& at, const char* end, ResponseHead& out) {
  if (end - at < 14) return HeadError::start_line;  // "HTTP/1.1 200\r\n"
  if (const HeadError error = read_version({at, 8}, out.version); error != HeadError::none) {
    return error;
  }
  if (at[8] != ' ' || !is_digit(at[9]) || !is_digit(at[10]) || !is_digit(at[11])) {
    return HeadError::start_line;
  }
  const int status = (at[9] - '0') * 100 + (at[10] - '0') * 10 + (at[11] - '0');
  if (status < 100 || status > 599) return HeadError::status;
  out.status = static_cast<std::uint16_t>(status);
  at += 12;
  if (*at == ' ') {
    const char* const reason = ++at;
    at = end_of_value(at, end);
    out.reason = trimmed({reason, static_cast<std::size_t>(at - reason)});
  } else if (*at != '\r') {
    return HeadError::start_line;
  }
  if (end - at < 2) return HeadError::line_end;
  if (at[0] != '\r' || at[1] != '\n') return error_of_byte(at[0]);
  at += 2;
  return HeadError::none;
}

// The fields between the start line and the empty line that ends `head`.
HeadError read_fields(const char* at, const char* end, const HeadLimits& limits, FieldList& out,
                      Seen& seen) {
  if (end - at < 2 || std::string_view(end - 2, 2) != kLineEnd) return HeadError::line_end;
  const std::string_view lines{at, static_cast<std::size_t>(end - 2 - at)};
  const HeadError error = parse_field_lines(lines, limits, out);
  return error != HeadError::none ? error : look_through(out, seen);
}

// --- What the fields mean to a request and to a response

// RFC 9112 §3.2: exactly one Host in HTTP/1.1, and the target may not name another.
HeadError read_host(const Seen& seen, RequestHead& out) {
  if (seen.hosts > 1) return HeadError::host_repeated;
  if (seen.hosts == 0) {
    return out.version == Version::http11 ? HeadError::host_missing : HeadError::none;
  }
  const auto host = canonical_authority(seen.host->value, out.fields.arena());
  if (!host) return HeadError::host;
  if (!out.authority.empty() && out.authority != *host) return HeadError::host_mismatch;
  out.authority = *host;
  return HeadError::none;
}

HeadError apply(const Seen& seen, RequestHead& out) {
  out.keep_alive = keeps_alive(seen.options, out.version);
  HeadError error = read_host(seen, out);
  if (error != HeadError::none) return error;
  error = read_framing(seen, out.version, out.framing, out.content_length);
  if (error != HeadError::none) return error;
  if (seen.expects_other) return HeadError::expectation;
  const bool http11 = out.version == Version::http11;
  // RFC 9110 §10.1.1: ignored in HTTP/1.0; senseless, and so ignored, without content.
  out.expect_continue = seen.expects_continue && http11 && out.framing != Framing::none;
  out.accepts_trailers = seen.accepts_trailers && http11;
  // RFC 9110 §7.8: ignored in HTTP/1.0. Several Upgrade fields are more than we need to understand.
  if (seen.options.upgrade && seen.upgrades == 1 && http11) out.upgrade = seen.upgrade->value;
  return HeadError::none;
}

// RFC 9112 §6.3, in its order.
HeadError apply(const Seen& seen, Method method, ResponseHead& out) {
  out.keep_alive = keeps_alive(seen.options, out.version);
  const bool informational = out.status < 200;
  if ((informational || out.status == 204) && seen.lengths + seen.codings != 0) {
    return HeadError::unexpected_body;
  }
  if (out.status == 101) {  // RFC 9110 §15.2.2
    if (!seen.options.upgrade || seen.upgrades != 1 || seen.upgrade->value.empty()) {
      return HeadError::switched_to_none;
    }
    out.upgrade = seen.upgrade->value;
  }
  const bool connected = method == Method::connect && out.status >= 200 && out.status < 300;
  if (out.status == 101 || connected) {
    out.framing = Framing::tunnel;
    out.keep_alive = false;
    return HeadError::none;
  }
  out.framing = Framing::until_close;
  const HeadError error = read_framing(seen, out.version, out.framing, out.content_length);
  if (error != HeadError::none) return error;
  if (method == Method::head || informational || out.status == 204 || out.status == 304) {
    out.framing = Framing::none;
  }
  if (out.framing == Framing::until_close) out.keep_alive = false;
  return HeadError::none;
}

}  // namespace

std::string_view to_text(HeadError error) {
  switch (error) {
    case HeadError::none:
      return "none";
    case HeadError::line_end:
      return "a bare CR or LF";
    case HeadError::forbidden_byte:
      return "a control character";
    case HeadError::start_line:
      return "a start line of another form";
    case HeadError::method:
      return "a method that is no token of at most 32 bytes";
    case HeadError::target:
      return "a request target of no known form";
    case HeadError::uri_too_long:
      return "a request target that is too long";
    case HeadError::version:
      return "a version other than HTTP/1.0 and HTTP/1.1";
    case HeadError::head_too_large:
      return "a head that is too large";
    case HeadError::too_many_fields:
      return "too many fields";
    case HeadError::field_name:
      return "a field name that is no token";
    case HeadError::folded_field:
      return "a folded field";
    case HeadError::host_missing:
      return "no Host";
    case HeadError::host_repeated:
      return "more than one Host";
    case HeadError::host:
      return "a Host that is not host[:port]";
    case HeadError::host_mismatch:
      return "a Host unlike the target";
    case HeadError::content_length:
      return "a Content-Length that is no number";
    case HeadError::content_length_repeated:
      return "more than one Content-Length";
    case HeadError::length_and_coding:
      return "Content-Length beside Transfer-Encoding";
    case HeadError::coding:
      return "a Transfer-Encoding out of order";
    case HeadError::coding_unknown:
      return "a transfer coding other than chunked";
    case HeadError::connection:
      return "a Connection field that names what it may not";
    case HeadError::expectation:
      return "an unknown expectation";
    case HeadError::status:
      return "a status outside 100 to 599";
    case HeadError::unexpected_body:
      return "a body where the status allows none";
    case HeadError::switched_to_none:
      return "a 101 that names no protocol";
    case HeadError::timed_out:
      return "a head that did not arrive whole in time";
  }
  return "unknown";
}

std::uint16_t status_of(HeadError error) {
  if (error == HeadError::none) return 200;
  if (error == HeadError::timed_out) return 408;
  if (error == HeadError::uri_too_long) return 414;
  if (error == HeadError::expectation) return 417;
  if (error == HeadError::head_too_large || error == HeadError::too_many_fields) return 431;
  if (error == HeadError::coding_unknown) return 501;
  if (error == HeadError::version) return 505;
  return 400;
}

HeadScanner::Found HeadScanner::scan(std::string_view bytes) {
  const char* const data = bytes.data();
  while (true) {
    const auto at =
        static_cast<std::size_t>(end_of_value(data + looked_, data + bytes.size()) - data);
    looked_ = at;
    if (at - begin_ > head_bytes_max_) return too_large();
    if (at == bytes.size()) return {};
    if (data[at] != '\r') return malformed(error_of_byte(data[at]));
    if (at + 2 - begin_ > head_bytes_max_) return too_large();
    if (at + 1 == bytes.size()) return {};
    if (data[at + 1] != '\n') return malformed(HeadError::line_end);
    looked_ = at + 2;
    if (at == line_) {
      if (line_ != begin_) return {State::complete, HeadError::none, begin_, looked_};
      const bool may = kind_ == HeadKind::request && begin_ < 2 * kLeadingEmptyLinesMax;
      if (!may) return malformed(HeadError::start_line);
      begin_ = looked_;
    }
    line_ = looked_;
  }
}

HeadScanner::Found HeadScanner::malformed(HeadError error) const {
  return {State::malformed, error, begin_, begin_};
}

HeadScanner::Found HeadScanner::too_large() const {
  const bool in_start_line = kind_ == HeadKind::request && line_ == begin_;
  return malformed(in_start_line ? HeadError::uri_too_long : HeadError::head_too_large);
}

HeadError parse_field_lines(std::string_view lines, const HeadLimits& limits, FieldList& out) {
  const char* at = lines.data();
  const char* const end = at + lines.size();
  while (at != end) {
    Field field;
    if (const HeadError error = read_field(at, end, field); error != HeadError::none) return error;
    if (out.size() >= limits.fields_max || !out.add(field)) return HeadError::too_many_fields;
  }
  return HeadError::none;
}

HeadError parse_request_head(std::string_view head, const HeadLimits& limits, RequestHead& out) {
  const char* at = head.data();
  const char* const end = at + head.size();
  HeadError error = read_request_line(at, end, limits, out);
  if (error != HeadError::none) return error;
  if (head.size() > limits.head_bytes_max) return HeadError::head_too_large;
  Seen seen;
  error = read_fields(at, end, limits, out.fields, seen);
  return error != HeadError::none ? error : apply(seen, out);
}

HeadError parse_response_head(std::string_view head, const HeadLimits& limits, Method method,
                              ResponseHead& out) {
  if (head.size() > limits.head_bytes_max) return HeadError::head_too_large;
  const char* at = head.data();
  const char* const end = at + head.size();
  HeadError error = read_status_line(at, end, out);
  if (error != HeadError::none) return error;
  Seen seen;
  error = read_fields(at, end, limits, out.fields, seen);
  return error != HeadError::none ? error : apply(seen, method, out);
}

bool parse_content_length(std::string_view value, std::uint64_t& length) {
  if (value.empty() || value.size() > 19) return false;  // 19 digits always fit
  std::uint64_t sum = 0;
  for (const char c : value) {
    if (!is_digit(c)) return false;
    sum = sum * 10 + static_cast<std::uint64_t>(c - '0');
  }
  length = sum;
  return true;
}

void remove_hop_by_hop(FieldList& fields) {
  std::array<std::string_view, kConnectionOptionsMax> named;
  std::size_t count = 0;
  for (const Field& field : fields) {
    if (field.id != FieldId::connection) continue;
    all_members(field.value, [&](std::string_view name) {
      if (count == named.size()) return false;
      named[count++] = name;
      return true;
    });
  }
  const auto end = named.begin() + static_cast<std::ptrdiff_t>(count);
  fields.remove_if([&](const Field& field) {
    if (is_hop_by_hop(field.id)) return true;
    return std::any_of(named.begin(), end, [&field](std::string_view name) {
      return equals_ignoring_case(name, field.name);
    });
  });
}

}  // namespace gatehouse
