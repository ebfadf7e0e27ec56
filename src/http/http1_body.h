// http/http1_body: the chunked coding undone in place (RFC 9112 §7.1).
//
//   body    := chunk* last trailer* CRLF
//   chunk   := size [";" extension] CRLF data[size] CRLF      size: 1 to 16 hex digits, below 2^63
//   last    := "0"+ [";" extension] CRLF
//   trailer := a field line, as in a head
//
// Place    a connection's reader steps it over its buffer; content is shown where it lies there.
// Holds    a few numbers; trailers, and the lines on their way to become trailers, in the arena.
// Full     extensions: kExtensionBytesMax a line, kExtensionsBytesMax in all; trailers: HeadLimits.
// Errors   `malformed`, for good. Stricter than the RFC: no blank beside the size. An extension's
//          bytes are checked, its grammar is not: nobody here reads it and it is not passed on.
//
// Trailers (RFC 9110 §6.5.1): a field that frames, routes or belongs to a hop is malformed there.
// One that must be known before the content (credentials, cookies, conditions, content-*, forwarded
// ones, all that the gate itself reads) is left out and counted. What remains is handed on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/http1_head.h"

namespace gatehouse {

struct ChunkStep {
  enum class State : std::uint8_t { need_more, content, ended, malformed };
  State state = State::need_more;
  std::size_t consumed = 0;  // bytes that stand before the content, done with
  std::string_view content;  // follows them; the caller takes it whole before the next step
};

class ChunkedDecoder {
 public:
  static constexpr std::size_t kExtensionBytesMax = 256;
  static constexpr std::size_t kExtensionsBytesMax = 16 * 1024;

  ChunkedDecoder(Arena& arena, const HeadLimits& limits) : trailers_(arena), limits_(limits) {}

  // `bytes` continues where the last step's consumed and content ended. need_more consumed it all;
  // after `ended` the bytes past `consumed` belong to the next message.
  ChunkStep step(std::string_view bytes);

  const FieldList& trailers() const { return trailers_; }  // complete once ended
  std::size_t trailers_left_out() const { return left_out_; }

 private:
  enum class At : std::uint8_t {
    size_start,
    size,
    extension,
    size_feed,  // the LF of the size line
    data,
    data_return,
    data_feed,
    trailer_start,  // the first byte of a line
    trailer,
    trailer_feed,
    end_feed,  // the LF of the empty line
    ended,
    malformed
  };

  At next(char c);
  At next_of_size(char c);
  At next_of_extension(char c);
  At next_of_trailer(char c);
  bool keep(char c);
  bool read_trailers();

  FieldList trailers_;
  HeadLimits limits_;
  At at_ = At::size_start;
  std::uint64_t left_ = 0;  // of the chunk's data; its size while that is read
  std::size_t digits_ = 0;
  std::size_t extension_bytes_ = 0;   // of this line
  std::size_t extensions_bytes_ = 0;  // of all
  char* lines_ = nullptr;             // trailers so far, unread
  std::size_t lines_bytes_ = 0;
  std::size_t lines_capacity_ = 0;
  std::size_t left_out_ = 0;
};

}  // namespace gatehouse
