// http/http2_rig_testing: the session under test, with a handler that each test writes for itself.
// For tests alone.
#pragma once

#include "http/http2_testing.h"

namespace gatehouse::testing {

// Keeps what happened to each exchange; what it does with one, the test says.
class ScriptedHandler final : public Handler {
 public:
  using Script = std::function<Task<void>(ServerStream&)>;

  Task<void> serve(ServerStream& stream, HeadError error) override {
    errors.push_back(error);
    paths.emplace_back(stream.request().target);
    ++running;
    if (error == HeadError::none) {
      Task<void> playing = script(stream);
      co_await playing;
    } else {
      ResponseHead head(stream.arena());
      head.status = status_of(error);
      stream.send_head(head, true);
    }
    --running;
  }

  Script script;
  std::vector<HeadError> errors;
  std::vector<std::string> paths;
  int running = 0;
};

inline Task<void> say_hello(ServerStream& stream) {
  ResponseHead head(stream.arena());
  head.framing = Framing::length;
  head.content_length = 5;
  (void)head.fields.add(FieldId::content_type, "Content-Type", "text/plain");
  stream.send_head(head, false);
  (void)stream.sink().write("hello");
  stream.sink().finish(nullptr);
  co_return;
}

// Everything that came goes back, trailers included.
inline Task<void> echo(ServerStream& stream) {
  ResponseHead head(stream.arena());
  stream.send_head(head, false);
  Body& body = stream.body();
  Sink& sink = stream.sink();
  while (true) {
    Task<bool> more = body.more();
    const bool fine = co_await more;
    if (!fine) {
      stream.abort(StreamError::aborted);
      co_return;
    }
    if (body.ended()) break;
    const std::size_t taken = sink.write(body.peek());
    body.consume(taken);
    if (taken != 0) continue;
    Task<bool> drained = sink.drained();
    const bool moved = co_await drained;
    if (!moved) co_return;
  }
  sink.finish(&body.trailers());
}

struct Http2Test : ::testing::Test, SessionOwner {
  Loop loop;
  BufferPool buffers;
  SessionLimits limits;
  LimitCounts counts;
  ScriptedHandler handler;
  std::unique_ptr<Http2Session> session;
  std::unique_ptr<Http2Client> client;
  int send_bytes = 0;  // what the socket holds for a client that doesn't read; 0: much
  int closed = 0;
  int running_when_closed = 0;

  Http2Test() { handler.script = say_hello; }

  void connect(std::uint32_t window = 65'535, bool auto_credit = true, std::string initial = {}) {
    int pair[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    if (send_bytes != 0) ::setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &send_bytes, sizeof(int));
    const SessionContext context{handler, *this, buffers, limits, &counts};
    Peer peer;
    peer.address = "192.0.2.7";
    session = std::make_unique<Http2Session>(std::make_unique<Connection>(loop, pair[0], nullptr),
                                             std::move(initial), std::move(peer), context);
    client = std::make_unique<Http2Client>(pair[1], window, auto_credit);
  }
  void TearDown() override {
    if (session == nullptr) return;
    session->abort();
    turn();
    turn();
    EXPECT_EQ(closed, 1);
    EXPECT_EQ(running_when_closed, 0) << "a handler outlived its session";
  }

  void turn() {
    (void)loop.post([this] { loop.stop(); });
    loop.run();
  }
  // Until both sides are silent; false when they never are.
  bool settle() {
    int silent = 0;
    for (int i = 0; i < 20'000; ++i) {
      const bool moved = client->step();
      turn();
      silent = moved ? 0 : silent + 1;
      if (silent == 4) return true;
    }
    return false;
  }
  // Lets time pass, by the loop's own timers, until the session is closed.
  void run_until_closed() {
    while (closed == 0) {
      client->step();
      (void)loop.post([this] { loop.stop(); });
      loop.run();
    }
  }
  Http2Client::Answer& answer(std::int32_t id) { return client->answers[id]; }

  void on_closed(Session&) override {
    ++closed;
    running_when_closed = handler.running;
  }
  void on_http2_preface(Session&, std::unique_ptr<Connection>, std::string) override {}
};

}  // namespace gatehouse::testing
