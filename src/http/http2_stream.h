// http/http2_stream: one request and its response on an HTTP/2 connection.
//
// Place    made by its session when a request's first field arrives; offered to the Handler when
//          the head is whole, or is known to be malformed.
// Holds    its own arena, and the buffers of its two halves while they hold content.
// Lives    until the handler's task has ended and the codec has closed the stream, whichever is
//          later.
// Errors   a malformed request is answered where the codec lets us, then reset with
//          PROTOCOL_ERROR in place of its end (RFC 9113 §8.1.1); a break after the head is a
//          reset.
#pragma once

#include <cstdint>
#include <optional>

#include "http/http2_body.h"
#include "http/http2_call.h"
#include "http/http2_head.h"
#include "http/http2_sink.h"
#include "http/stream.h"

namespace gatehouse {

class Http2Session;

class Http2Stream final : public LoopBound, public ServerStream {
 public:
  Http2Stream(Http2Session& session, std::int32_t id);
  ~Http2Stream() = default;

  std::int32_t id() const { return id_; }

  // What the session has read.
  void on_field(std::string_view name, std::string_view value);
  void on_trailer(std::string_view name, std::string_view value);
  void on_head(bool end);
  // A head that the codec refused, or that came too late; none: it says itself what is wrong.
  void on_malformed(HeadError error);
  void on_body(std::string_view bytes) { body_.put(bytes); }
  void on_body_end();
  void note(HeadError error) { head_.refuse(error); }
  void note_peer_reset() { peer_reset_ = true; }
  // What the session has sent.
  void on_end_sent() { end_sent_ = true; }
  void on_closed(bool error);
  // The connection is gone, or this stream alone: both halves fail and the listener is told.
  void fail(StreamError why);
  // The same, and the peer is told by a reset.
  void break_off(StreamError why);
  bool over() const { return served_ && closed_; }
  bool head_open() const { return !head_whole_; }
  std::size_t head_bytes() const { return head_.bytes(); }

  // What its halves ask for.
  void give_credit(std::size_t bytes);
  void on_content();
  // The stream ends by a reset in place of END_STREAM.
  bool ends_by_reset() const { return ends_by_reset_; }
  Http2Sink& content() { return sink_; }
  void defer_content() { content_deferred_ = true; }

  // ServerStream
  Arena& arena() override { return arena_; }
  RequestHead& request() override { return request_; }
  const Peer& peer() const override;
  Body& body() override { return body_; }
  void bound_body(std::uint64_t bytes_max) override { body_.bound(bytes_max); }
  bool certificate_covers(std::string_view host) const override;
  void send_informational(const ResponseHead& head) override;
  void send_head(const ResponseHead& head, bool end) override;
  Sink& sink() override { return sink_; }
  void abort(StreamError why) override;
  void listen(AbortListener* listener) override;
  void close_after() override {}

 private:
  bool may_answer() const;
  void begin();
  Task<void> serve();
  void tell();

  Http2Session& session_;
  const std::int32_t id_;
  Arena arena_;
  RequestHead request_;
  Http2HeadReader head_;
  FieldList trailers_read_;
  std::size_t trailer_bytes_ = 0;
  Http2Body body_;
  Http2Sink sink_;
  Http2Call<Http2Stream> begin_;
  Http2Call<Http2Stream> tell_;
  AbortListener* listener_ = nullptr;
  HeadError error_ = HeadError::none;
  StreamError broken_ = StreamError::none;
  bool head_whole_ = false;
  bool answered_ = false;
  bool content_deferred_ = false;
  bool ends_by_reset_ = false;
  bool end_sent_ = false;
  bool peer_reset_ = false;
  bool served_ = false;
  bool closed_ = false;
};

}  // namespace gatehouse
