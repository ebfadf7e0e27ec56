// http1_client: only what was asked for is an answer, and only a connection that is clean to its
// last byte is used again.
#include "http/http1_client.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <string>

namespace gatehouse {
namespace {

struct Http1ClientTest : ::testing::Test, Http1Client::Owner {
  Http1ClientTest() {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) return;
    peer = pair[1];
    client.emplace(std::make_unique<Connection>(loop, pair[0], nullptr), *this, buffers, limits);
  }
  ~Http1ClientTest() override { ::close(peer); }

  void on_done(Http1Client&, bool fit) override { reusable = fit; }
  void on_rest_broken(Http1Client&) override { rest_broken = true; }

  void say(std::string_view text) {
    EXPECT_EQ(::send(peer, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  std::string heard() {
    std::string text(1 << 16, '\0');
    const ssize_t bytes = ::recv(peer, text.data(), text.size(), MSG_DONTWAIT);
    text.resize(bytes > 0 ? static_cast<std::size_t>(bytes) : 0);
    return text;
  }
  // Lets the loop see what the sockets have to tell.
  void turn() {
    (void)loop.post([this] { (void)loop.post([this] { loop.stop(); }); });
    loop.run();
  }

  RequestHead request(std::string_view upgrade = {}) {
    RequestHead head(arena);
    head.method = Method::get;
    head.method_text = "GET";
    head.target = "/x";
    head.authority = "a";
    head.upgrade = upgrade;
    return head;
  }

  // One exchange without content; `answer` is sent once the request went out.
  Task<void> exchange(RequestHead head, std::string_view answer) {
    client->send_head(head, true);
    asked = heard();
    if (!answer.empty()) say(answer);
    for (;;) {
      response.emplace(arena);
      Task<bool> reading = client->read_head(*response);
      arrived = co_await reading;
      if (!arrived || response->status >= 200 || response->status == 101) break;
    }
    while (arrived && !client->body().ended()) {
      const std::string_view bytes = client->body().peek();
      content += bytes;
      client->body().consume(bytes.size());
      Task<bool> waiting = client->body().more();
      const bool more = co_await waiting;
      if (!more) break;
    }
    error = client->error();
    client->release();
    loop.stop();
  }

  void run(RequestHead head, std::string_view answer) {
    ASSERT_TRUE(client->begin(arena, head.method, false));
    start(exchange(std::move(head), answer));
    loop.run();
  }

  Loop loop;
  BufferPool buffers;
  Arena arena;
  Http1Client::Limits limits;
  std::optional<Http1Client> client;
  std::optional<ResponseHead> response;
  std::string asked;
  std::string content;
  StreamError error = StreamError::none;
  bool arrived = false;
  bool reusable = false;
  bool rest_broken = false;
  int peer = -1;
};

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST_F(Http1ClientTest, A_whole_answer_leaves_the_connection_fit) {
  run(request(), kOk);
  EXPECT_EQ(asked, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(content, "ok");
  EXPECT_TRUE(reusable);
}

TEST_F(Http1ClientTest, A_peer_that_speaks_first_is_not_asked) {
  say(kOk);
  turn();
  run(request(), {});
  EXPECT_EQ(asked, "");
  EXPECT_FALSE(arrived);
  EXPECT_EQ(error, StreamError::malformed);
  EXPECT_FALSE(reusable);
}

TEST_F(Http1ClientTest, Bytes_behind_the_answer_end_the_connection) {
  run(request(), std::string(kOk) + "x");
  EXPECT_EQ(content, "ok");
  EXPECT_FALSE(reusable);
}

TEST_F(Http1ClientTest, What_a_resting_connection_says_breaks_it) {
  run(request(), kOk);
  ASSERT_TRUE(reusable);
  client->rest();
  say(kOk);
  turn();
  EXPECT_TRUE(rest_broken);
}

TEST_F(Http1ClientTest, A_change_to_another_protocol_than_asked_is_malformed) {
  const std::string head = "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: ";
  run(request("own, other/1"), head + "h2c\r\n\r\n");
  EXPECT_FALSE(arrived);
  EXPECT_EQ(error, StreamError::malformed);
}

TEST_F(Http1ClientTest, A_few_informational_answers_pass_and_a_flood_is_malformed) {
  std::string heads;
  for (int i = 0; i < Http1Client::kInformationalMax; ++i) {
    heads += "HTTP/1.1 103 Early Hints\r\n\r\n";
  }
  run(request(), heads + std::string(kOk));
  EXPECT_EQ(content, "ok");
  ASSERT_TRUE(reusable);
  run(request(), heads + "HTTP/1.1 103 Early Hints\r\n\r\n" + std::string(kOk));
  EXPECT_EQ(error, StreamError::malformed);
  EXPECT_FALSE(reusable);
}

}  // namespace
}  // namespace gatehouse
