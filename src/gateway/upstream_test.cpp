// What is promised: who can't have a connection is told why, at once where nothing can be hoped
// for; a pool that retires is gone when its last stream is.
#include "gateway/upstream.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "net/listener.h"
#include "net/loop.h"

namespace gatehouse {
namespace {

using namespace std::chrono_literals;

struct UpstreamTest : ::testing::Test {
  UpstreamTest() : fd(*Listener::open(*SocketAddress::parse("127.0.0.1", 0))) {
    spec.name = "up";
    spec.endpoints.push_back({"127.0.0.1", SocketAddress::local_of(fd).port()});
    spec.connections_max = 1;
    spec.waiters_max = 1;
    spec.wait_time = 50ms;
    spec.connect_time = 1s;
  }
  ~UpstreamTest() override {
    if (fd >= 0) ::close(fd);
  }
  void begin() {
    upstream = std::make_unique<Upstream>(loop, buffers, spec, health);
    upstream->set_addresses(0, {*SocketAddress::parse("127.0.0.1", spec.endpoints[0].port)});
  }
  void TearDown() override {
    if (upstream == nullptr) return;
    for (ClientStream* const stream : streams) stream->release();
    upstream->retire();
    until([this] { return upstream->gone(); });
  }

  Task<void> ask() {
    Task<Upstream::Opened> opening = upstream->open_stream(arena, Method::get, false);
    const Upstream::Opened opened = co_await opening;
    if (opened.stream != nullptr) streams.push_back(opened.stream);
    answers.push_back(opened.error);
  }
  template <class Condition>
  void until(Condition&& come) {
    while (!come()) {
      (void)loop.post([this] { loop.stop(); });
      loop.run();
    }
  }

  Loop loop;
  BufferPool buffers;
  HealthBoard health;
  Arena arena;
  UpstreamSpec spec;
  std::unique_ptr<Upstream> upstream;
  std::vector<ClientStream*> streams;
  std::vector<StreamError> answers;
  int fd;
};

TEST_F(UpstreamTest, gives_a_stream_to_its_target) {
  begin();
  start(ask());
  until([this] { return answers.size() == 1; });
  EXPECT_EQ(answers[0], StreamError::none);
  EXPECT_EQ(upstream->counts().open, 1U);
}

TEST_F(UpstreamTest, a_target_that_refuses_is_told_of) {
  ::close(std::exchange(fd, -1));
  begin();
  start(ask());
  until([this] { return answers.size() == 1; });
  EXPECT_EQ(answers[0], StreamError::connect_failed);
  EXPECT_EQ(upstream->counts().open, 0U);
}

TEST_F(UpstreamTest, one_waits_for_a_connection_and_the_next_is_refused_at_once) {
  begin();
  start(ask());
  until([this] { return answers.size() == 1; });
  start(ask());
  EXPECT_EQ(upstream->counts().waiting, 1U);
  start(ask());
  until([this] { return answers.size() == 2; });
  EXPECT_EQ(answers[1], StreamError::no_capacity);
  EXPECT_EQ(upstream->counts().waiting, 1U) << "the first of the two still waits";
  until([this] { return answers.size() == 3; });
  EXPECT_EQ(answers[2], StreamError::no_capacity) << "and for so long alone";
}

TEST_F(UpstreamTest, who_waits_has_what_is_given_back) {
  spec.wait_time = 10s;
  begin();
  start(ask());
  until([this] { return answers.size() == 1; });
  start(ask());
  streams[0]->abort(StreamError::aborted);
  streams[0]->release();
  streams.clear();
  until([this] { return answers.size() == 2; });
  EXPECT_EQ(answers[1], StreamError::none);
}

TEST_F(UpstreamTest, a_name_that_stands_for_nothing_is_told_of) {
  begin();
  upstream->set_addresses(0, {});
  start(ask());
  until([this] { return answers.size() == 1; });
  EXPECT_EQ(answers[0], StreamError::name_unknown);
}

TEST_F(UpstreamTest, the_end_of_a_drain_ends_every_wait) {
  spec.wait_time = 1h;
  begin();
  start(ask());
  until([this] { return answers.size() == 1; });
  start(ask());
  upstream->give_up();
  until([this] { return answers.size() == 2; });
  EXPECT_NE(answers[1], StreamError::none);
}

TEST_F(UpstreamTest, a_retired_pool_is_gone_after_its_last_stream) {
  begin();
  start(ask());
  until([this] { return answers.size() == 1; });
  upstream->retire();
  EXPECT_TRUE(upstream->retired());
  EXPECT_FALSE(upstream->gone());
  streams[0]->abort(StreamError::aborted);
  streams[0]->release();
  streams.clear();
  until([this] { return upstream->gone(); });
}

}  // namespace
}  // namespace gatehouse
