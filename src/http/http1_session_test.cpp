// http1_session: heads that a socket doesn't take at once keep their order; a head that comes too
// late is refused with what was understood of it; a client that sends on still gets its answer.
#include "http/http1_session.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <vector>

namespace gatehouse {
namespace {

struct Http1SessionTest : ::testing::Test, Handler, SessionOwner {
  ~Http1SessionTest() override {
    if (peer >= 0) ::close(peer);
  }

  void connect() {
    int pair[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    const int least = 1;  // the kernel makes its minimum of it
    ::setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
    peer = pair[1];
    const SessionContext context{*this, *this, buffers, limits};
    session = std::make_unique<Http1Session>(std::make_unique<Connection>(loop, pair[0], nullptr),
                                             Peer{}, context);
  }

  Task<void> serve(ServerStream& stream, HeadError error) override {
    errors.push_back(error);
    targets.emplace_back(stream.request().target);
    answer(stream);
    if (wants_peer_read) peer_reads();
    co_return;
  }
  void on_closed(Session&) override { loop.stop(); }
  void on_http2_preface(Session&, std::unique_ptr<Connection>, std::string) override {
    loop.stop();
  }

  void send(std::string_view text) {
    ASSERT_EQ(::send(peer, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }

  // In turns of the loop's own: what fits into the socket comes bit by bit.
  void peer_reads() {
    char piece[4096];
    ssize_t bytes = 0;
    while ((bytes = ::recv(peer, piece, sizeof piece, MSG_DONTWAIT)) > 0) {
      received.append(piece, static_cast<std::size_t>(bytes));
    }
    if (bytes == 0) {
      ::shutdown(peer, SHUT_WR);
    } else if (reads_left-- > 0) {
      (void)loop.post([this] { peer_reads(); });
    }
  }

  static void answer_plainly(ServerStream& stream) {
    ResponseHead head(stream.arena());
    head.status = 200;
    stream.send_head(head, true);
  }

  Loop loop;
  BufferPool buffers;
  SessionLimits limits;
  std::unique_ptr<Http1Session> session;
  std::function<void(ServerStream&)> answer = answer_plainly;
  bool wants_peer_read = true;
  int reads_left = 100'000;
  std::vector<HeadError> errors;
  std::vector<std::string> targets;
  std::string received;
  int peer = -1;
};

TEST_F(Http1SessionTest, Informational_heads_that_the_socket_does_not_take_come_before_the_answer) {
  const std::string value(3'000, 'v');
  answer = [&](ServerStream& stream) {
    for (int i = 0; i < 5; ++i) {
      ResponseHead hints(stream.arena());
      hints.status = 103;
      ASSERT_TRUE(hints.fields.add(FieldId::other, "Link", value));
      stream.send_informational(hints);
    }
    answer_plainly(stream);
  };
  connect();
  send("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  loop.run();
  std::string expected;
  for (int i = 0; i < 5; ++i) {
    expected += "HTTP/1.1 103 Early Hints\r\nLink: " + value + "\r\n\r\n";
  }
  expected += "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  EXPECT_TRUE(received == expected) << received.size();
}

TEST_F(Http1SessionTest, Nothing_informational_follows_the_final_head) {
  answer = [&](ServerStream& stream) {
    answer_plainly(stream);
    ResponseHead late(stream.arena());
    late.status = 100;
    stream.send_informational(late);
  };
  connect();
  send("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  loop.run();
  EXPECT_EQ(received, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

TEST_F(Http1SessionTest, A_second_head_that_comes_too_late_is_known_as_far_as_it_came) {
  limits.head_time = std::chrono::milliseconds{50};
  connect();
  answer = [&](ServerStream& stream) {
    answer_plainly(stream);
    if (targets.size() == 1) send("POST /late?x HTTP/1.1\r\nHost: a\r\nX-Half: o");
  };
  send("GET /first HTTP/1.1\r\nHost: a\r\n\r\n");
  loop.run();
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_EQ(errors[1], HeadError::timed_out);
  EXPECT_EQ(targets[1], "/late?x");
}

TEST_F(Http1SessionTest, Requests_that_wait_in_the_buffer_are_served_in_their_order) {
  connect();
  std::string all;
  for (int i = 0; i < 20; ++i) {
    all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n" +
           (i == 19 ? "Connection: close\r\n\r\n" : "\r\n");
  }
  send(all);
  loop.run();
  ASSERT_EQ(targets.size(), 20U);
  for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(targets[i], "/" + std::to_string(i));
}

TEST_F(Http1SessionTest, Lingering_ends_in_its_time_though_the_client_sends_on) {
  limits.linger_bytes = 1'000;
  limits.linger_time = std::chrono::milliseconds{50};
  wants_peer_read = false;
  connect();
  send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\nConnection: close\r\n\r\n" +
       std::string(5'000, 'x'));
  loop.run();
  char answer_bytes[512];
  const ssize_t bytes = ::recv(peer, answer_bytes, sizeof answer_bytes, MSG_DONTWAIT);
  ASSERT_GT(bytes, 0);
  EXPECT_TRUE(
      std::string_view(answer_bytes, static_cast<std::size_t>(bytes)).ends_with("\r\n\r\n"));
}

}  // namespace
}  // namespace gatehouse
