// http/http1_reader: the receiving half of an HTTP/1 connection: heads, then content, out of one
// pooled buffer.
//
// Place   one a connection, used by the server session and by the upstream connection alike.
// Holds   a buffer of BufferPool::kBufferBytes while bytes are in hand; none while it waits with
//         empty hands, within a message or between two. A complete head is copied into the
//         exchange's arena; content is shown where it lies.
// Waits   in more(), at most idle_time without a byte and above the minimum rate (a tunnel may be
//         silent). Waiting for a head is its owner's business.
#pragma once

#include <optional>
#include <string_view>

#include "base/buffer_pool.h"
#include "http/http1_body.h"
#include "http/http1_head.h"
#include "http/pace.h"
#include "http/session.h"
#include "http/stream.h"
#include "net/connection.h"

namespace gatehouse {

class Http1Reader final : public Body {
 public:
  enum class HeadStep : std::uint8_t {
    complete,   // head() is valid
    need_more,  // wait until the connection is ready for blocked_on()
    ended,      // the peer ended cleanly, before any byte of a head
    broken,     // the peer ended or failed within a head
    malformed,  // head_error() says how
    arena_full,
  };

  Http1Reader(Connection& connection, BufferPool& buffers, const TransferLimits& limits,
              const HeadLimits& head_limits, HeadKind kind);
  ~Http1Reader();

  // Reads and scans as far as it goes without waiting; on `complete` the head lies in the arena.
  HeadStep step_head(Arena& arena);
  std::string_view head() const { return head_; }
  HeadError head_error() const { return head_error_; }
  Io blocked_on() const { return blocked_on_; }

  // Begins the content that follows a head.
  void start_body(Framing framing, std::uint64_t length, Arena& arena);
  // More content than this is too_large; 0: no bound.
  void bound_body(std::uint64_t bytes_max) { body_bytes_max_ = bytes_max; }

  // Bytes read and not yet taken; between messages they belong to the next one.
  std::string_view in_hand() const { return {buffer_.get() + begin_, end_ - begin_}; }
  bool is_empty() const { return begin_ == end_; }

  void fail(StreamError why) {
    if (error_ == StreamError::none) error_ = why;
  }

  // Body
  std::string_view peek() override;
  void consume(std::size_t bytes) override;
  bool ended() const override { return ended_; }
  Task<bool> more() override;
  void cancel() override;
  bool cancelled() const { return cancelled_; }
  StreamError error() const override { return error_; }
  std::uint64_t bytes_total() const override { return content_bytes_; }
  const FieldList& trailers() const override { return *trailers_; }

 private:
  void release_if_empty();
  std::string_view content_in_hand();
  IoResult fill();
  void decode();
  static void on_idle(void* self);

  Connection& connection_;
  BufferPool& buffers_;
  const TransferLimits& limits_;
  const HeadLimits& head_limits_;
  const HeadKind kind_;
  Timer idle_;
  Pace pace_;
  BufferPool::Buffer buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  HeadScanner scanner_;
  std::string_view head_;
  HeadError head_error_{};
  std::optional<ChunkedDecoder> decoder_;
  std::string_view content_;  // chunked: found by the decoder, not yet consumed; begins at begin_
  Framing framing_ = Framing::none;
  StreamError error_ = StreamError::none;
  bool ended_ = true;
  bool cancelled_ = false;
  Io blocked_on_ = Io::would_read;
  std::uint64_t left_ = 0;  // of Framing::length
  std::uint64_t content_bytes_ = 0;
  std::uint64_t body_bytes_max_ = 0;
  std::optional<FieldList> trailers_;
};

}  // namespace gatehouse
