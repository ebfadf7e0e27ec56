// What is promised: a policy that waits, or reads the content, is resumed on its worker, needs
// nothing of the core but its place in the chain, and never outlives its client or its time; what
// it has read reaches the backend whole, and not beyond the policy's limit.
#include "gateway/policy_wait.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "gateway/exchange.h"
#include "gateway/snapshot_testing.h"
#include "http/http1_session.h"
#include "net/listener.h"
#include "testing/manual_clock.h"

namespace gatehouse::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::chrono_literals;

// Waits on a timer, or for somebody who never answers.
class Pausing final : public Policy {
 public:
  Phase phase() const override { return Phase::guard; }
  bool waits() const override { return true; }
  Task<Decision> on_request_waiting(Exchange& exchange) override {
    PolicyWait wait(exchange);
    ++begun;
    Task<bool> waiting = ever ? wait.resumed() : wait.pause(20ms);
    came = co_await waiting;
    thread = std::this_thread::get_id();
    ++ended;
    co_return Decision::pass();
  }

  bool ever = false;
  bool came = false;
  int begun = 0;
  int ended = 0;
  std::thread::id thread;
};

class Reading final : public Policy {
 public:
  static constexpr std::size_t kBytesMax = 10;
  Phase phase() const override { return Phase::guard; }
  bool waits() const override { return true; }
  Task<Decision> on_request_waiting(Exchange& exchange) override {
    if (looks_only) {
      Task<HeldBody::State> holding = hold_body(exchange, kBytesMax);
      (void)co_await holding;
      seen = exchange.held_body().held();
      co_return Decision::pass();
    }
    Task<Decision> holding = hold_whole_body(exchange, kBytesMax);
    const Decision decision = co_await holding;
    seen = exchange.held_body().held();
    co_return decision;
  }

  bool looks_only = false;
  std::string seen;
};

// Takes one request with content and keeps it.
class Target {
 public:
  Target() : fd_(*Listener::open(*SocketAddress::parse("127.0.0.1", 0))) {
    port = SocketAddress::local_of(fd_).port();
  }
  ~Target() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }
  void serve() {
    thread_ = std::jthread([this] {
      int one = -1;
      // The listener doesn't block, and ends by a shutdown.
      while ((one = ::accept(fd_, nullptr, nullptr)) < 0) {
        if (errno != EAGAIN) return;
        std::this_thread::yield();
      }
      char bytes[4096];
      while (!got.ends_with("!")) {
        const ssize_t count = ::recv(one, bytes, sizeof bytes, 0);
        if (count <= 0) break;
        got.append(bytes, static_cast<std::size_t>(count));
      }
      constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ntaken";
      (void)::send(one, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
      ::close(one);
    });
  }

  std::uint16_t port = 0;
  std::string got;  // read it once the answer has come

 private:
  int fd_;
  std::jthread thread_;
};

