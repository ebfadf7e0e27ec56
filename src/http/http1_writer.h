// http/http1_writer: the sending half of an HTTP/1 connection: a head, then content framed as the
// head said.
//
// Place    one a connection, used by the server session and by the upstream connection alike.
// Holds    no content: write() hands it to the socket, and what the socket does not take stays with
//          the caller. The unsent part of a head lies in the exchange's arena, as do trailers;
//          chunk framing in a few bytes here. A chunk goes out with its end.
// Waits    in drained() and flushed(), each at most idle_time without progress, and above the
//          minimum rate.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "http/pace.h"
#include "http/session.h"
#include "http/stream.h"
#include "net/connection.h"
#include "net/timer_wheel.h"

namespace gatehouse {

class Http1Writer final : public Sink {
 public:
  // Free bytes that must follow a head in its storage, for the framing of the first chunk.
  static constexpr std::size_t kFramingBytes = 32;

  Http1Writer(Connection& connection, const TransferLimits& limits);

  // Begins a message. `head` is kept until sent; kFramingBytes after it are writable. Framing is
  // none, length, chunked, until_close or tunnel; `length` belongs to Framing::length.
  void start(std::string_view head, Framing framing, std::uint64_t length);
  // Sends bytes that stand before the message (an informational head): kept as a head until they
  // are sent. What pending() still shows must be the beginning of them, as of a head for start().
  void send_before(std::string_view bytes) { start(bytes, Framing::none, 0), flush(); }
  // What was not sent yet of an earlier head.
  std::string_view pending() const { return pending_; }

  // Sink
  std::size_t write(std::string_view bytes) override;
  Task<bool> drained() override;
  void finish(const FieldList* trailers) override;
  void flush() override { (void)send({}, {}); }
  StreamError error() const override { return error_; }
  std::uint64_t bytes_total() const override { return content_bytes_; }

  // Waits until all that was taken is with the kernel; false when the connection failed.
  Task<bool> flushed();
  bool is_flushed() const { return pending_.empty(); }
  bool finished() const { return finished_; }
  // A byte of this message was accepted by the kernel.
  bool sent_anything() const { return sent_anything_; }
  void fail(StreamError why) {
    if (error_ == StreamError::none) error_ = why;
  }

 private:
  std::size_t send(std::string_view content, std::string_view end);
  void keep_pending(std::string_view text);
  void add_framing(std::string_view framing);
  bool add_trailers(std::string_view end, const FieldList& trailers);
  Task<bool> wait();
  static void on_idle(void* self);

  Connection& connection_;
  const TransferLimits& limits_;
  Timer idle_;
  Pace pace_;
  std::string_view pending_;  // head or framing not yet sent; goes before content
  std::array<char, kFramingBytes> framing_;
  Framing kind_ = Framing::none;
  StreamError error_ = StreamError::none;
  bool finished_ = true;
  bool sent_anything_ = false;
  bool first_chunk_ = true;
  Io blocked_on_ = Io::would_write;
  std::uint64_t left_ = 0;  // of the length, or of the chunk under way
  std::uint64_t content_bytes_ = 0;
};

}  // namespace gatehouse
