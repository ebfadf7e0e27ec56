// http/http2_session_fuzz: any bytes of a client, on a connection of HTTP/2.
//
// Input       the first byte decides: +1 the preface and empty settings come before, +2 the server
//             echoes content, +4 the client reads nothing until it has sent all, +8 the first piece
//             was read before it was known to be HTTP/2, +16 the server drains in the middle; the
//             second how long the pieces are, 0: all at once. The rest is what the client sends.
// Strategy    a session on a socket pair, driven turn by turn; then the client hangs up. Once with
//             the pieces asked for and once whole.
// Invariants  never crashes or reads past the end; what comes back is a row of frames; every
//             exchange ends and the session closes once; a head that is accepted can be written as
//             HTTP/1, and is read there as the same request; the first head is the same however it
//             arrived.
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "http/http1_head.h"
#include "http/http1_write.h"
#include "http/http2_session.h"

namespace gatehouse::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kPreface{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33};

void demand(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

struct Choices {
  bool echoes, reads_late, known_late, drains;
  std::size_t piece;  // 0: whole
};

class Server final : public Handler {
 public:
  explicit Server(bool echoes) : echoes_(echoes) {}

  Task<void> serve(ServerStream& stream, HeadError error) override {
    ++running;
    note(stream.request(), error);
    ResponseHead head(stream.arena());
    if (error != HeadError::none) {
      head.status = status_of(error);
      stream.send_head(head, true);
    } else if (echoes_) {
      stream.send_head(head, false);
      Task<void> playing = echo(stream);
      co_await playing;
    } else {
      head.framing = Framing::length;
      head.content_length = 5;
      stream.send_head(head, false);
      demand(stream.sink().write("hello") == 5 || stream.sink().error() != StreamError::none,
             "a sound stream takes five bytes");
      stream.sink().finish(nullptr);
    }
    --running;
  }

  std::string first;  // what the first head was read as
  int running = 0;

 private:
  static Task<void> echo(ServerStream& stream) {
    Body& body = stream.body();
    for (;;) {
      Task<bool> more = body.more();
      const bool fine = co_await more;
      if (!fine) {
        stream.abort(StreamError::aborted);
        co_return;
      }
      if (body.ended()) break;
      const std::size_t taken = stream.sink().write(body.peek());
      body.consume(taken);
      if (taken != 0) continue;
      Task<bool> drained = stream.sink().drained();
      const bool moved = co_await drained;
      if (!moved) co_return;
    }
    stream.sink().finish(&body.trailers());
  }

  void note(RequestHead& head, HeadError error) {
    if (first.empty()) {
      first = std::to_string(static_cast<int>(error)) + ' ' + std::string(head.method_text) + ' ' +
              std::string(head.authority) + ' ' + std::string(head.target);
      for (const Field& field : head.fields) {
        first += '\n' + std::string(field.name) + ": " + std::string(field.value);
      }
    }
    if (error != HeadError::none) return;
    Arena arena;
    const bool content = head.framing != Framing::none;  // goes on in chunks
    const Framing framing = content ? Framing::chunked : Framing::none;
    const std::string written(write_request_head(head, framing, 0, arena, 0));
    demand(!written.empty(), "an accepted head can be written as HTTP/1");
    RequestHead again(arena);
    const HeadLimits limits{
        .head_bytes_max = 64 * 1024, .fields_max = 200, .uri_bytes_max = 64 * 1024};
    const HeadError read = parse_request_head(written, limits, again);
    demand(read == HeadError::none, "and read again");
    demand(again.method_text == head.method_text && again.target == head.target &&
               again.authority == head.authority,
           "as the same request");
    demand(content == (again.framing == Framing::chunked) && again.content_length == 0,
           "with the same framing");
  }

  const bool echoes_;
};

// What came back, read as frames.
class Frames {
 public:
  void add(std::string_view bytes) {
    held_ += bytes;
    while (held_.size() >= 9) {
      const auto at = [this](std::size_t i) {
        return std::size_t{static_cast<std::uint8_t>(held_[i])};
      };
      const std::size_t length = at(0) << 16 | at(1) << 8 | at(2);
      demand(length <= (1U << 24) - 1 && at(3) <= 9, "what comes back is frames");
      demand(!first_ || at(3) == 4, "the first is the settings");
      if (held_.size() < 9 + length) break;
      first_ = false;
      held_.erase(0, 9 + length);
    }
  }

 private:
  std::string held_;
  bool first_ = true;
};

class Play final : SessionOwner {
 public:
  Play(const Choices& choices, std::string_view bytes)
      : choices_(choices), server_(choices.echoes) {
    limits_.head_time = limits_.idle_time = limits_.transfer.idle_time = 1h;
    limits_.transfer.rate_min = 0;
    limits_.streams_max = 10'000;  // lest it matter how many are under way
    int pair[2];
    demand(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0,
           "there is a pair of sockets");
    client_ = pair[1];
    std::string initial;
    if (choices.known_late) initial = next_piece(bytes);
    const SessionContext context{server_, *this, buffers_, limits_};
    session_ = std::make_unique<Http2Session>(std::make_unique<Connection>(loop_, pair[0], nullptr),
                                              std::move(initial), Peer{}, context);
  }
  ~Play() { hang_up(); }

  std::string run(std::string_view bytes) {
    if (choices_.known_late) (void)next_piece(bytes);
    const std::size_t half = bytes.size() / 2;
    bool drained = !choices_.drains;
    while (!bytes.empty() && closed_ == 0) {
      const std::string piece = next_piece(bytes);
      if (!send(piece)) break;
      turn();
      if (!choices_.reads_late) receive();
      if (!drained && bytes.size() <= half) {
        drained = true;
        session_->drain();
      }
    }
    for (int silent = 0; silent < 4 && closed_ == 0; silent = receive() ? 0 : silent + 1) turn();
    hang_up();
    for (int i = 0; closed_ == 0; ++i) {
      demand(i < 100, "a session whose client has gone closes");
      turn();
    }
    turn();
    demand(closed_ == 1 && server_.running == 0, "and with it every exchange, once");
    return server_.first;
  }

 private:
  std::string next_piece(std::string_view& bytes) const {
    const std::size_t most = choices_.piece == 0 ? bytes.size() : choices_.piece;
    const std::string piece(bytes.substr(0, most));
    bytes.remove_prefix(piece.size());
    return piece;
  }
  bool send(std::string_view bytes) {
    for (int tries = 0; !bytes.empty() && tries < 1'000; ++tries) {
      const ssize_t sent = ::send(client_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      if (sent < 0 && errno != EAGAIN) return false;
      if (!bytes.empty()) turn();
    }
    return bytes.empty();
  }
  bool receive() {
    char in[16'384];
    bool any = false;
    for (;;) {
      const ssize_t count = ::recv(client_, in, sizeof in, 0);
      if (count <= 0) return any;
      any = true;
      frames_.add({in, static_cast<std::size_t>(count)});
    }
  }
  void hang_up() {
    if (client_ >= 0) ::close(std::exchange(client_, -1));
  }
  void turn() {
    (void)loop_.post([this] { loop_.stop(); });
    loop_.run();
  }
  void on_closed(Session&) override { ++closed_; }
  void on_http2_preface(Session&, std::unique_ptr<Connection>, std::string) override {}

  const Choices choices_;
  Loop loop_;
  BufferPool buffers_;
  SessionLimits limits_;
  Server server_;
  Frames frames_;
  std::unique_ptr<Http2Session> session_;
  int client_ = -1;
  int closed_ = 0;
};

std::string play(const Choices& choices, std::string_view bytes) {
  return Play(choices, bytes).run(bytes);
}

void check(std::uint8_t choice, std::uint8_t piece, std::string_view rest) {
  std::string bytes;
  if ((choice & 1) != 0) bytes = kPreface;
  bytes += rest;
  Choices choices{.echoes = (choice & 2) != 0,
                  .reads_late = (choice & 4) != 0,
                  .known_late = (choice & 8) != 0,
                  .drains = (choice & 16) != 0,
                  .piece = piece};
  const std::string first = play(choices, bytes);
  if (piece == 0 || choices.drains) return;
  choices.piece = 0;
  // A client that says goodbye is taken at its word, if it leaves the time.
  demand(first.empty() || play(choices, bytes) == first,
         "the first head is the same however it arrived");
}

}  // namespace
}  // namespace gatehouse::testing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  // A copy, so that a sanitizer sees a look beyond it.
  const std::string bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  gatehouse::testing::check(data[0], data[1], bytes);
  return 0;
}
