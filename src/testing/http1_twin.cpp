#include "testing/http1_twin.h"

#include <algorithm>
#include <optional>

namespace gatehouse::testing {
namespace {

using Strings = std::vector<std::string>;

// --- RFC 5234 and RFC 9110 §5.6: the basic rules

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_figure(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_figure(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_vchar(char c) { return c > ' ' && c < '\x7f'; }
bool is_obs_text(char c) { return static_cast<unsigned char>(c) >= 0x80; }

bool is_tchar(char c) {
  return is_alpha(c) || is_figure(c) ||
         (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

template <class Is>
bool each(std::string_view text, Is is) {
  for (const char c : text) {
    if (!is(c)) return false;
  }
  return true;
}

bool is_a_token(std::string_view text) { return !text.empty() && each(text, is_tchar); }

bool is_field_content(std::string_view text) {
  return each(text, [](char c) { return is_vchar(c) || is_obs_text(c) || c == ' ' || c == '\t'; });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

std::string without_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

Strings split(std::string_view text, std::string_view separator) {
  Strings parts;
  std::size_t at = 0;
  for (std::size_t next; (next = text.find(separator, at)) != std::string_view::npos;) {
    parts.emplace_back(text.substr(at, next - at));
    at = next + separator.size();
  }
  parts.emplace_back(text.substr(at));
  return parts;
}

Strings list_members(std::string_view value) {
  Strings members;
  for (const std::string& part : split(value, ",")) {
    if (const std::string member = without_blanks(part); !member.empty()) members.push_back(member);
  }
  return members;
}

Strings values_of(const TwinFields& fields, std::string_view name) {
  Strings values;
  for (const auto& [field, value] : fields) {
    if (lower(field) == name) values.push_back(value);
  }
  return values;
}

// --- RFC 9112 §5: field-line = field-name ":" OWS field-value OWS

std::optional<TwinFields> read_field_lines(const Strings& lines, const TwinLimits& limits) {
  TwinFields fields;
  for (const std::string& line : lines) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) return std::nullopt;
    const std::string name = line.substr(0, colon);
    const std::string value = line.substr(colon + 1);
    if (!is_a_token(name) || !is_field_content(value)) return std::nullopt;
    fields.emplace_back(name, without_blanks(value));
  }
  if (fields.size() > limits.fields_max) return std::nullopt;
  return fields;
}

// The lines of a head, of which the last two are empty because it ends with CRLF CRLF.
std::optional<Strings> head_lines(std::string_view head, const TwinLimits& limits) {
  if (head.size() > limits.head_bytes_max) return std::nullopt;
  Strings lines = split(head, "\r\n");
  if (lines.size() < 3 || !lines[lines.size() - 1].empty() || !lines[lines.size() - 2].empty()) {
    return std::nullopt;
  }
  lines.resize(lines.size() - 2);
  for (const std::string& line : lines) {
    if (line.empty() || line.find_first_of("\r\n") != std::string::npos) return std::nullopt;
  }
  return lines;
}

// --- RFC 3986 §3.2: authority, without user information

std::optional<std::vector<int>> hex_groups(std::string_view text) {
  std::vector<int> groups;
  if (text.empty()) return groups;
  const Strings parts = split(text, ":");
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string& part = parts[i];
    if (i + 1 == parts.size() && part.find('.') != std::string::npos) {  // IPv4 at the end
      const Strings octets = split(part, ".");
      if (octets.size() != 4) return std::nullopt;
      for (const std::string& octet : octets) {
        const bool fits = !octet.empty() && octet.size() <= 3 && each(octet, is_figure) &&
                          std::stoi(octet) <= 255 && (octet.size() == 1 || octet[0] != '0');
        if (!fits) return std::nullopt;
      }
      groups.insert(groups.end(), {0, 0});
    } else {
      if (part.empty() || part.size() > 4 || !each(part, is_hex)) return std::nullopt;
      groups.push_back(0);
    }
  }
  return groups;
}

bool is_ipv6(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    const auto groups = hex_groups(text);
    return groups && groups->size() == 8;
  }
  const std::string_view before = text.substr(0, gap);
  if (before.find('.') != std::string_view::npos) return false;
  const auto left = hex_groups(before);
  const auto right = hex_groups(text.substr(gap + 2));
  return left && right && left->size() + right->size() <= 7;
}

// Stricter: of a reg-name only what names use; no empty port, none with leading zeros.
std::optional<std::string> read_authority(std::string_view text) {
  std::size_t host_bytes = text.find(':');
  if (!text.empty() && text[0] == '[') {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    host_bytes = text.find(':', bracket);
  }
  std::string host = lower(text.substr(0, host_bytes));
  std::string port;
  if (host_bytes != std::string_view::npos) {
    port = text.substr(host_bytes + 1);
    if (port.empty() || port.size() > 5 || !each(port, is_figure) || port[0] == '0') {
      return std::nullopt;
    }
    if (std::stoi(port) > 65535) return std::nullopt;
    port = ":" + port;
  }
  if (!host.empty() && host.back() == '.') host.pop_back();
  if (host.empty() || host.size() > 255) return std::nullopt;
  if (host[0] == '[') {
    if (host.back() != ']' || !is_ipv6(std::string_view(host).substr(1, host.size() - 2))) {
      return std::nullopt;
    }
    return host + port;
  }
  for (const std::string& label : split(host, ".")) {
    const bool fits = !label.empty() && each(label, [](char c) {
      return is_alpha(c) || is_figure(c) || c == '-' || c == '_';
    });
    if (!fits) return std::nullopt;
  }
  return host + port;
}

// --- RFC 9112 §3: request-line = method SP request-target SP HTTP-version

void split_target(std::string_view text, TwinHead& head) {
  const std::size_t mark = text.find('?');
  head.path = text.substr(0, mark);
  head.has_query = mark != std::string_view::npos;
  if (head.has_query) head.query = text.substr(mark + 1);
}

bool read_target(TwinHead& head) {
  const std::string& target = head.target;
  // Stricter than a browser, as RFC 3986 is: no fragment, backslash, quote or angle bracket.
  const bool fits = !target.empty() && each(target, [](char c) {
    return is_vchar(c) && std::string_view("\"#<>\\").find(c) == std::string_view::npos;
  });
  if (!fits) return false;
  if (head.method == "CONNECT") {  // §3.2.3: only the authority-form, with a port
    const auto authority = read_authority(target);
    if (!authority) return false;
    head.authority = *authority;
    const std::size_t colon = authority->rfind(':');
    return colon != std::string::npos && authority->find(']', colon) == std::string::npos;
  }
  if (target == "*") {  // §3.2.4: only for OPTIONS
    head.path = "*";
    return head.method == "OPTIONS";
  }
  if (target[0] == '/') {  // §3.2.1
    split_target(target, head);
    return true;
  }
  // §3.2.2: absolute-form
  const std::string start = lower(target.substr(0, 8));
  std::size_t scheme_bytes = 0;
  if (start.substr(0, 7) == "http://") scheme_bytes = 7;
  if (start == "https://") scheme_bytes = 8;
  if (scheme_bytes == 0) return false;
  const std::size_t end = target.find_first_of("/?", scheme_bytes);
  const auto authority = read_authority(target.substr(
      scheme_bytes, end == std::string::npos ? std::string::npos : end - scheme_bytes));
  if (!authority) return false;
  head.authority = *authority;
  split_target(end == std::string::npos ? "" : target.substr(end), head);
  if (head.path.empty()) head.path = head.method == "OPTIONS" && !head.has_query ? "*" : "/";
  return true;
}

bool read_version(std::string_view text, TwinHead& head) {
  if (text != "HTTP/1.0" && text != "HTTP/1.1") return false;
  head.minor_version = text.back() - '0';
  return true;
}

// --- Connection, RFC 9110 §7.6.1

// Stricter: nobody may nominate a field that others than this hop rely on.
bool may_be_nominated(const std::string& name) {
  if (name.rfind("content-", 0) == 0 || name.rfind("x-forwarded-", 0) == 0) return false;
  for (const char* relied_on : {"accept",        "accept-encoding",
                                "alt-svc",       "authorization",
                                "cache-control", "cookie",
                                "date",          "expect",
                                "forwarded",     "host",
                                "location",      "origin",
                                "referer",       "server",
                                "set-cookie",    "traceparent",
                                "tracestate",    "transfer-encoding",
                                "user-agent",    "via",
                                "x-request-id"}) {
    if (name == relied_on) return false;
  }
  return true;
}

bool read_connection(TwinHead& head, bool& upgrade) {
  bool close = false;
  bool keep_alive = false;
  std::size_t count = 0;
  for (const std::string& value : values_of(head.fields, "connection")) {
    for (const std::string& member : list_members(value)) {
      if (++count > 32 || !is_a_token(member)) return false;
      const std::string option = lower(member);
      if (option == "close") close = true;
      if (option == "keep-alive") keep_alive = true;
      if (option == "upgrade") upgrade = true;
      if (!may_be_nominated(option)) return false;
    }
  }
  // RFC 9112 §9.3
  head.keep_alive = !close && (head.minor_version == 1 || keep_alive);
  return true;
}

// --- Framing, RFC 9112 §6

bool read_framing(TwinHead& head) {
  const Strings codings = values_of(head.fields, "transfer-encoding");
  const Strings lengths = values_of(head.fields, "content-length");
  if (!codings.empty() && !lengths.empty()) return false;
  if (codings.size() > 1 || lengths.size() > 1) return false;
  if (!codings.empty()) {
    head.framing = "chunked";
    return head.minor_version == 1 && lower(codings[0]) == "chunked";
  }
  if (!lengths.empty()) {
    head.framing = "length";
    // Stricter: at most 19 digits.
    if (lengths[0].empty() || lengths[0].size() > 19 || !each(lengths[0], is_figure)) return false;
    head.content_length = std::stoull(lengths[0]);
  }
  return true;
}

}  // namespace

TwinHead twin_request(std::string_view bytes, const TwinLimits& limits) {
  TwinHead head;
  const auto lines = head_lines(bytes, limits);
  if (!lines) return head;
  const Strings parts = split(lines->front(), " ");
  if (parts.size() != 3 || !is_a_token(parts[0]) || parts[0].size() > 32) return head;
  head.method = parts[0];
  head.target = parts[1];
  if (!read_version(parts[2], head) || head.target.size() > limits.uri_bytes_max) return head;
  if (!read_target(head)) return head;

  const auto fields = read_field_lines({lines->begin() + 1, lines->end()}, limits);
  if (!fields) return head;
  head.fields = *fields;

  // §3.2: one Host in HTTP/1.1, a valid one; stricter: that of the target, where it names one.
  const Strings hosts = values_of(head.fields, "host");
  if (hosts.size() > 1 || (hosts.empty() && head.minor_version == 1)) return head;
  if (!hosts.empty()) {
    const auto host = read_authority(hosts[0]);
    if (!host || (!head.authority.empty() && head.authority != *host)) return head;
    head.authority = *host;
  }
  bool upgrade = false;
  head.framing = "none";
  if (!read_connection(head, upgrade) || !read_framing(head)) return head;
  for (const std::string& value : values_of(head.fields, "expect")) {
    if (lower(value) != "100-continue") return head;
    head.expect_continue = head.minor_version == 1 && head.framing != "none";
  }
  const Strings upgrades = values_of(head.fields, "upgrade");
  if (upgrade && upgrades.size() == 1 && head.minor_version == 1) head.upgrade = upgrades[0];
  head.accepted = true;
  return head;
}

TwinHead twin_response(std::string_view bytes, std::string_view method, const TwinLimits& limits) {
  TwinHead head;
  const auto lines = head_lines(bytes, limits);
  if (!lines) return head;
  // §4: status-line = HTTP-version SP status-code SP [ reason-phrase ]; leniently, the last SP may
  // be missing.
  const std::string& line = lines->front();
  if (line.size() < 12 || !read_version(line.substr(0, 8), head) || line[8] != ' ') return head;
  const std::string code = line.substr(9, 3);
  if (!each(code, is_figure) || code < "100" || code > "599") return head;
  head.status = std::stoi(code);
  if (line.size() > 12 && line[12] != ' ') return head;
  if (line.size() > 12 && !is_field_content(line.substr(13))) return head;
  if (line.size() > 12) head.reason = without_blanks(line.substr(13));

  const auto fields = read_field_lines({lines->begin() + 1, lines->end()}, limits);
  if (!fields) return head;
  head.fields = *fields;
  bool upgrade = false;
  if (!read_connection(head, upgrade)) return head;

  const bool framed = !values_of(head.fields, "content-length").empty() ||
                      !values_of(head.fields, "transfer-encoding").empty();
  const bool informational = code[0] == '1';
  if ((informational || code == "204") && framed) return head;  // stricter
  if (code == "101") {  // RFC 9110 §15.2.2: the server names the protocol
    const Strings upgrades = values_of(head.fields, "upgrade");
    if (!upgrade || upgrades.size() != 1 || upgrades[0].empty()) return head;
    head.upgrade = upgrades[0];
  }
  if (code == "101" || (method == "CONNECT" && code[0] == '2')) {
    head.framing = "tunnel";
  } else {
    head.framing = "until_close";
    if (!read_framing(head)) return head;
    if (informational || code == "204" || code == "304" || method == "HEAD") head.framing = "none";
  }
  if (head.framing == "tunnel" || head.framing == "until_close") head.keep_alive = false;
  head.accepted = true;
  return head;
}

// --- RFC 9112 §7.1

namespace {

// The next line, if all of it is there. Malformed as soon as what is there can't begin a right one.
struct Line {
  TwinEnd end = TwinEnd::missing;
  std::string text;
};

Line read_line(std::string_view bytes, std::size_t& at) {
  const std::string_view rest = bytes.substr(at);
  const std::size_t stop = rest.find_first_of("\r\n");
  Line line{TwinEnd::missing, std::string(rest.substr(0, stop))};
  if (!is_field_content(line.text)) line.end = TwinEnd::malformed;
  if (line.end == TwinEnd::malformed || stop == std::string_view::npos) return line;
  if (rest[stop] == '\n') return {TwinEnd::malformed, {}};
  if (stop + 1 == rest.size()) return line;
  if (rest[stop + 1] != '\n') return {TwinEnd::malformed, {}};
  line.end = TwinEnd::reached;
  at += stop + 2;
  return line;
}

// chunk-size [ chunk-ext ]; `line` may still be growing.
bool is_chunk_line(const Line& line, std::size_t& extensions) {
  const std::string& text = line.text;
  const std::size_t digits = std::min(text.find(';'), text.size());
  if (!each(std::string_view(text).substr(0, digits), is_hex) || digits > 16) return false;
  if (digits == 0 && (line.end == TwinEnd::reached || !text.empty())) return false;
  if (digits == 16 && text[0] > '7') return false;  // stricter: below 2^63
  extensions += text.size() - digits;
  return text.size() - digits <= 256 && extensions <= 16 * 1024;  // stricter: bounded
}

bool frames_or_routes(const std::string& name) {
  for (const char* refused :
       {"connection", "content-length", "host", "keep-alive", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade"}) {
    if (name == refused) return true;
  }
  return false;
}

TwinEnd read_trailers(std::string_view bytes, std::size_t& at, const TwinLimits& limits,
                      TwinFields& trailers) {
  Strings lines;
  std::size_t total = 0;
  while (true) {
    const Line line = read_line(bytes, at);
    if (line.end == TwinEnd::malformed) return TwinEnd::malformed;
    // A CR that may begin a trailer's end counts as soon as it is there.
    const bool feed_missing = line.end == TwinEnd::missing && bytes.back() == '\r';
    const std::size_t bytes_now = line.text.size() + (line.end == TwinEnd::reached ? 2 : 0) +
                                  (feed_missing && !line.text.empty() ? 1 : 0);
    if (!line.text.empty() && total + bytes_now > limits.head_bytes_max) return TwinEnd::malformed;
    if (line.end == TwinEnd::missing) return TwinEnd::missing;
    if (line.text.empty()) break;
    total += bytes_now;
    lines.push_back(line.text);
  }
  const auto fields = read_field_lines(lines, limits);
  if (!fields) return TwinEnd::malformed;
  for (const auto& [name, value] : *fields) {
    if (frames_or_routes(lower(name))) return TwinEnd::malformed;
  }
  trailers = *fields;
  return TwinEnd::reached;
}

}  // namespace

TwinBody twin_chunked(std::string_view bytes, const TwinLimits& limits) {
  TwinBody body;
  std::size_t at = 0;
  std::size_t extensions = 0;
  const auto ended = [&body](TwinEnd end) {
    body.end = end;
    return body;
  };
  while (true) {
    const Line line = read_line(bytes, at);
    if (line.end == TwinEnd::malformed || !is_chunk_line(line, extensions)) {
      return ended(TwinEnd::malformed);
    }
    // A CR directly at the start can't end a size line.
    if (line.end == TwinEnd::missing) {
      const bool lone = line.text.empty() && at < bytes.size();
      return ended(lone ? TwinEnd::malformed : TwinEnd::missing);
    }
    const std::uint64_t size = std::stoull(line.text.substr(0, line.text.find(';')), nullptr, 16);
    if (size == 0) break;
    const std::string_view data = bytes.substr(at, size);
    body.content += data;
    at += data.size();
    if (data.size() < size) return ended(TwinEnd::missing);
    const std::string_view after = bytes.substr(at, 2);
    if (after != std::string_view("\r\n").substr(0, after.size())) {
      return ended(TwinEnd::malformed);
    }
    if (after.size() < 2) return ended(TwinEnd::missing);
    at += 2;
  }
  body.end = read_trailers(bytes, at, limits, body.trailers);
  body.bytes = at;
  return body;
}

}  // namespace gatehouse::testing
