// http/http1_session: the server's side of one HTTP/1 connection: head, exchange, head, exchange, …
//
// Place    owned by a worker; offers each request to its Handler, one at a time, in order
//          (pipelined requests wait in the socket and in the reader's buffer).
// Holds    while idle no buffer, no arena block and no coroutine: the session itself waits for
//          readability. While serving, one buffer and one arena.
// Ends     after `Connection: close`, requests_max, a malformed message, a time-out, drain() or
//          abort(). An answer that goes out before the request was read whole is followed by a
//          lingering close: sending is shut down, then what still comes is thrown away, to a limit.
#pragma once

#include "http/http1_reader.h"
#include "http/http1_writer.h"
#include "http/session.h"

namespace gatehouse {

class Http1Session final : public LoopBound, public Session, private ServerStream, private Waiter {
 public:
  Http1Session(std::unique_ptr<Connection> connection, Peer peer, const SessionContext& context);
  ~Http1Session() override = default;

  // For who takes the connection over after on_http2_preface.
  Peer take_peer() { return std::move(peer_); }

  // Session
  void drain() override;
  void abort() override;

 private:
  enum class Phase : std::uint8_t { idle, head, exchange, lingering, closed };
  enum class Next : std::uint8_t { request, idle, close };

  // Waiter: bytes, or the end, arrived on an idle connection.
  void wake() override;

  // ServerStream
  Arena& arena() override { return arena_; }
  RequestHead& request() override { return *request_; }
  const Peer& peer() const override { return peer_; }
  Body& body() override { return reader_; }
  void bound_body(std::uint64_t bytes_max) override { reader_.bound_body(bytes_max); }
  bool certificate_covers(std::string_view host) const override {
    return connection_->certificate_covers(host);
  }
  void send_informational(const ResponseHead& head) override;
  void send_head(const ResponseHead& head, bool end) override;
  Sink& sink() override { return writer_; }
  void abort(StreamError why) override;
  void listen(AbortListener* listener) override;
  void close_after() override { keep_alive_ = false; }

  Task<void> run();
  Task<Next> read_request();
  Task<Next> serve(HeadError error);
  Task<void> linger();
  void pass_rest();
  Next go_idle();
  void hand_over();
  void close();
  std::string_view behind_pending(std::string_view head, std::size_t spare);
  static void on_deadline(void* self);

  // Tells the listener when the client goes away while nobody reads.
  class HangUp final : public Waiter {
   public:
    explicit HangUp(Http1Session& session) : session_(session) {}
    void wake() override;

   private:
    Http1Session& session_;
  };

  SessionContext context_;
  std::unique_ptr<Connection> connection_;
  Peer peer_;
  Arena arena_;
  Http1Reader reader_;
  Http1Writer writer_;
  Timer deadline_;
  HangUp hang_up_;
  Signal linger_over_;
  AbortListener* listener_ = nullptr;
  std::optional<RequestHead> request_;
  Phase phase_ = Phase::idle;
  bool keep_alive_ = true;
  bool draining_ = false;
  bool timed_out_ = false;
  bool answered_ = false;
  bool first_ = true;
  std::uint32_t requests_ = 0;
};

}  // namespace gatehouse
