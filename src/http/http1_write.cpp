#include "http/http1_write.h"

#include <array>
#include <cassert>
#include <charconv>
#include <cstring>

#include "http/characters.h"

namespace gatehouse {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
// Room for what is written from arguments: "Transfer-Encoding: chunked", "Content-Length: …",
// "Connection: …" and their like, but not the views among them.
constexpr std::size_t kOwnLinesBytesMax = 256;

// Writes on where the bound was computed beforehand, so it need not ask for room at each piece.
class Pen {
 public:
  explicit Pen(char* at) : begin_(at), at_(at) {}

  Pen& text(std::string_view text) {
    if (!text.empty()) std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
    return *this;
  }
  Pen& number(std::uint64_t value) {
    at_ = std::to_chars(at_, at_ + 20, value).ptr;
    return *this;
  }
  Pen& line(std::string_view name, std::string_view value) {
    return text(name).text(": ").text(value).text(kLineEnd);
  }
  Pen& content_length(std::uint64_t length) {
    return text("Content-Length: ").number(length).text(kLineEnd);
  }
  std::string_view written() const { return {begin_, static_cast<std::size_t>(at_ - begin_)}; }

 private:
  char* const begin_;
  char* at_;
};

bool is_value(std::string_view text) {
  const char* const end = text.data() + text.size();
  return end_of_value(text.data(), end) == end;
}

// Written from arguments, or meant for another hop.
bool is_passed_over(FieldId id) {
  constexpr std::uint64_t kSet = [] {
    std::uint64_t set = 0;
    for (const FieldId each :
         {FieldId::connection, FieldId::content_length, FieldId::host, FieldId::http2_settings,
          FieldId::keep_alive, FieldId::proxy_connection, FieldId::te, FieldId::transfer_encoding,
          FieldId::upgrade}) {
      set |= std::uint64_t{1} << static_cast<unsigned>(each);
    }
    return set;
  }();
  return (kSet >> static_cast<unsigned>(id) & 1) != 0;
}

std::size_t bytes_of(const FieldList& fields) {
  std::size_t bytes = 0;
  for (const Field& field : fields) bytes += field.name.size() + field.value.size() + 4;
  return bytes;
}

void write_fields(Pen& pen, const FieldList& fields) {
  for (const Field& field : fields) {
    if (!is_passed_over(field.id) && is_writable(field)) pen.line(field.name, field.value);
  }
}

bool expects_content(Method method) {
  return method == Method::post || method == Method::put || method == Method::patch;
}

// A response of this status never has content, nor a length of it (RFC 9110 §8.6).
bool has_no_length(std::uint16_t status) { return status < 200 || status == 204; }

void write_response_length(Pen& pen, const ResponseHead& head, Framing framing,
                           std::uint64_t length, const ResponseWriteOptions& options) {
  if (has_no_length(head.status) || framing == Framing::tunnel) return;
  if (framing == Framing::chunked) {
    pen.line("Transfer-Encoding", "chunked");
  } else if (framing == Framing::length) {
    pen.content_length(length);
  } else if (framing == Framing::none && options.no_content) {
    const Field* const field = head.fields.find(FieldId::content_length);
    const bool digits = field != nullptr && !field->value.empty() && field->value.size() <= 19 &&
                        field->value.find_first_not_of("0123456789") == std::string_view::npos;
    if (digits) {
      pen.line("Content-Length", field->value);
    } else if (head.framing == Framing::length) {
      pen.content_length(head.content_length);
    } else if (!options.answers_head && head.status != 304) {
      pen.content_length(0);
    }
  }
}

void write_connection(Pen& pen, std::string_view upgrade, const ResponseWriteOptions& options) {
  if (!upgrade.empty()) {
    pen.line("Connection", "upgrade").line("Upgrade", upgrade);
  } else if (options.close) {
    pen.line("Connection", "close");
  } else if (options.keep_alive) {
    pen.line("Connection", "keep-alive");
  }
}

struct Reason {
  std::uint16_t status;
  std::string_view text;
};
constexpr auto kReasons = std::to_array<Reason>({
    {100, "Continue"},
    {101, "Switching Protocols"},
    {102, "Processing"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {207, "Multi-Status"},
    {208, "Already Reported"},
    {226, "IM Used"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {305, "Use Proxy"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {424, "Failed Dependency"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {506, "Variant Also Negotiates"},
    {507, "Insufficient Storage"},
    {508, "Loop Detected"},
    {511, "Network Authentication Required"},
});

constexpr std::array<std::string_view, 6> kClasses = {
    "", "Informational", "Success", "Redirection", "Client Error", "Server Error"};

}  // namespace

bool is_writable(const Field& field) {
  // A name that has an id is a token.
  return (field.id != FieldId::other || is_token(field.name)) && is_value(field.value);
}

std::string_view write_request_head(const RequestHead& head, Framing framing, std::uint64_t length,
                                    Arena& arena, std::size_t spare) {
  const bool fit = is_token(head.method_text) && !head.target.empty() &&
                   all_in(head.target, kTarget) && all_in(head.authority, kTarget) &&
                   is_value(head.upgrade);
  if (!fit) return {};
  const std::size_t bound = head.method_text.size() + head.target.size() + head.authority.size() +
                            head.upgrade.size() + bytes_of(head.fields) + kOwnLinesBytesMax;
  char* const place = arena.take(bound + spare);
  if (place == nullptr) return {};

  Pen pen(place);
  pen.text(head.method_text).text(" ").text(head.target).text(" HTTP/1.1\r\n");
  pen.line("Host", head.authority);
  if (framing == Framing::chunked) {
    pen.line("Transfer-Encoding", "chunked");
  } else if (framing == Framing::length) {
    pen.content_length(length);
  } else if (expects_content(head.method)) {
    pen.content_length(0);
  }
  // RFC 9110 §7.8 and §10.1.4: who sends Upgrade or TE names it in Connection.
  if (!head.upgrade.empty()) {
    pen.line("Connection", head.accepts_trailers ? "upgrade, TE" : "upgrade");
    pen.line("Upgrade", head.upgrade);
  } else if (head.accepts_trailers) {
    pen.line("Connection", "TE");
  }
  if (head.accepts_trailers) pen.line("TE", "trailers");
  write_fields(pen, head.fields);
  pen.text(kLineEnd);
  assert(pen.written().size() <= bound);
  return pen.written();
}

// Six parameters: the last two say where the head goes, as in write_request_head.
// NOLINTNEXTLINE(readability-function-size)
std::string_view write_response_head(const ResponseHead& head, Framing framing,
                                     std::uint64_t length, const ResponseWriteOptions& options,
                                     Arena& arena, std::size_t spare) {
  const std::string_view upgrade = head.upgrade.empty() ? options.upgrade : head.upgrade;
  if (head.status < 100 || head.status > 599 || !is_value(upgrade)) return {};
  const bool own_reason = !head.reason.empty() && is_value(head.reason);
  const std::string_view reason = own_reason ? head.reason : reason_of(head.status);
  const std::size_t bound =
      reason.size() + upgrade.size() + bytes_of(head.fields) + kOwnLinesBytesMax;
  char* const place = arena.take(bound + spare);
  if (place == nullptr) return {};

  Pen pen(place);
  pen.text("HTTP/1.1 ").number(head.status).text(" ").text(reason).text(kLineEnd);
  write_response_length(pen, head, framing, length, options);
  write_connection(pen, upgrade, options);
  write_fields(pen, head.fields);
  pen.text(kLineEnd);
  assert(pen.written().size() <= bound);
  return pen.written();
}

std::size_t write_field_lines(std::span<char> out, const FieldList& fields) {
  std::size_t bytes = 0;
  for (const Field& field : fields) {
    const std::size_t line = field.name.size() + field.value.size() + 4;
    if (is_passed_over(field.id) || !is_writable(field) || line > out.size() - bytes) continue;
    Pen(out.data() + bytes).line(field.name, field.value);
    bytes += line;
  }
  return bytes;
}

std::size_t write_chunk_line(std::span<char> out, std::uint64_t size) {
  assert(size != 0 && out.size() >= kChunkLineBytesMax);
  char* const end = std::to_chars(out.data(), out.data() + 16, size, 16).ptr;
  std::memcpy(end, kLineEnd.data(), kLineEnd.size());
  return static_cast<std::size_t>(end - out.data()) + kLineEnd.size();
}

std::string_view reason_of(std::uint16_t status) {
  if (status == 200) return "OK";
  for (const Reason& reason : kReasons) {
    if (reason.status == status) return reason.text;
  }
  return status / 100 < kClasses.size() ? kClasses[status / 100] : std::string_view{};
}

}  // namespace gatehouse
