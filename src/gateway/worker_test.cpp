// What is promised: a worker serves what its snapshot says; the next one takes over between two
// requests of a connection; a listener that is no longer wanted is let go with its connections; and
// a drain ends run() when the last one is out, or at its deadline.
#include "gateway/worker.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/snapshot_testing.h"

namespace gatehouse {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<const Snapshot> snapshot_of(const std::string& text) {
  const testing::BuiltSnapshot built = testing::built_snapshot(text);
  EXPECT_NE(built.snapshot, nullptr) << built.report;
  return built.snapshot;
}

// A config of one listener whose only route answers with this status.
std::string answering(int status, const std::string& listener = "127.0.0.1:0") {
  return "listeners: [{address: '" + listener + "'}]\n" +
         "apis: [{name: a, routes: [{match: /x, backend: {mock: {status: " +
         std::to_string(status) + "}}}]}]\n";
}

class Client {
 public:
  explicit Client(const SocketAddress& to) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    is_connected_ = ::connect(fd_, to.data(), to.size()) == 0;
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool is_connected() const { return is_connected_; }
  void send(std::string_view bytes) const {
    EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  // Takes what has come; true once it holds the text.
  bool has(std::string_view text) {
    take();
    return got.find(text) != std::string::npos;
  }
  bool is_closed() {
    take();
    return is_closed_;
  }
  std::string got;

 private:
  void take() {
    char bytes[4096];
    for (;;) {
      const ssize_t count = ::recv(fd_, bytes, sizeof bytes, MSG_DONTWAIT);
      if (count > 0) {
        got.append(bytes, static_cast<std::size_t>(count));
        continue;
      }
      if (count == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) is_closed_ = true;
      return;
    }
  }

  int fd_;
  bool is_connected_ = false;
  bool is_closed_ = false;
};

struct WorkerTest : ::testing::Test {
  WorkerTest() { connections.set(100, 100); }

  // Gives the worker a config; the descriptor is of an address that it doesn't listen on yet.
  void apply(const std::string& text, int fd = -1, const std::string& address = "127.0.0.1:0") {
    std::map<std::string, int> fresh;
    if (fd >= 0) fresh.emplace(address, fd);
    worker.apply(snapshot_of(text), fresh, {});
  }
  int listen() {
    const int fd = *Listener::open(*SocketAddress::parse("127.0.0.1", 0));
    bound = SocketAddress::local_of(fd);
    return fd;
  }
  template <class Condition>
  void until(Condition&& come) {
    while (!come()) {
      (void)worker.loop().post([this] { worker.loop().stop(); });
      worker.run();
    }
  }
  void ask(Client& client, std::string_view status) {
    client.got.clear();
    client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    until([&] { return client.has("\r\n\r\n") || client.is_closed(); });
    EXPECT_TRUE(client.has("HTTP/1.1 " + std::string(status))) << client.got;
  }
  void drain(std::chrono::milliseconds deadline) {
    worker.drain(deadline);
    worker.run();
    has_ended = true;
  }
  // Nothing is left open when the worker goes.
  void TearDown() override {
    if (!has_ended) drain(0ms);
  }

  SystemClock clock;
  HashKey key;
  Wakeup wakeup;
  EventQueue events{1 << 20, wakeup};
  WorkerMetrics metrics;
  HealthBoard health;
  ConnectionLimits connections;
  SeriesNames routes{WorkerMetrics::kRoutesMax};
  SeriesNames upstreams{WorkerMetrics::kUpstreamsMax};
  SocketAddress bound;
  bool has_ended = false;
  Worker worker{{0, clock, key, events, metrics, health, connections, routes, upstreams}};
};

TEST_F(WorkerTest, serves_what_its_snapshot_says_and_makes_an_event_of_it) {
  apply(answering(204), listen());
  Client client(bound);
  ask(client, "204");
  ask(client, "204");
  EXPECT_EQ(metrics.exchanges.value(), 2U);
  EXPECT_EQ(metrics.connections_accepted.value(), 1U);
  EXPECT_EQ(metrics.connections.value(), 1);
  EXPECT_EQ(events.pushed(), 2U);
}

TEST_F(WorkerTest, the_next_snapshot_takes_over_between_two_requests_of_a_connection) {
  apply(answering(204), listen());
  Client client(bound);
  ask(client, "204");
  apply(answering(202));
  until([&] { return metrics.config_swaps.value() == 2; });
  ask(client, "202");
  EXPECT_EQ(metrics.connections_accepted.value(), 1U);
  Client another(bound);
  ask(another, "202");
}

TEST_F(WorkerTest, a_listener_that_is_no_longer_wanted_goes_with_its_connections) {
  apply(answering(204), listen());
  const SocketAddress before = bound;
  Client client(before);
  ask(client, "204");
  apply(answering(202, "127.0.0.2:0"), listen(), "127.0.0.2:0");
  until([&] { return client.is_closed(); });
  EXPECT_FALSE(Client(before).is_connected());
  Client next(bound);
  ask(next, "202");
  EXPECT_EQ(connections.total(), 1U);
}

TEST_F(WorkerTest, a_connection_beyond_the_limit_is_closed_and_counted) {
  connections.set(1, 1);
  apply(answering(204), listen());
  {
    Client client(bound);
    ask(client, "204");
    Client refused(bound);
    until([&] { return refused.is_closed(); });
    EXPECT_EQ(refused.got, "");
    EXPECT_EQ(metrics.connections_refused.value(), 1U);
    EXPECT_EQ(metrics.limits.of(Limit::connections), 1U);
  }
  until([&] { return connections.total() == 0; });  // its place is free again
  Client again(bound);
  ask(again, "204");
}

TEST_F(WorkerTest, a_drain_takes_no_more_connections_and_ends_when_the_last_is_out) {
  apply(answering(204), listen());
  Client client(bound);
  ask(client, "204");
  drain(1h);  // an idle connection holds up nothing
  EXPECT_TRUE(client.is_closed());
  EXPECT_FALSE(Client(bound).is_connected());
  EXPECT_EQ(metrics.limits.of(Limit::drain_time), 0U);
}

TEST_F(WorkerTest, a_drain_cuts_off_at_its_deadline_what_is_under_way) {
  apply(answering(204), listen());
  Client client(bound);
  client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  until([&] { return metrics.exchanges.value() == 1; });
  drain(20ms);
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(connections.total(), 0U);
}

}  // namespace
}  // namespace gatehouse