struct PolicyWaitTest : ::testing::Test, Handler, SessionOwner {
  void SetUp() override { target.serve(); }
  void begin(Policy& policy, std::string_view limits = "{}") {
    const testing::BuiltSnapshot built = testing::built_snapshot(
        "listeners: [{address: '127.0.0.1:0'}]\n"
        "upstreams: {up: {targets: ['127.0.0.1:" +
        std::to_string(target.port) +
        "']}}\n"
        "apis: [{name: a, routes: [{match: '/*', backend: {http: up}}]}]\n"
        "limits: " +
        std::string(limits) + "\n");
    local.snapshot = built.snapshot;
    ASSERT_NE(local.snapshot, nullptr) << built.report;
    const UpstreamSpec& spec = local.snapshot->upstreams().front();
    upstream = std::make_unique<Upstream>(loop, buffers, spec, health);
    upstream->set_addresses(0, {*SocketAddress::parse("127.0.0.1", target.port)});
    local.upstreams = {upstream.get()};
    local.listeners = {&local.snapshot->listeners().front()};
    local.chains = {{&policy}};
    local.route_slots = local.upstream_slots = {0};

    int pair[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    client = pair[1];
    const SessionContext context{*this, *this, buffers, limits_};
    session = std::make_unique<Http1Session>(std::make_unique<Connection>(loop, pair[0], nullptr),
                                             Peer{}, context);
  }
  void TearDown() override {
    hang_up();
    until([this] { return closed; });
    session.reset();
    upstream->retire();
    until([this] { return upstream->gone(); });
  }

  Task<void> serve(ServerStream& stream, HeadError error) override {
    {
      Exchange exchange(parts, local, stream);
      Task<void> running = exchange.run(error);
      co_await running;
      outcome = exchange.facts().outcome;
    }
    ++served;
  }
  void on_closed(Session&) override { closed = true; }
  void on_http2_preface(Session&, std::unique_ptr<Connection>, std::string) override {}

  void send(std::string_view bytes) {
    ASSERT_EQ(::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  void hang_up() {
    if (client >= 0) ::close(std::exchange(client, -1));
  }
  template <class Condition>
  void until(Condition&& come) {
    while (!come()) {
      (void)loop.post([this] { loop.stop(); });
      loop.run();
      char bytes[4096];
      const ssize_t count = client < 0 ? 0 : ::recv(client, bytes, sizeof bytes, 0);
      if (count > 0) received.append(bytes, static_cast<std::size_t>(count));
    }
  }
  void until_answered() {
    until([this] { return served == 1 && received.find("\r\n\r\n") != std::string::npos; });
  }

  Target target;
  Loop loop;
  BufferPool buffers;
  ManualClock clock;
  Wakeup wakeup;
  EventQueue events{1 << 16, wakeup};
  VerdictTable verdicts;
  WorkerMetrics metrics;
  HashKey key;
  HealthBoard health;
  SessionLimits limits_;
  WorkerParts parts{loop, clock, 0, events, verdicts, metrics, key, {}, {}, false};
  LocalSnapshot local;
  std::unique_ptr<Upstream> upstream;
  std::unique_ptr<Http1Session> session;
  Pausing pausing;
  Reading reading;
  std::string received;
  EventOutcome outcome{};
  int client = -1;
  int served = 0;
  bool closed = false;
};

TEST_F(PolicyWaitTest, a_policy_that_pauses_is_resumed_on_its_worker_and_the_request_goes_on) {
  begin(pausing);
  send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nyes!");
  until_answered();
  EXPECT_TRUE(pausing.came);
  EXPECT_EQ(pausing.thread, std::this_thread::get_id());
  EXPECT_THAT(received, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(target.got, HasSubstr("yes!"));
}

TEST_F(PolicyWaitTest, a_client_that_goes_away_ends_the_wait_and_reaches_no_backend) {
  pausing.ever = true;
  begin(pausing);
  send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  until([this] { return pausing.begun == 1; });
  hang_up();
  until([this] { return served == 1; });
  EXPECT_FALSE(pausing.came);
  EXPECT_EQ(outcome, EventOutcome::aborted);
  EXPECT_EQ(metrics.upstream(0).attempts.value(), 0U);
}

TEST_F(PolicyWaitTest, the_time_of_a_request_ends_the_wait) {
  pausing.ever = true;
  begin(pausing, "{request_time: 100ms}");
  send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  until_answered();
  EXPECT_FALSE(pausing.came);
  EXPECT_THAT(received, StartsWith("HTTP/1.1 504"));
}

TEST_F(PolicyWaitTest, content_that_was_read_reaches_the_backend_whole) {
  begin(reading);
  send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01234");
  until([this] { return metrics.in_flight.value() == 1; });
  send("5678!");
  until_answered();
  EXPECT_EQ(reading.seen, "012345678!");
  EXPECT_THAT(received, StartsWith("HTTP/1.1 200"));
  EXPECT_TRUE(target.got.ends_with("\r\n\r\n012345678!")) << target.got;
}

TEST_F(PolicyWaitTest, content_that_is_announced_as_too_large_is_refused_unread) {
  begin(reading);
  send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n");
  until_answered();
  EXPECT_THAT(received, StartsWith("HTTP/1.1 413"));
}

TEST_F(PolicyWaitTest, content_that_turns_out_too_large_is_refused) {
  begin(reading);
  send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n0123456789!\r\n");
  until_answered();
  EXPECT_EQ(reading.seen, "0123456789");
  EXPECT_THAT(received, StartsWith("HTTP/1.1 413"));
}

TEST_F(PolicyWaitTest, the_first_bytes_may_be_looked_at_and_the_rest_follows) {
  reading.looks_only = true;
  begin(reading);
  send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 14\r\n\r\n0123456789abc");
  until([this] { return !reading.seen.empty(); });
  send("!");
  until_answered();
  EXPECT_EQ(reading.seen, "0123456789");
  EXPECT_THAT(received, StartsWith("HTTP/1.1 200"));
  EXPECT_TRUE(target.got.ends_with("\r\n\r\n0123456789abc!")) << target.got;
}

TEST_F(PolicyWaitTest, content_that_does_not_come_in_time_is_not_waited_for) {
  begin(reading, "{request_time: 100ms}");
  send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01234");
  until_answered();
  EXPECT_THAT(received, StartsWith("HTTP/1.1 408"));
}

TEST_F(PolicyWaitTest, a_client_that_waits_to_be_asked_for_its_content_is_asked) {
  begin(reading);
  send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  until([this] { return received.starts_with("HTTP/1.1 100"); });
  send("a!");
  until([this] { return received.find("taken") != std::string::npos; });
  EXPECT_EQ(target.got.find("Expect"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::testing
