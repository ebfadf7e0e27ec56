// http/http1_head: finds the end of an HTTP/1 head and reads it, strictly (RFC 9112, RFC 9110).
//
// Place    sessions and upstream connections feed it; what it fills is what all others see.
// Holds    nothing: views point into the head's own bytes, which lie in the exchange's arena; a
//          copy is made there only of an authority that must be lower-cased.
// Full     HeadLimits; what passes one is refused with 414 or 431.
// Errors   one HeadError, whose status_of() is the answer that a client deserves; of a response,
//          every error is a 502.
//
// Where the RFC leaves a choice, or leniency is the root of smuggling, we refuse: a bare CR or LF,
// obs-fold, a blank before the colon, Content-Length beside Transfer-Encoding, a repeated
// Content-Length even of equal values, any coding but `chunked`, either header framing in the
// version that doesn't know it, a target's authority unlike Host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/message.h"

namespace gatehouse {

struct HeadLimits {
  std::size_t head_bytes_max = 32 * 1024;
  std::size_t fields_max = 100;
  std::size_t uri_bytes_max = 8 * 1024;
  bool operator==(const HeadLimits&) const = default;
};

enum class HeadError : std::uint8_t {
  none,
  line_end,         // a bare CR or LF
  forbidden_byte,   // NUL or another control character
  start_line,       // not three parts with one space between them
  method,           // not a token of at most kMethodBytesMax
  target,           // of no form that fits the method, or with bytes that no target has
  uri_too_long,     // 414
  version,          // 505
  head_too_large,   // 431, also when the arena is full
  too_many_fields,  // 431
  field_name,       // not a token directly followed by a colon
  folded_field,     // obs-fold, or a blank before the first field
  host_missing,
  host_repeated,
  host,           // not host[:port]
  host_mismatch,  // the target names another one
  content_length,
  content_length_repeated,
  length_and_coding,  // Content-Length and Transfer-Encoding
  coding,             // Transfer-Encoding repeated, empty, `chunked` not last, or in HTTP/1.0
  coding_unknown,     // 501
  connection,         // Connection: not a list of tokens, too long, or naming an end-to-end field
  expectation,        // 417
  status,             // not 100 to 599
  unexpected_body,    // a 1xx or 204 with Content-Length or Transfer-Encoding
  switched_to_none,   // a 101 without Connection: upgrade and one Upgrade
  timed_out,          // 408: the head did not arrive whole within its time
};

// A few words for the log and the error page: "a bare CR or LF".
std::string_view to_text(HeadError error);

// 400, 408, 414, 417, 431, 501 or 505; 200 of none.
std::uint16_t status_of(HeadError error);

inline constexpr std::size_t kMethodBytesMax = 32;
inline constexpr std::size_t kConnectionOptionsMax = 32;
inline constexpr std::size_t kLeadingEmptyLinesMax = 2;  // RFC 9112 §2.2

enum class HeadKind : std::uint8_t { request, response };

// Looks for the end of one head in a buffer that grows, and never looks at a byte twice.
class HeadScanner {
 public:
  enum class State : std::uint8_t { need_more, complete, malformed };
  struct Found {
    State state = State::need_more;
    HeadError error = HeadError::none;
    std::size_t begin = 0;  // after the empty lines that may precede a request
    std::size_t end = 0;    // past the empty line: head is [begin, end)
  };

  explicit HeadScanner(HeadKind kind, const HeadLimits& limits = {})
      : kind_(kind), head_bytes_max_(limits.head_bytes_max) {}

  // `bytes` starts with the same byte each time. The buffer may move between calls.
  Found scan(std::string_view bytes);

 private:
  Found malformed(HeadError error) const;
  Found too_large() const;

  HeadKind kind_;
  std::size_t head_bytes_max_;
  std::size_t line_ = 0;    // where the line that is not whole yet begins
  std::size_t looked_ = 0;  // all before was looked at
  std::size_t begin_ = 0;
};

// `head` runs from the first byte of the start line past the empty line. `out` is fresh. After an
// error `out` holds what was understood before it, good enough for the event.
[[nodiscard]] HeadError parse_request_head(std::string_view head, const HeadLimits& limits,
                                           RequestHead& out);

// `method` of the request that it answers decides about the body (RFC 9112 §6.3). A 101, and a 2xx
// to CONNECT, are Framing::tunnel; whether a 101 was asked for is the caller's to judge.
[[nodiscard]] HeadError parse_response_head(std::string_view head, const HeadLimits& limits,
                                            Method method, ResponseHead& out);

// Reads `lines`, each with its CRLF and without the empty line at the end, into `out`: the field
// section of a head, or of trailers.
[[nodiscard]] HeadError parse_field_lines(std::string_view lines, const HeadLimits& limits,
                                          FieldList& out);

// The value of a Content-Length: 1 to 19 digits and nothing else, or false.
[[nodiscard]] bool parse_content_length(std::string_view value, std::uint64_t& length);

// Removes what is meant for this hop alone: Connection and every field that it names, Keep-Alive,
// Proxy-Connection, Proxy-Authenticate, Proxy-Authorization, TE, Transfer-Encoding, Upgrade,
// HTTP2-Settings. Trailer stays: it speaks to the reader of the content. Fields that Connection
// must not name were refused while reading.
void remove_hop_by_hop(FieldList& fields);

}  // namespace gatehouse
