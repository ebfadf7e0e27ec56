// What is promised: bytes move when they can and never block; views go out in their order; who
// waits is woken by bytes, by room, by the peer's end and by abort().
#include "net/connection.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "net/loop.h"

namespace gatehouse {
namespace {

struct ConnectionTest : ::testing::Test {
  ConnectionTest() {
    int pair[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    const int least = 1;  // the kernel makes its minimum of it
    ::setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
    connection = std::make_unique<Connection>(loop, pair[0], nullptr);
    peer = pair[1];
    turn();
  }
  ~ConnectionTest() override { hang_up(); }

  void hang_up() {
    if (peer >= 0) ::close(std::exchange(peer, -1));
  }
  void turn() {
    (void)loop.post([this] { loop.stop(); });
    loop.run();
  }
  IoResult read(std::size_t most = 100) { return connection->read({bytes, most}); }
  std::string peer_reads() {
    char in[8192];
    const ssize_t count = ::recv(peer, in, sizeof in, 0);
    return count > 0 ? std::string(in, static_cast<std::size_t>(count)) : std::string();
  }
  Task<void> wait(Io state) {
    Descriptor::Awaiter ready = connection->until(state);
    co_await ready;
    woken = true;
  }
  // Until nothing more fits.
  std::size_t fill() {
    const std::string piece(1000, 'x');
    std::size_t total = 0;
    for (;;) {
      const IoResult io = connection->write(piece);
      if (io.state != Io::done) {
        EXPECT_EQ(io.state, Io::would_write);
        return total;
      }
      total += io.bytes;
    }
  }

  Loop loop;
  std::unique_ptr<Connection> connection;
  char bytes[100] = {};
  int peer = -1;
  bool woken = false;
};

TEST_F(ConnectionTest, gives_what_is_there_and_says_when_there_is_nothing) {
  EXPECT_EQ(read().state, Io::would_read);
  ASSERT_EQ(::send(peer, "hello", 5, 0), 5);
  turn();
  EXPECT_TRUE(connection->may_read());
  const IoResult io = read(3);
  EXPECT_EQ(io.state, Io::done);
  EXPECT_EQ(std::string_view(bytes, io.bytes), "hel");
  EXPECT_EQ(read().bytes, 2U);
  EXPECT_EQ(read().state, Io::would_read);
}

TEST_F(ConnectionTest, the_peers_end_comes_after_its_last_byte) {
  ASSERT_EQ(::send(peer, "bye", 3, 0), 3);
  hang_up();
  turn();
  EXPECT_EQ(read().bytes, 3U);
  EXPECT_EQ(read().state, Io::ended);
}

TEST_F(ConnectionTest, three_views_go_out_in_their_order) {
  const IoResult io = connection->write("one ", "", "two");
  EXPECT_EQ(io.state, Io::done);
  EXPECT_EQ(io.bytes, 7U);
  EXPECT_EQ(peer_reads(), "one two");
}

TEST_F(ConnectionTest, who_waits_for_bytes_is_woken_by_them) {
  EXPECT_EQ(read().state, Io::would_read);
  start(wait(Io::would_read));
  turn();
  EXPECT_FALSE(woken);
  ASSERT_EQ(::send(peer, "x", 1, 0), 1);
  turn();
  EXPECT_TRUE(woken);
}

TEST_F(ConnectionTest, who_waits_for_room_is_woken_by_it_and_nothing_is_lost) {
  std::size_t sent = fill();
  ASSERT_GT(sent, 0U);
  start(wait(Io::would_write));
  turn();
  EXPECT_FALSE(woken);
  std::size_t got = 0;
  while (got < sent) {
    const std::size_t piece = peer_reads().size();
    ASSERT_NE(piece, 0U);
    got += piece;
  }
  turn();
  EXPECT_TRUE(woken);
  EXPECT_EQ(got, sent);
  EXPECT_EQ(connection->write("more").bytes, 4U);
}

TEST_F(ConnectionTest, after_the_end_of_writing_the_other_direction_goes_on) {
  connection->shutdown_write();
  char one = 0;
  EXPECT_EQ(::recv(peer, &one, 1, 0), 0);
  ASSERT_EQ(::send(peer, "x", 1, 0), 1);
  turn();
  EXPECT_EQ(read().bytes, 1U);
}

TEST_F(ConnectionTest, an_abort_wakes_who_waits_and_ends_both_directions) {
  EXPECT_EQ(read().state, Io::would_read);
  start(wait(Io::would_read));
  connection->abort();
  turn();
  EXPECT_TRUE(woken);
  EXPECT_NE(read().state, Io::done);
  EXPECT_EQ(connection->write("x").state, Io::failed);
  connection.reset();
  char one = 0;
  EXPECT_EQ(::recv(peer, &one, 1, 0), 0) << "the descriptor closes with the object";
}

TEST_F(ConnectionTest, a_peer_that_is_gone_takes_nothing) {
  hang_up();
  turn();
  EXPECT_EQ(connection->write("x").state, Io::failed);
}

TEST_F(ConnectionTest, a_plain_connection_shakes_no_hands_and_covers_every_host) {
  EXPECT_FALSE(connection->tls());
  EXPECT_TRUE(connection->alpn().empty());
  EXPECT_TRUE(connection->certificate_covers("any.example"));
}

}  // namespace
}  // namespace gatehouse
