// http/http2_sink: the content of one HTTP/2 response on its way to the peer.
//
// Place    one a stream; the exchange puts bytes in, the session takes them out as the peer's
//          credit and the connection allow.
// Holds    a pooled buffer while there is unsent content, at most kHighWaterBytes of it.
// Full     write() takes less, down to nothing; drained() waits.
// Limits   whether anybody waits or not: unsent content that doesn't move for idle_time, or
//          moves below the minimum rate, breaks the stream.
#pragma once

#include <span>

#include "base/buffer_pool.h"
#include "http/pace.h"
#include "http/session.h"
#include "http/stream.h"
#include "net/loop.h"

namespace gatehouse {

class Http2Stream;

class Http2Sink final : public Sink {
 public:
  Http2Sink(Http2Stream& stream, Loop& loop, BufferPool& buffers, const TransferLimits& limits,
            Arena& arena);
  ~Http2Sink();

  // The session's side.
  void open(Framing framing, std::uint64_t length);  // content may come
  void fail(StreamError why);
  std::size_t unsent() const { return end_ - begin_; }
  bool finished() const { return finished_; }
  bool has_trailers() const { return !trailers_.empty(); }
  const FieldList& trailers_out() const { return trailers_; }
  // Moves the first bytes into a frame; REQUIRES: into.size() <= unsent().
  void take(std::span<char> into);

  // Sink
  std::size_t write(std::string_view bytes) override;
  Task<bool> drained() override;
  void finish(const FieldList* trailers) override;
  void flush() override;
  StreamError error() const override { return error_; }
  std::uint64_t bytes_total() const override { return bytes_total_; }

 private:
  static void on_idle(void* self);

  Http2Stream& stream_;
  Loop& loop_;
  BufferPool& buffers_;
  const TransferLimits& limits_;
  Signal moved_;
  Timer idle_;
  Pace pace_;
  FieldList trailers_;
  BufferPool::Buffer buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t left_ = 0;  // of Framing::length
  std::uint64_t bytes_total_ = 0;
  StreamError error_ = StreamError::none;
  bool bounded_ = false;  // left_ counts
  bool finished_ = true;
};

}  // namespace gatehouse
