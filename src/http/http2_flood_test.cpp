// What is promised: who floods, breaks the framing or lets us wait is sent away, with the code that
// says why, and leaves nothing behind.
#include "http/http2_rig_testing.h"

namespace gatehouse::testing {
namespace {

using ::testing::_;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Pair;
using namespace std::chrono_literals;

std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                  std::string_view payload = {}) {
  std::string bytes;
  const auto put = [&bytes](std::size_t value, int count) {
    while (count-- != 0) bytes += static_cast<char>(value >> (8 * count) & 0xff);
  };
  put(payload.size(), 3), put(type, 1), put(flags, 1), put(stream, 4);
  return bytes + std::string(payload);
}

std::string repeated(const std::string& bytes, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += bytes;
  return all;
}

struct Http2FloodTest : Http2Test {
  void SetUp() override { connect(); }
  void expect_sent_away(std::uint32_t code) {
    ASSERT_TRUE(settle());
    EXPECT_THAT(client->goaways, Contains(Pair(_, code)));
    EXPECT_TRUE(client->ended);
    client->hang_up();
    while (closed == 0) turn();
    EXPECT_EQ(running_when_closed, 0);
  }
};

TEST_F(Http2FloodTest, of_resets_ends_the_connection) {
  handler.script = echo;
  for (std::uint32_t i = 0; i <= Http2Session::kResetsMax; ++i) {
    const std::int32_t id = client->ask(Http2Client::post(), true);
    ASSERT_TRUE(settle());
    ASSERT_TRUE(client->goaways.empty());
    client->reset(id);
  }
  expect_sent_away(NGHTTP2_ENHANCE_YOUR_CALM);
  EXPECT_EQ(handler.errors.size(), Http2Session::kResetsMax + 1);
}

TEST_F(Http2FloodTest, of_malformed_requests_ends_the_connection) {
  Lines lines = Http2Client::get();
  lines.emplace_back("connection", "close");
  for (std::uint32_t i = 0; i <= Http2Session::kResetsMax; ++i) {
    ASSERT_TRUE(client->goaways.empty());
    client->ask(lines);
    ASSERT_TRUE(settle());
  }
  expect_sent_away(NGHTTP2_ENHANCE_YOUR_CALM);
}

TEST_F(Http2FloodTest, of_pings_ends_the_connection) {
  ASSERT_TRUE(settle());
  client->raw(repeated(frame(6, 0, 0, "12345678"), 10'001));
  expect_sent_away(NGHTTP2_ENHANCE_YOUR_CALM);
}

TEST_F(Http2FloodTest, of_settings_ends_the_connection) {
  ASSERT_TRUE(settle());
  client->raw(repeated(frame(4, 0, 0), 1'001));
  expect_sent_away(NGHTTP2_ENHANCE_YOUR_CALM);
}

TEST_F(Http2FloodTest, of_priorities_ends_the_connection) {
  ASSERT_TRUE(settle());
  client->raw(repeated(frame(2, 0, 1, std::string(5, '\0')), 1'001));
  expect_sent_away(NGHTTP2_ENHANCE_YOUR_CALM);
}

TEST_F(Http2FloodTest, of_unknown_frames_is_passed_over) {
  ASSERT_TRUE(settle());
  client->raw(repeated(frame(0xbe, 0, 0, "?"), 1'001));
  const std::int32_t id = client->ask(Http2Client::get());
  ASSERT_TRUE(settle());
  EXPECT_EQ(answer(id).body, "hello");
}

TEST_F(Http2FloodTest, of_empty_data_ends_the_connection) {
  handler.script = echo;
  client->ask(Http2Client::post(), true);
  ASSERT_TRUE(settle());
  client->raw(repeated(frame(0, 0, 1), 1'001));
  expect_sent_away(NGHTTP2_ENHANCE_YOUR_CALM);
}

TEST_F(Http2FloodTest, of_continuations_ends_the_connection) {
  ASSERT_TRUE(settle());
  client->raw(frame(1, 1, 1, "\x82") + repeated(frame(9, 0, 1, "\x84"), 20));
  ASSERT_TRUE(settle());
  EXPECT_FALSE(client->goaways.empty());
  EXPECT_TRUE(client->ended);
}

TEST_F(Http2FloodTest, of_a_head_many_times_too_large_ends_the_connection) {
  TearDown();
  closed = 0;
  limits.head.head_bytes_max = 1'000;
  connect();
  Lines lines = Http2Client::get();
  lines.emplace_back("a", std::string(5'000, 'a'));
  client->ask(lines);
  expect_sent_away(NGHTTP2_ENHANCE_YOUR_CALM);
}

TEST_F(Http2FloodTest, of_streams_beyond_the_most_is_refused) {
  TearDown();
  closed = 0;
  limits.streams_max = 2;
  handler.script = echo;
  connect();
  for (int i = 0; i < 3; ++i) client->ask(Http2Client::post(), true);
  ASSERT_TRUE(settle());
  EXPECT_EQ(handler.running, 2) << "the client keeps to the settings, the third waits with it";
}

TEST_F(Http2FloodTest, of_answers_that_nobody_reads_stops_the_reading) {
  ASSERT_TRUE(settle());
  client->reading = false;
  client->raw(repeated(frame(6, 0, 0, "12345678"), 9'000));
  (void)settle();
  client->reading = true;
  ASSERT_TRUE(settle());
  // Either all were answered or the codec took it for a flood; what is held is bounded both ways.
  EXPECT_LE(client->bytes_read, 9'000u * 17 + 1'000);
}

TEST_F(Http2FloodTest, framing_that_is_wrong_ends_the_connection) {
  ASSERT_TRUE(settle());
  client->raw(frame(0, 0, 0, "x"));  // content of no stream
  expect_sent_away(NGHTTP2_PROTOCOL_ERROR);
}

TEST_F(Http2FloodTest, no_preface_ends_the_connection) {
  TearDown();
  closed = 0;
  connect();
  const std::uint8_t* ignored = nullptr;
  while (nghttp2_session_mem_send(client->codec, &ignored) > 0) continue;
  client->raw("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  ASSERT_TRUE(settle());
  EXPECT_TRUE(client->ended);
}

struct Http2TimeTest : Http2Test {
  Http2TimeTest() {
    limits.transfer.idle_time = 40ms;
    limits.idle_time = 40ms;
    limits.head_time = 40ms;
    limits.linger_time = 40ms;
  }
};

TEST_F(Http2TimeTest, an_idle_connection_is_told_to_go) {
  connect();
  client->ask(Http2Client::get());
  run_until_closed();
  EXPECT_THAT(client->goaways, ElementsAre(Pair(1, NGHTTP2_NO_ERROR)));
}

TEST_F(Http2TimeTest, a_preface_that_never_comes_is_not_awaited) {
  connect();
  client->writing = false;
  run_until_closed();
  EXPECT_THAT(client->goaways, ElementsAre(Pair(0, NGHTTP2_SETTINGS_TIMEOUT)));
}

TEST_F(Http2TimeTest, a_head_that_never_ends_makes_an_exchange_and_ends_the_connection) {
  connect();
  ASSERT_TRUE(settle());
  client->raw(frame(1, 1, 1, "\x82"));  // `:method: GET`, and no END_HEADERS
  run_until_closed();
  EXPECT_THAT(handler.errors, ElementsAre(HeadError::timed_out));
  EXPECT_FALSE(client->goaways.empty());
}

TEST_F(Http2TimeTest, content_that_never_comes_breaks_its_exchange) {
  limits.idle_time = 10s;
  StreamError error = StreamError::none;
  handler.script = [&error](ServerStream& stream) -> Task<void> {
    Task<void> echoing = echo(stream);
    co_await echoing;
    error = stream.body().error();
  };
  connect();
  const std::int32_t id = client->ask(Http2Client::post(), true);
  while (error == StreamError::none) client->step(), turn();
  ASSERT_TRUE(settle());
  EXPECT_EQ(error, StreamError::timed_out_idle);
  EXPECT_EQ(answer(id).reset, NGHTTP2_INTERNAL_ERROR);
  EXPECT_EQ(closed, 0);
}

TEST_F(Http2TimeTest, a_response_that_nobody_takes_is_reset) {
  limits.idle_time = 10s;
  connect(2, false);
  const std::int32_t id = client->ask(Http2Client::get());
  while (answer(id).reset == 0xffff) client->step(), turn();
  EXPECT_EQ(answer(id).body, "he");
  EXPECT_EQ(answer(id).reset, NGHTTP2_CANCEL);
  EXPECT_EQ(closed, 0) << "the connection goes on";
}

TEST_F(Http2TimeTest, a_peer_that_reads_nothing_is_dropped) {
  limits.idle_time = 10s;
  handler.script = [](ServerStream& stream) -> Task<void> {
    ResponseHead head(stream.arena());
    stream.send_head(head, false);
    const std::string bytes(50'000, 'x');
    while (true) {
      if (stream.sink().write(bytes) != 0) continue;
      Task<bool> drained = stream.sink().drained();
      const bool moved = co_await drained;
      if (!moved) co_return;
    }
  };
  connect(1 << 30);
  nghttp2_session_set_local_window_size(client->codec, NGHTTP2_FLAG_NONE, 0, 1 << 30);
  client->ask(Http2Client::get());
  while (handler.running == 0) client->step(), turn();
  client->reading = false;
  run_until_closed();
  EXPECT_EQ(running_when_closed, 0);
}

}  // namespace
}  // namespace gatehouse::testing
