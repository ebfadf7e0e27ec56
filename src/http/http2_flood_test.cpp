// What is promised: who floods, breaks the framing or lets us wait is sent away, with the code that
// says why, and leaves nothing behind.
#include "http/http2_rig_testing.h"

namespace gatehouse::testing {
namespace {

using ::testing::_;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
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

constexpr std::string_view kPost =
    "\x83\x84\x86\x41\x01"
    "a";  // to http://a/

std::string repeated(const std::string& bytes, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += bytes;
  return all;
}

// A request whose head comes in one frame and so many more.
std::string with_continuations(std::uint32_t stream, std::size_t count) {
  std::string bytes = frame(1, 1, stream, "\x82");
  for (std::size_t i = 1; i < count; ++i) bytes += frame(9, 0, stream);
  return bytes + frame(9, 4, stream,
                       "\x84\x86\x41\x01"
                       "a");
}

struct Http2FloodTest : Http2Test {
  void SetUp() override { connect(); }
  // From here on the test's own bytes go out, and the client neither answers nor minds.
  void take_over() {
    ASSERT_TRUE(settle());
    client->by_hand = true;
  }
  void send(const std::string& bytes) {
    client->raw(bytes);
    ASSERT_TRUE(settle());
  }
  void again() {  // with the limits as they are now
    TearDown();
    closed = 0;
    connect();
  }
  void expect_sent_away(std::uint32_t code) {
    ASSERT_TRUE(settle());
    EXPECT_THAT(client->goaways, Contains(Pair(_, code)));
    EXPECT_TRUE(client->ended);
    client->hang_up();
    while (closed == 0) turn();
    EXPECT_EQ(running_when_closed, 0);
  }
  // After as much as there may be all is well; what is on its way now is too much.
  void expect_flood(Limit limit, std::uint32_t code = NGHTTP2_ENHANCE_YOUR_CALM) {
    EXPECT_EQ(counts.of(limit), 0u);
    EXPECT_FALSE(client->ended);
    ASSERT_TRUE(settle());
    EXPECT_EQ(counts.of(limit), 1u);
    EXPECT_TRUE(client->ended);
    const std::string why{0, 0, 0, static_cast<char>(code)};
    if (client->by_hand) {
      EXPECT_THAT(client->came, HasSubstr(frame(7, 0, 0).substr(3))) << "a goaway";
      EXPECT_THAT(client->came, HasSubstr(why));
    } else {
      EXPECT_THAT(client->goaways, Contains(Pair(_, code)));
    }
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
  expect_flood(Limit::http2_resets);
  EXPECT_EQ(handler.errors.size(), Http2Session::kResetsMax + 1);
}

TEST_F(Http2FloodTest, of_malformed_requests_ends_the_connection) {
  Lines lines = Http2Client::get();
  lines.emplace_back("connection", "close");
  for (std::uint32_t i = 0; i <= Http2Session::kResetsMax; ++i) {
    ASSERT_TRUE(client->goaways.empty());
    client->ask(lines);
    if (i != Http2Session::kResetsMax) settle();
  }
  expect_flood(Limit::http2_forced_resets);
}

TEST_F(Http2FloodTest, of_pings_ends_the_connection) {
  take_over();
  // 10'000 less what the settings cost, and not so many at once that the answers are too many.
  for (int i = 0; i < 100; ++i) send(repeated(frame(6, 0, 0, "12345678"), i == 99 ? 80 : 100));
  client->raw(frame(6, 0, 0, "12345678"));
  expect_flood(Limit::http2_pings);
}

TEST_F(Http2FloodTest, of_settings_ends_the_connection) {
  take_over();
  for (int i = 0; i < 10; ++i) send(repeated(frame(4, 0, 0), i == 9 ? 98 : 100));
  client->raw(frame(4, 0, 0));
  expect_flood(Limit::http2_settings);
}

TEST_F(Http2FloodTest, of_settings_in_one_frame_ends_the_connection) {
  const std::string one("\0\5\0\0\x40\0", 6);
  take_over();
  send(frame(4, 0, 0, repeated(one, Http2Session::kSettingsMax)));
  client->raw(frame(4, 0, 0, repeated(one, Http2Session::kSettingsMax + 1)));
  expect_flood(Limit::http2_settings);
}

TEST_F(Http2FloodTest, of_priorities_ends_the_connection) {
  ASSERT_TRUE(settle());
  take_over();
  send(repeated(frame(2, 0, 1, std::string(5, '\0')), 998));
  client->raw(frame(2, 0, 1, std::string(5, '\0')));
  expect_flood(Limit::http2_priorities);
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
  client->raw(repeated(frame(0, 0, 1), 998));
  ASSERT_TRUE(settle());
  ASSERT_TRUE(client->goaways.empty());
  client->raw(frame(0, 0, 1));
  expect_flood(Limit::http2_empty_frames);
}

TEST_F(Http2FloodTest, of_continuations_ends_the_connection) {
  ASSERT_TRUE(settle());
  take_over();
  send(with_continuations(1, Http2Session::kContinuationsMax));
  ASSERT_THAT(handler.errors, ElementsAre(HeadError::none));
  client->raw(with_continuations(3, Http2Session::kContinuationsMax + 1));
  expect_flood(Limit::http2_continuations);
}

TEST_F(Http2FloodTest, of_a_head_many_times_too_large_ends_the_connection) {
  limits.head.head_bytes_max = 1'000;
  again();
  Lines lines = Http2Client::get();
  lines.emplace_back("a", std::string(3'000, 'a'));
  client->ask(lines);
  ASSERT_TRUE(settle());
  ASSERT_THAT(handler.errors, ElementsAre(HeadError::head_too_large));
  lines.back().second.resize(5'000, 'a');
  client->ask(lines);
  expect_flood(Limit::http2_head_bytes);
}

TEST_F(Http2FloodTest, of_streams_beyond_the_most_is_refused) {
  limits.streams_max = 2;
  handler.script = echo;
  again();
  ASSERT_TRUE(settle());
  for (int i = 0; i < 3; ++i) client->ask(Http2Client::post(), true);
  ASSERT_TRUE(settle());
  EXPECT_EQ(handler.running, 2) << "the client keeps to the settings, the third waits with it";
  EXPECT_EQ(counts.of(Limit::http2_streams), 0u);
}

TEST_F(Http2FloodTest, of_streams_before_it_knows_the_most_is_refused_one_by_one) {
  limits.streams_max = 2;
  handler.script = echo;
  again();
  client->by_hand = true;
  send(std::string(NGHTTP2_CLIENT_MAGIC) + frame(4, 0, 0) + frame(1, 4, 1, kPost) +
       frame(1, 4, 3, kPost) + frame(1, 4, 5, kPost));
  EXPECT_EQ(handler.running, 2);
  EXPECT_FALSE(client->ended);
  EXPECT_THAT(client->came, HasSubstr(frame(3, 0, 5, {"\0\0\0\7", 4})));
  EXPECT_EQ(counts.of(Limit::http2_streams), 1u);
}

TEST_F(Http2FloodTest, of_streams_against_the_settings_ends_the_connection) {
  limits.streams_max = 2;
  handler.script = echo;
  again();
  take_over();
  send(frame(1, 4, 1, kPost) + frame(1, 4, 3, kPost));
  client->raw(frame(1, 4, 5, kPost));
  expect_flood(Limit::http2_streams, NGHTTP2_PROTOCOL_ERROR);
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

TEST_F(Http2FloodTest, of_pings_whose_answers_are_not_read_ends_the_connection) {
  send_bytes = 1;
  again();
  ASSERT_TRUE(settle());
  client->reading = false;
  for (int i = 0; i < 90 && counts.of(Limit::http2_untaken_frames) == 0; ++i) {
    client->raw(repeated(frame(6, 0, 0, "12345678"), 100));
    (void)settle();
  }
  EXPECT_EQ(counts.of(Limit::http2_pings), 0u);
  EXPECT_EQ(counts.of(Limit::http2_untaken_frames), 1u);
  client->reading = true;
  ASSERT_TRUE(settle());
  EXPECT_THAT(client->goaways, Contains(Pair(_, NGHTTP2_ENHANCE_YOUR_CALM)));
}

TEST_F(Http2FloodTest, framing_that_is_wrong_ends_the_connection) {
  ASSERT_TRUE(settle());
  client->raw(frame(0, 0, 0, "x"));  // content of no stream
  expect_sent_away(NGHTTP2_PROTOCOL_ERROR);
}

TEST_F(Http2FloodTest, no_preface_ends_the_connection) {
  again();
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
  EXPECT_EQ(counts.of(Limit::idle_time), 1u);
}

TEST_F(Http2TimeTest, a_preface_that_never_comes_is_not_awaited) {
  connect();
  client->writing = false;
  run_until_closed();
  EXPECT_THAT(client->goaways, ElementsAre(Pair(0, NGHTTP2_SETTINGS_TIMEOUT)));
  EXPECT_EQ(counts.of(Limit::http2_settings_time), 1u);
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
  EXPECT_EQ(counts.of(Limit::http2_untaken_time), 1u);
}

TEST_F(Http2FloodTest, of_requests_beyond_the_most_of_a_connection_drains_it) {
  limits.requests_max = 2;
  again();
  client->ask(Http2Client::get());
  ASSERT_TRUE(settle());
  EXPECT_EQ(counts.of(Limit::requests_per_connection), 0u);
  const std::int32_t last = client->ask(Http2Client::get());
  ASSERT_TRUE(settle());
  EXPECT_EQ(answer(last).body, "hello");
  EXPECT_FALSE(client->goaways.empty());
  EXPECT_EQ(counts.of(Limit::requests_per_connection), 1u);
}

}  // namespace
}  // namespace gatehouse::testing
