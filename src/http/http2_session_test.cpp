// What is promised: requests and answers pass whole under flow control both ways, one exchange
// makes one call of the handler, and the owner is told of the end once, after the last of them.
#include "http/http2_session.h"

#include "http/http2_rig_testing.h"

namespace gatehouse::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Pair;

struct Listener final : AbortListener {
  void on_abort(StreamError why) override { heard.push_back(why); }
  std::vector<StreamError> heard;
};

using Http2SessionTest = Http2Test;

TEST_F(Http2SessionTest, answers_a_request) {
  connect();
  const std::int32_t id = client->ask(Http2Client::get("/a?b=1"));
  ASSERT_TRUE(settle());
  EXPECT_THAT(handler.paths, ElementsAre("/a?b=1"));
  EXPECT_THAT(answer(id).statuses, ElementsAre("200"));
  EXPECT_THAT(answer(id).fields, Contains(Pair("content-type", "text/plain")));
  EXPECT_THAT(answer(id).fields, Contains(Pair("content-length", "5")));
  EXPECT_EQ(answer(id).body, "hello");
  EXPECT_TRUE(answer(id).ended);
  EXPECT_EQ(answer(id).reset, 0xffff);
}

TEST_F(Http2SessionTest, begins_with_bytes_that_were_read_before) {
  connect(65'535, true, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  // The client's own preface is left out.
  const std::uint8_t* ignored = nullptr;
  ASSERT_EQ(nghttp2_session_mem_send(client->codec, &ignored), 24);
  const std::int32_t id = client->ask(Http2Client::get());
  ASSERT_TRUE(settle());
  EXPECT_EQ(answer(id).body, "hello");
}

TEST_F(Http2SessionTest, shows_a_request_as_the_gate_wants_it) {
  std::string seen;
  handler.script = [&seen](ServerStream& stream) {
    const RequestHead& head = stream.request();
    seen = std::string(head.method_text) + " " + std::string(head.authority) + " " +
           std::string(head.raw_path) + " " + std::string(head.query) + " " +
           std::string(head.fields.value(FieldId::cookie)) + " " + std::string(head.scheme);
    EXPECT_EQ(head.version, Version::http2);
    EXPECT_EQ(head.framing, Framing::none);
    return say_hello(stream);
  };
  connect();
  Lines lines = Http2Client::get("/p?q");
  lines[2].second = "A.Test:8080";
  lines.emplace_back("cookie", "a=1");
  lines.emplace_back("cookie", "b=2");
  client->ask(lines);
  ASSERT_TRUE(settle());
  EXPECT_EQ(seen, "GET a.test:8080 /p q a=1; b=2 http");
}

TEST_F(Http2SessionTest, passes_content_and_trailers_both_ways) {
  handler.script = echo;
  connect();
  const std::int32_t id = client->ask(Http2Client::post(), true);
  std::string content;
  for (int i = 0; content.size() < 3'000'000; ++i) content += std::to_string(i);
  client->send(id, content);
  client->end(id, {{"grpc-status", "0"}});
  ASSERT_TRUE(settle());
  EXPECT_EQ(answer(id).body, content);
  EXPECT_THAT(answer(id).fields, Contains(Pair("grpc-status", "0")));
  EXPECT_TRUE(answer(id).ended);
}

TEST_F(Http2SessionTest, serves_many_streams_at_a_time) {
  handler.script = echo;
  connect();
  std::vector<std::int32_t> ids;
  for (int i = 0; i < 50; ++i) ids.push_back(client->ask(Http2Client::post(), true));
  for (const std::int32_t id : ids) client->send(id, std::string(100'000, 'x'));
  ASSERT_TRUE(settle());
  for (const std::int32_t id : ids) client->end(id);
  ASSERT_TRUE(settle());
  for (const std::int32_t id : ids) EXPECT_EQ(answer(id).body.size(), 100'000u);
}

TEST_F(Http2SessionTest, gives_no_credit_for_content_that_nobody_reads) {
  Signal go(loop);
  handler.script = [&go](ServerStream& stream) -> Task<void> {
    Signal::Awaiter waiting = go.wait();
    co_await waiting;
    Task<void> echoing = echo(stream);
    co_await echoing;
  };
  connect();
  const std::int32_t id = client->ask(Http2Client::post(), true);
  client->send(id, std::string(1'000'000, 'x'));
  client->end(id);
  ASSERT_TRUE(settle());
  EXPECT_EQ(client->sent_content, Http2Body::kWindowBytes);
  go.set();
  ASSERT_TRUE(settle());
  EXPECT_EQ(answer(id).body.size(), 1'000'000u);
}

TEST_F(Http2SessionTest, holds_no_more_of_a_response_than_the_high_water_mark) {
  std::size_t taken = 0;
  handler.script = [&taken](ServerStream& stream) -> Task<void> {
    ResponseHead head(stream.arena());
    stream.send_head(head, false);
    const std::string bytes(10'000, 'x');
    while (taken < 500'000) {
      const std::size_t count = stream.sink().write(bytes);
      taken += count;
      if (count != 0) continue;
      Task<bool> drained = stream.sink().drained();
      const bool moved = co_await drained;
      if (!moved) co_return;
    }
    stream.sink().finish(nullptr);
  };
  connect(1'000, false);
  const std::int32_t id = client->ask(Http2Client::get());
  ASSERT_TRUE(settle());
  EXPECT_EQ(answer(id).body.size(), 1'000u);
  EXPECT_EQ(taken, 1'000 + Sink::kHighWaterBytes);
  while (!answer(id).ended && answer(id).body.size() < 600'000) {
    nghttp2_submit_window_update(client->codec, NGHTTP2_FLAG_NONE, id, 50'000);
    nghttp2_submit_window_update(client->codec, NGHTTP2_FLAG_NONE, 0, 50'000);
    ASSERT_TRUE(settle());
  }
  EXPECT_EQ(answer(id).body.size(), taken);
}

TEST_F(Http2SessionTest, sends_informational_heads_before_the_final_one) {
  handler.script = [](ServerStream& stream) {
    ResponseHead early(stream.arena());
    early.status = 103;
    (void)early.fields.add(FieldId::other, "Link", "</s.css>");
    stream.send_informational(early);
    return say_hello(stream);
  };
  connect();
  const std::int32_t id = client->ask(Http2Client::get());
  ASSERT_TRUE(settle());
  EXPECT_THAT(answer(id).statuses, ElementsAre("103", "200"));
  EXPECT_EQ(answer(id).body, "hello");
}

TEST_F(Http2SessionTest, ends_a_message_without_content_with_its_head) {
  handler.script = [](ServerStream& stream) -> Task<void> {
    ResponseHead head(stream.arena());
    head.status = stream.request().method == Method::head ? 200 : 204;
    (void)head.fields.add(FieldId::content_length, "Content-Length", "7");
    (void)head.fields.add(FieldId::connection, "Connection", "close");
    stream.send_head(head, true);
    co_return;
  };
  connect();
  Lines lines = Http2Client::get();
  const std::int32_t got = client->ask(lines);
  lines[0].second = "HEAD";
  const std::int32_t headed = client->ask(lines);
  ASSERT_TRUE(settle());
  EXPECT_TRUE(answer(got).ended && answer(headed).ended);
  EXPECT_THAT(answer(got).fields, ElementsAre());
  EXPECT_THAT(answer(headed).fields, ElementsAre(Pair("content-length", "7")));
}

TEST_F(Http2SessionTest, resets_without_error_what_was_answered_before_it_came_whole) {
  connect();
  const std::int32_t id = client->ask(Http2Client::post(), true);
  client->send(id, "some");
  ASSERT_TRUE(settle());
  EXPECT_EQ(answer(id).body, "hello");
  EXPECT_TRUE(answer(id).ended);
  EXPECT_EQ(answer(id).reset, NGHTTP2_NO_ERROR);
  EXPECT_EQ(handler.running, 0);
}

TEST_F(Http2SessionTest, tells_of_a_reset_once) {
  Listener listener;
  Signal go(loop);
  handler.script = [&](ServerStream& stream) -> Task<void> {
    stream.listen(&listener);
    Signal::Awaiter waiting = go.wait();
    co_await waiting;
    EXPECT_EQ(stream.body().error(), StreamError::closed);
    EXPECT_EQ(stream.sink().error(), StreamError::closed);
    EXPECT_EQ(stream.sink().write("x"), 0u);
    stream.abort(StreamError::closed);
  };
  connect();
  const std::int32_t id = client->ask(Http2Client::post(), true);
  ASSERT_TRUE(settle());
  client->reset(id);
  ASSERT_TRUE(settle());
  EXPECT_THAT(listener.heard, ElementsAre(StreamError::closed));
  EXPECT_EQ(handler.running, 1);
  go.set();
  ASSERT_TRUE(settle());
  EXPECT_THAT(listener.heard, ElementsAre(StreamError::closed));
  EXPECT_EQ(handler.running, 0);
  EXPECT_EQ(closed, 0);
}

TEST_F(Http2SessionTest, wakes_who_waits_on_either_half_when_the_client_goes) {
  handler.script = echo;
  connect();
  client->ask(Http2Client::post(), true);
  handler.script = [](ServerStream& stream) -> Task<void> {
    ResponseHead head(stream.arena());
    stream.send_head(head, false);
    while (true) {
      if (stream.sink().write(std::string(10'000, 'x')) != 0) continue;
      Task<bool> drained = stream.sink().drained();
      const bool moved = co_await drained;
      if (!moved) co_return;
    }
  };
  client->ask(Http2Client::get());
  client->reading = false;
  (void)settle();
  client->hang_up();
  while (closed == 0) turn();
  EXPECT_EQ(running_when_closed, 0);
}

TEST_F(Http2SessionTest, breaks_a_promise_of_length_by_a_reset) {
  handler.script = [](ServerStream& stream) -> Task<void> {
    ResponseHead head(stream.arena());
    head.framing = Framing::length;
    head.content_length = 10;
    stream.send_head(head, false);
    (void)stream.sink().write("hello");
    stream.sink().finish(nullptr);
    co_return;
  };
  connect();
  const std::int32_t id = client->ask(Http2Client::get());
  ASSERT_TRUE(settle());
  EXPECT_EQ(answer(id).reset, NGHTTP2_INTERNAL_ERROR);
  EXPECT_FALSE(answer(id).ended);
}

TEST_F(Http2SessionTest, refuses_content_beyond_its_bound) {
  StreamError error = StreamError::none;
  handler.script = [&error](ServerStream& stream) -> Task<void> {
    stream.bound_body(1'000);
    Task<void> echoing = echo(stream);
    co_await echoing;
    error = stream.body().error();
  };
  connect();
  const std::int32_t id = client->ask(Http2Client::post(), true);
  client->send(id, std::string(1'001, 'x'));
  ASSERT_TRUE(settle());
  EXPECT_EQ(error, StreamError::too_large);
  EXPECT_NE(answer(id).reset, 0xffff);
}

TEST_F(Http2SessionTest, takes_content_unlike_its_length_for_malformed) {
  for (const std::string_view content : {"123", "12345"}) {
    StreamError error = StreamError::none;
    handler.script = [&error](ServerStream& stream) -> Task<void> {
      Task<void> echoing = echo(stream);
      co_await echoing;
      error = stream.body().error();
    };
    connect();
    Lines lines = Http2Client::post();
    lines.emplace_back("content-length", "4");
    const std::int32_t id = client->ask(lines, true);
    client->send(id, content);
    client->end(id);
    ASSERT_TRUE(settle());
    EXPECT_EQ(error, StreamError::malformed);
    EXPECT_EQ(answer(id).reset, NGHTTP2_PROTOCOL_ERROR);
    if (content == "123") {
      TearDown();
      closed = 0;
    }
  }
}

TEST_F(Http2SessionTest, drains_in_two_steps_and_lets_the_last_stream_end) {
  handler.script = echo;
  connect();
  const std::int32_t id = client->ask(Http2Client::post(), true);
  ASSERT_TRUE(settle());
  session->drain();
  ASSERT_TRUE(settle());
  EXPECT_THAT(client->goaways,
              ElementsAre(Pair(0x7fffffff, NGHTTP2_NO_ERROR), Pair(id, NGHTTP2_NO_ERROR)));
  EXPECT_EQ(closed, 0);
  client->send(id, "late");
  client->end(id);
  ASSERT_TRUE(settle());
  EXPECT_EQ(answer(id).body, "late");
  EXPECT_TRUE(client->ended);
  client->hang_up();
  while (closed == 0) turn();
}

TEST_F(Http2SessionTest, drains_at_once_when_nothing_is_under_way) {
  connect();
  client->ask(Http2Client::get());
  ASSERT_TRUE(settle());
  session->drain();
  ASSERT_TRUE(settle());
  EXPECT_TRUE(client->ended);
}

TEST_F(Http2SessionTest, drains_after_the_last_request_that_one_connection_may_make) {
  limits.requests_max = 2;
  connect();
  client->ask(Http2Client::get());
  ASSERT_TRUE(settle());
  EXPECT_FALSE(client->ended);
  const std::int32_t id = client->ask(Http2Client::get());
  ASSERT_TRUE(settle());
  EXPECT_EQ(answer(id).body, "hello");
  EXPECT_TRUE(client->ended);
}

TEST_F(Http2SessionTest, aborts_what_is_under_way) {
  Listener listener;
  handler.script = [&listener](ServerStream& stream) -> Task<void> {
    stream.listen(&listener);
    Task<void> echoing = echo(stream);
    co_await echoing;
  };
  connect();
  client->ask(Http2Client::post(), true);
  ASSERT_TRUE(settle());
  session->abort();
  EXPECT_EQ(closed, 0) << "the owner is told from the top of the stack";
  turn();
  EXPECT_EQ(closed, 1);
  EXPECT_EQ(running_when_closed, 0);
}

}  // namespace
}  // namespace gatehouse::testing
