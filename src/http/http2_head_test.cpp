// What is promised: a head of HTTP/2 is read as strictly as one of HTTP/1; what is malformed makes
// one exchange that says why, and a reset; 431 where it is only too large.
#include "http/http2_head.h"

#include "http/http2_rig_testing.h"

namespace gatehouse::testing {
namespace {

// The codec's own checks come first in a session; here ours stand alone.
HeadError read_head(const Lines& lines, bool end, RequestHead& head,
                    const HeadLimits& limits = {}) {
  Http2HeadReader reader(head, limits);
  for (const auto& [name, value] : lines) reader.add(name, value);
  return reader.finish(end);
}

Lines with(std::string name, std::string value) {
  Lines lines = Http2Client::get();
  lines.emplace_back(std::move(name), std::move(value));
  return lines;
}

Lines instead(std::string_view name, std::string value) {
  Lines lines = Http2Client::get();
  for (auto& line : lines) {
    if (line.first == name) line.second = value;
  }
  return lines;
}

Lines without(std::string_view name) {
  Lines lines = Http2Client::get();
  std::erase_if(lines, [name](const auto& line) { return line.first == name; });
  return lines;
}

Lines misplaced() {
  Lines lines = with("accept", "*/*");
  std::swap(lines.front(), lines.back());
  return lines;
}

struct Case {
  std::string name;
  Lines lines;
  HeadError error;
};

std::vector<Case> malformed() {
  using enum HeadError;
  const std::string nul("a\0b", 3);
  return {
      {"CR in a value", with("a", "b\rc"), line_end},
      {"LF in a value", with("a", "b\nc"), line_end},
      {"NUL in a value", with("a", nul), forbidden_byte},
      {"a blank before a value", with("a", " b"), forbidden_byte},
      {"a blank after a value", with("a", "b\t"), forbidden_byte},
      {"an upper-case name", with("Accept", "b"), field_name},
      {"a name with a blank", with("a b", "c"), field_name},
      {"a name with a colon", with("a:b", "c"), field_name},
      {"an empty name", with("", "c"), field_name},
      {"Connection", with("connection", "close"), connection},
      {"Keep-Alive", with("keep-alive", "1"), connection},
      {"Proxy-Connection", with("proxy-connection", "close"), connection},
      {"Transfer-Encoding", with("transfer-encoding", "chunked"), connection},
      {"Upgrade", with("upgrade", "h2c"), connection},
      {"TE other than trailers", with("te", "gzip"), connection},
      {"an authority unlike Host", with("host", "b.test"), host_mismatch},
      {"an authority with user information", instead(":authority", "u@a.test"), host},
      {"a blank in the path", instead(":path", "/a b"), target},
      {"a fragment", instead(":path", "/a#b"), target},
      {"a path that begins with no slash", instead(":path", "a"), target},
      {"an absolute form", instead(":path", "http://a.test/"), target},
      {"an empty path", instead(":path", ""), target},
      {"a star without OPTIONS", instead(":path", "*"), target},
      {"another scheme", instead(":scheme", "ftp"), start_line},
      {"a method that is no token", instead(":method", "GE T"), method},
      {"an empty method", instead(":method", ""), method},
      {"no method", without(":method"), method},
      {"no scheme", without(":scheme"), start_line},
      {"no path", without(":path"), start_line},
      {"no authority", without(":authority"), host_missing},
      {"an unknown pseudo-header", with(":colour", "red"), start_line},
      {"a response's pseudo-header", with(":status", "200"), start_line},
      {"a pseudo-header twice", with(":path", "/b"), start_line},
      {"a pseudo-header after a field", misplaced(), start_line},
      {"a length that is no number", with("content-length", "1x"), content_length},
      {"a length with a sign", with("content-length", "+0"), content_length},
      {"a length without content", with("content-length", "5"), content_length},
      {"an extended CONNECT", with(":protocol", "websocket"), start_line},
  };
}

TEST(Http2Head, names_what_is_malformed) {
  for (const Case& each : malformed()) {
    SCOPED_TRACE(each.name);
    Arena arena;
    RequestHead head(arena);
    EXPECT_EQ(read_head(each.lines, true, head), each.error);
  }
}

TEST(Http2Head, keeps_bytes_of_no_known_text_and_inner_tabs) {
  Arena arena;
  RequestHead head(arena);
  ASSERT_EQ(read_head(with("a", "b\t\xff c"), true, head), HeadError::none);
  EXPECT_EQ(head.fields.find("a")->value, "b\t\xff c");
}

TEST(Http2Head, refuses_a_length_twice) {
  Arena arena;
  RequestHead head(arena);
  Lines lines = with("content-length", "5");
  lines.emplace_back("content-length", "5");
  EXPECT_EQ(read_head(lines, false, head), HeadError::content_length_repeated);
}

TEST(Http2Head, knows_the_framing) {
  Arena arena;
  RequestHead with_content(arena);
  ASSERT_EQ(read_head(with("content-length", "5"), false, with_content), HeadError::none);
  EXPECT_EQ(with_content.framing, Framing::stream);
  EXPECT_EQ(with_content.content_length, 5u);
  RequestHead bare(arena);
  ASSERT_EQ(read_head(Http2Client::get(), true, bare), HeadError::none);
  EXPECT_EQ(bare.framing, Framing::none);
}

TEST(Http2Head, takes_a_target_of_connect_from_its_authority) {
  Arena arena;
  RequestHead head(arena);
  ASSERT_EQ(read_head({{":method", "CONNECT"}, {":authority", "a.test:443"}}, false, head),
            HeadError::none);
  EXPECT_EQ(head.target, "a.test:443");
  RequestHead portless(arena);
  EXPECT_EQ(read_head({{":method", "CONNECT"}, {":authority", "a.test"}}, false, portless),
            HeadError::target);
}

TEST(Http2Head, says_what_passes_a_limit) {
  const HeadLimits limits{.head_bytes_max = 400, .fields_max = 2, .uri_bytes_max = 20};
  Arena arena;
  RequestHead long_target(arena);
  EXPECT_EQ(read_head(instead(":path", "/" + std::string(20, 'a')), true, long_target, limits),
            HeadError::uri_too_long);
  RequestHead large(arena);
  EXPECT_EQ(read_head(with("a", std::string(300, 'a')), true, large, limits),
            HeadError::head_too_large);
  EXPECT_EQ(large.target, "/") << "what came before is there for the event";
  RequestHead many(arena);
  Lines lines = with("a", "1");
  lines.emplace_back("b", "2");
  lines.emplace_back("c", "3");
  EXPECT_EQ(read_head(lines, true, many, limits), HeadError::too_many_fields);
}

// --- Through the codec

struct Http2MalformedTest : Http2Test {};

TEST_F(Http2MalformedTest, makes_one_exchange_and_a_reset_each) {
  connect();
  std::size_t count = 0;
  for (const Case& each : malformed()) {
    SCOPED_TRACE(each.name);
    const std::int32_t id = client->ask(each.lines);
    ASSERT_TRUE(settle());
    ++count;
    ASSERT_EQ(handler.errors.size(), count);
    EXPECT_EQ(status_of(handler.errors.back()), 400);
    EXPECT_EQ(answer(id).reset, NGHTTP2_PROTOCOL_ERROR);
    EXPECT_FALSE(answer(id).ended);
    EXPECT_EQ(handler.running, 0);
  }
  EXPECT_TRUE(client->goaways.empty()) << "the connection goes on";
  const std::int32_t id = client->ask(Http2Client::get());
  ASSERT_TRUE(settle());
  EXPECT_EQ(answer(id).body, "hello");
}

TEST_F(Http2MalformedTest, says_what_was_wrong_where_the_codec_refuses_first) {
  connect();
  client->ask(with("connection", "close"));
  client->ask(with("Accept", "b"));
  client->ask(with("a", "b\nc"));
  client->ask(with("content-length", "5"));
  client->ask(without(":path"));
  ASSERT_TRUE(settle());
  EXPECT_THAT(handler.errors, ::testing::ElementsAre(HeadError::connection, HeadError::field_name,
                                                     HeadError::line_end, HeadError::content_length,
                                                     HeadError::start_line));
}

TEST_F(Http2MalformedTest, answers_a_head_that_is_too_large) {
  limits.head.head_bytes_max = 2'000;
  connect();
  const std::int32_t id = client->ask(with("a", std::string(3'000, 'a')));
  ASSERT_TRUE(settle());
  EXPECT_THAT(handler.errors, ::testing::ElementsAre(HeadError::head_too_large));
  EXPECT_THAT(answer(id).statuses, ::testing::ElementsAre("431"));
  EXPECT_TRUE(answer(id).ended);
  EXPECT_TRUE(client->goaways.empty());
}

TEST_F(Http2MalformedTest, refuses_trailers_that_frame_or_route) {
  handler.script = echo;
  connect();
  const std::int32_t id = client->ask(Http2Client::post(), true);
  client->end(id, {{"host", "b.test"}});
  ASSERT_TRUE(settle());
  EXPECT_NE(answer(id).reset, 0xffff);
  EXPECT_FALSE(answer(id).ended);
}

TEST_F(Http2MalformedTest, leaves_out_trailers_that_come_too_late_to_matter) {
  handler.script = echo;
  connect();
  const std::int32_t id = client->ask(Http2Client::post(), true);
  client->end(id, {{"authorization", "x"}, {"checksum", "y"}});
  ASSERT_TRUE(settle());
  EXPECT_THAT(answer(id).fields, ::testing::ElementsAre(::testing::Pair("checksum", "y")));
}

}  // namespace
}  // namespace gatehouse::testing
