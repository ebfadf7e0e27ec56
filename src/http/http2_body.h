// http/http2_body: the content of one HTTP/2 request on its way to who reads it.
//
// Place    one a stream; the session puts bytes in, the exchange takes them out.
// Holds    a pooled buffer while there is unread content. The peer has no more credit than its
//          size, and gets it back only as bytes are consumed: a slow reader slows the sender.
// Full     cannot be but by a peer that ignores its credit, which the codec refuses before.
// Waits    in more(), at most idle_time without a byte and above the minimum rate.
#pragma once

#include "base/buffer_pool.h"
#include "http/pace.h"
#include "http/session.h"
#include "http/stream.h"
#include "net/loop.h"

namespace gatehouse {

class Http2Stream;

class Http2Body final : public Body {
 public:
  static constexpr std::size_t kWindowBytes = BufferPool::kBufferBytes;

  Http2Body(Http2Stream& stream, Loop& loop, BufferPool& buffers, const TransferLimits& limits,
            Arena& arena);
  ~Http2Body();

  // The session's side.
  void put(std::string_view bytes);
  void finish();  // after the last byte and the trailers
  void fail(StreamError why);
  void bound(std::uint64_t bytes_max);  // also what has come already
  FieldList& trailers_in() { return trailers_; }
  bool finished() const { return finished_; }

  // Body
  std::string_view peek() override { return {buffer_.get() + begin_, end_ - begin_}; }
  void consume(std::size_t bytes) override;
  bool ended() const override { return finished_ && begin_ == end_ && error_ == StreamError::none; }
  Task<bool> more() override;
  void cancel() override;
  StreamError error() const override { return error_; }
  std::uint64_t bytes_total() const override { return bytes_total_; }
  const FieldList& trailers() const override { return trailers_; }

 private:
  void forget_unread();
  static void on_idle(void* self);

  Http2Stream& stream_;
  Loop& loop_;
  BufferPool& buffers_;
  const TransferLimits& limits_;
  Signal arrived_;
  Timer idle_;
  Pace pace_;
  FieldList trailers_;
  BufferPool::Buffer buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t bytes_total_ = 0;
  std::uint64_t bytes_max_ = 0;
  StreamError error_ = StreamError::none;
  bool finished_ = false;
  bool cancelled_ = false;
};

}  // namespace gatehouse
