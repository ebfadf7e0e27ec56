// http/http1_write: heads written as HTTP/1.1, into the exchange's arena.
//
// Place    the server session and the upstream connection call it once a message.
// Holds    nothing. One look finds a bound of the head's size, one piece of the arena takes it.
// Full     an empty view: the arena is full.
// Errors   an empty view also where method, target, authority or status can't stand in a start
//          line. A field with a byte that no field can hold, or with a name that is no token, is
//          left out: nothing that somebody put into a value ends a line.
//
// What frames the message or belongs to this hop is written from the arguments alone. In the list,
// Host, Content-Length, Transfer-Encoding, TE, Upgrade, Connection, Keep-Alive, Proxy-Connection
// and HTTP2-Settings are passed over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "http/message.h"

namespace gatehouse {

// The request line, Host from the head's authority, framing, then the fields in their order.
// `spare` writable bytes follow the head in the arena. Framing is none, length or chunked; with
// none, a method that expects content says Content-Length: 0 (RFC 9110 §8.6). head.upgrade becomes
// Connection: upgrade, accepts_trailers TE: trailers.
std::string_view write_request_head(const RequestHead& head, Framing framing, std::uint64_t length,
                                    Arena& arena, std::size_t spare);

struct ResponseWriteOptions {
  bool close = false;       // Connection: close
  bool keep_alive = false;  // Connection: keep-alive, for a client of HTTP/1.0
  // Connection: upgrade, and this protocol, for a 101 whose head names none itself.
  std::string_view upgrade = {};
  // The message ends with its head. Its Content-Length is that of the fields, which speaks of what
  // a GET would have brought, or else 0, where the status allows one.
  bool no_content = false;
  bool answers_head = false;  // with no_content: an absent Content-Length stays absent
};

// The status line, framing, then the fields in their order. Framing is none, length, chunked,
// until_close or tunnel.
std::string_view write_response_head(const ResponseHead& head, Framing framing,
                                     std::uint64_t length, const ResponseWriteOptions& options,
                                     Arena& arena, std::size_t spare);

// Field lines for the end of a chunked body, without the empty line; a field that is not fit for a
// line, or that no longer fits into `out`, is left out. Returns the bytes written.
std::size_t write_field_lines(std::span<char> out, const FieldList& fields);

// "1a2b\r\n", the line before a chunk's data; returns the bytes written, at most
// kChunkLineBytesMax. A size of 0 would end the body and is the caller's fault.
inline constexpr std::size_t kChunkLineBytesMax = 18;
std::size_t write_chunk_line(std::span<char> out, std::uint64_t size);

// The phrase of RFC 9110 §15 and its companions; that of the class for others: "Client Error".
std::string_view reason_of(std::uint16_t status);

// May be written as a field: the name a token, no byte in the value that ends or breaks a line.
bool is_writable(const Field& field);

}  // namespace gatehouse
