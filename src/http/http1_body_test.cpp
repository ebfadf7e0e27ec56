// Promised here: a chunked body reads the same whole or byte by byte, everything in it is bounded,
// and no laxity lets two readers find different ends.
#include "http/http1_body.h"

#include <algorithm>
#include <string>

namespace gatehouse {
namespace {

using namespace std::string_view_literals;

struct Decoded {
  ChunkStep::State state = ChunkStep::State::need_more;
  std::string content;
  std::string trailers;
  std::size_t left_out = 0;
  std::size_t consumed = 0;  // content included

  bool operator==(const Decoded&) const = default;
};

// As a connection does it: `piece` bytes more at a time, stepping as far as they go.
Decoded decode(std::string_view bytes, std::size_t piece, const HeadLimits& limits = {}) {
  Arena arena;
  ChunkedDecoder decoder(arena, limits);
  Decoded out;
  for (std::size_t have = 0; have != bytes.size() && out.state == ChunkStep::State::need_more;) {
    have = std::min(have + piece, bytes.size());
    do {
      const ChunkStep step = decoder.step(bytes.substr(out.consumed, have - out.consumed));
      EXPECT_LE(step.consumed + step.content.size(), have - out.consumed);
      out.content += step.content;
      out.consumed += step.consumed + step.content.size();
      out.state = step.state;
    } while (out.state == ChunkStep::State::content);
  }
  for (const Field& field : decoder.trailers()) {
    out.trailers += std::string(field.name) + "=" + std::string(field.value) + ";";
  }
  out.left_out = decoder.trailers_left_out();
  return out;
}

Decoded decode_both_ways(std::string_view bytes, const HeadLimits& limits = {}) {
  Decoded whole = decode(bytes, bytes.size() + 1, limits);
  EXPECT_EQ(whole, decode(bytes, 1, limits)) << bytes;
  EXPECT_EQ(whole, decode(bytes, 3, limits)) << bytes;
  return whole;
}

TEST(ChunkedDecoder, finds_content_and_end) {
  const Decoded body = decode_both_ways("5\r\nhello\r\n6;x=y\r\n world\r\n00\r\n\r\nGET /");
  EXPECT_EQ(body.state, ChunkStep::State::ended);
  EXPECT_EQ(body.content, "hello world");
  EXPECT_EQ(body.consumed, 31U);
}

TEST(ChunkedDecoder, shows_content_where_it_lies) {
  Arena arena;
  ChunkedDecoder decoder(arena, {});
  const std::string_view bytes = "a\r\n0123456789\r\n";
  const ChunkStep step = decoder.step(bytes);
  EXPECT_EQ(step.state, ChunkStep::State::content);
  EXPECT_EQ(step.consumed, 3U);
  EXPECT_EQ(step.content.data(), bytes.data() + 3);
  EXPECT_EQ(step.content, "0123456789");
}

TEST(ChunkedDecoder, waits_for_what_is_missing) {
  for (const std::string_view bytes : {""sv, "5"sv, "5\r"sv, "5\r\nhel"sv, "5\r\nhello\r"sv,
                                       "0\r\n"sv, "0\r\n\r"sv, "0\r\nA: b\r\n"sv, "5;ext"sv}) {
    EXPECT_EQ(decode_both_ways(bytes).state, ChunkStep::State::need_more) << bytes;
  }
}

// RFC 9112 §7.1: chunk-size CRLF, and not one byte else.
TEST(ChunkedDecoder, refuses_every_other_spelling_of_a_chunk) {
  for (const std::string_view bytes : {"\r\n"sv,
                                       "x\r\n"sv,
                                       ";a\r\n"sv,
                                       " 5\r\n"sv,
                                       "5 \r\n"sv,
                                       "5 ;a\r\n"sv,
                                       "+5\r\n"sv,
                                       "-1\r\n"sv,
                                       "0x5\r\n"sv,
                                       "5\n"sv,
                                       "5\r\r\n"sv,
                                       "5\rh"sv,
                                       "5\r\nhelloX"sv,
                                       "5\r\nhello\n"sv,
                                       "5\r\nhello\r5"sv,
                                       "5\r\nhello\r\n\r\n"sv,
                                       "5;a\nb\r\n"sv,
                                       "5;a\rb\r\n"sv,
                                       "5;a\0\r\n"sv,
                                       "00000000000000005\r\n"sv,
                                       "8000000000000000\r\n"sv,
                                       "fffffffffffffffff\r\n"sv,
                                       "0\r\n\n"sv,
                                       "0\r\n\rX"sv,
                                       "0\r\nA: b\n"sv,
                                       "0\r\nA: b\rX"sv,
                                       "0\r\n A: b\r\n\r\n"sv,
                                       "0\r\nA : b\r\n\r\n"sv,
                                       "0\r\nA: b\r\n c\r\n\r\n"sv,
                                       "0\r\nA: b\0\r\n"sv,
                                       "0\r\nno colon\r\n\r\n"sv}) {
    EXPECT_EQ(decode_both_ways(bytes).state, ChunkStep::State::malformed) << bytes;
  }
}

TEST(ChunkedDecoder, takes_the_largest_size_that_fits) {
  const Decoded body = decode_both_ways("7FFFFFFFFFFFFFFF\r\nab");
  EXPECT_EQ(body.state, ChunkStep::State::need_more);
  EXPECT_EQ(body.content, "ab");
}

TEST(ChunkedDecoder, bounds_extensions_by_line_and_in_all) {
  const std::string most = "1;" + std::string(255, 'a') + "\r\nx\r\n";
  EXPECT_EQ(decode_both_ways(most).state, ChunkStep::State::need_more);
  const std::string more = "1;" + std::string(256, 'a') + "\r\nx\r\n";
  EXPECT_EQ(decode_both_ways(more).state, ChunkStep::State::malformed);
  std::string many;
  for (std::size_t i = 0; i < 16 * 1024 / 256; ++i) many += most;
  EXPECT_EQ(decode(many, many.size()).state, ChunkStep::State::need_more);
  EXPECT_EQ(decode(many + "1;\r\nx\r\n", 100).state, ChunkStep::State::malformed);
}

TEST(ChunkedDecoder, hands_on_trailers) {
  const Decoded body = decode_both_ways("1\r\nx\r\n0\r\nGrpc-Status: 0 \r\nx-sum:\t1a\r\n\r\nrest");
  EXPECT_EQ(body.state, ChunkStep::State::ended);
  EXPECT_EQ(body.trailers, "Grpc-Status=0;x-sum=1a;");
}

TEST(ChunkedDecoder, bounds_trailers_as_it_does_heads) {
  const HeadLimits limits{.head_bytes_max = 30, .fields_max = 2};
  EXPECT_EQ(decode_both_ways("0\r\na: 1\r\nb: 2\r\n\r\n", limits).state, ChunkStep::State::ended);
  EXPECT_EQ(decode_both_ways("0\r\na: 1\r\nb: 2\r\nc: 3\r\n\r\n", limits).state,
            ChunkStep::State::malformed);
  const std::string long_one = "0\r\na: " + std::string(30, 'x');
  EXPECT_EQ(decode_both_ways(long_one, limits).state, ChunkStep::State::malformed);
}

TEST(ChunkedDecoder, keeps_trailers_longer_than_its_first_piece_of_memory) {
  const std::string value(3000, 'v');
  EXPECT_EQ(decode_both_ways("0\r\na: " + value + "\r\n\r\n").trailers, "a=" + value + ";");
}

// RFC 9110 §6.5.1: fields that are necessary for framing, routing, request modifiers,
// authentication, response control or content handling are not trailers.
TEST(ChunkedDecoder, leaves_out_trailers_that_must_be_known_before_the_content) {
  for (const char* name :
       {"Authorization", "Cookie", "Set-Cookie", "Content-Type", "Content-Encoding",
        "Content-Range", "Cache-Control", "If-Match", "Range", "X-Forwarded-For",
        "X-Forwarded-Port", "Expect", "Location", "Vary"}) {
    const Decoded body = decode_both_ways("0\r\n" + std::string(name) + ": 1\r\nA: b\r\n\r\n");
    EXPECT_EQ(body.state, ChunkStep::State::ended) << name;
    EXPECT_EQ(body.trailers, "A=b;") << name;
    EXPECT_EQ(body.left_out, 1U) << name;
  }
}

TEST(ChunkedDecoder, refuses_trailers_that_frame_or_route) {
  for (const char* name : {"Content-Length", "Transfer-Encoding", "Host", "Connection", "Trailer",
                           "TE", "Upgrade", "Keep-Alive"}) {
    EXPECT_EQ(decode_both_ways("0\r\n" + std::string(name) + ": 1\r\n\r\n").state,
              ChunkStep::State::malformed)
        << name;
  }
}

}  // namespace
}  // namespace gatehouse
