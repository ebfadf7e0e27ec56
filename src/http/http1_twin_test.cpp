// Promised here: over thousands of messages, right, wrong and nearly right, the readers and their
// slow twin accept the same ones and read the same out of them.
#include <iterator>
#include <random>
#include <string>

#include "testing/http1_agreement.h"

namespace gatehouse::testing {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kStarts[] = {
    "GET / HTTP/1.1\r\n",
    "POST /a?b=c HTTP/1.1\r\n",
    "GET /a HTTP/1.0\r\n",
    "GET http://a/b HTTP/1.1\r\n",
    "OPTIONS * HTTP/1.1\r\n",
    "CONNECT a:443 HTTP/1.1\r\n",
    "OPTIONS http://a HTTP/1.1\r\n",
    "HEAD https://A.:8/ HTTP/1.1\r\n",
};
constexpr std::string_view kStatusLines[] = {
    "HTTP/1.1 200 OK\r\n",        "HTTP/1.1 204 No Content\r\n",
    "HTTP/1.0 200 OK\r\n",        "HTTP/1.1 304 \r\n",
    "HTTP/1.1 100\r\n",           "HTTP/1.1 404 Not Found\r\n",
    "HTTP/1.1 101 Switching\r\n",
};
constexpr std::string_view kFields[] = {
    "Host: a\r\n",
    "Host: A.:8\r\n",
    "host: [::1]:443\r\n",
    "Content-Length: 5\r\n",
    "Content-Length: 0\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "Connection: close\r\n",
    "Connection: keep-alive, Upgrade\r\n",
    "Connection: x-a, te\r\n",
    "Connection: cookie\r\n",
    "Upgrade: websocket\r\n",
    "Connection: upgrade\r\n",
    "Expect: 100-continue\r\n",
    "TE: trailers\r\n",
    "Accept: */*\r\n",
    "X-A:\t b \xc3\xbc \r\n",
    "Cookie:\r\n",
};
constexpr std::string_view kChunks[] = {
    "5\r\nhello\r\n",
    "1;a=b\r\nx\r\n",
    "0\r\n\r\n",
    "0\r\nA: b\r\n\r\n",
    "00a\r\n0123456789\r\n",
    "0;x\r\nHost: a\r\n\r\n",
    "0\r\nCookie: a\r\nB: c\r\n\r\n",
};
// What a mutation puts in: mostly what is next to right.
constexpr std::string_view kSpoilers[] = {
    "\r",   "\n", "\r\n", " ", "\t", ":",       ",",     ";",        "\0"sv, "\x7f",
    "\x80", "0",  "5",    "A", "/",  "?",       "#",     "\\",       "%",    "*",
    ".",    "[",  "]",    "@", "\"", "chunked", "\r\n ", "HTTP/1.1", "::",
};

class Maker {
 public:
  template <std::size_t N>
  std::string_view one_of(const std::string_view (&pieces)[N]) {
    return pieces[random_() % N];
  }
  std::size_t below(std::size_t limit) { return random_() % limit; }

  std::string head(std::string_view start) {
    std::string text(start);
    if (below(4) != 0) text += kFields[0];
    for (std::size_t n = below(5); n != 0; --n) text += one_of(kFields);
    return spoiled(text + "\r\n");
  }
  std::string body() {
    std::string text;
    for (std::size_t n = below(5); n != 0; --n) text += one_of(kChunks);
    return spoiled(text + "0\r\n\r\n");
  }

 private:
  // Two of three stay as they are.
  std::string spoiled(std::string text) {
    for (std::size_t edits = below(3) == 0 ? 1 + below(3) : 0; edits != 0; --edits) {
      const std::size_t at = below(text.size() + 1);
      switch (below(3)) {
        case 0:
          text.insert(at, one_of(kSpoilers));
          break;
        case 1:
          text.erase(at, 1 + below(2));
          break;
        case 2:
          text.replace(at, 1, one_of(kSpoilers));
          break;
      }
    }
    return text;
  }

  std::mt19937_64 random_{20261124};
};

constexpr int kMessages = 4000;

TEST(Http1Twin, agrees_about_requests) {
  Maker make;
  int accepted = 0;
  for (int i = 0; i < kMessages; ++i) {
    const std::string head = make.head(make.one_of(kStarts));
    ASSERT_EQ(request_difference(head), "") << head;
    accepted += twin_request(head).accepted ? 1 : 0;
  }
  EXPECT_GT(accepted, kMessages / 10);  // or the comparison would say little
  EXPECT_LT(accepted, kMessages * 9 / 10);
}

TEST(Http1Twin, agrees_about_responses) {
  Maker make;
  int accepted = 0;
  for (int i = 0; i < kMessages; ++i) {
    const std::string head = make.head(make.one_of(kStatusLines));
    for (const char* method : {"GET", "HEAD", "CONNECT"}) {
      ASSERT_EQ(response_difference(head, method), "") << method << " " << head;
    }
    accepted += twin_response(head, "GET").accepted ? 1 : 0;
  }
  EXPECT_GT(accepted, kMessages / 10);
  EXPECT_LT(accepted, kMessages * 9 / 10);
}

TEST(Http1Twin, agrees_about_chunked_bodies_however_they_arrive) {
  Maker make;
  int ended = 0;
  for (int i = 0; i < kMessages; ++i) {
    const std::string body = make.body();
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, body.size() + 1}) {
      ASSERT_EQ(body_difference(body, piece), "") << piece << ": " << body;
    }
    ended += twin_chunked(body).end == TwinEnd::reached ? 1 : 0;
  }
  EXPECT_GT(ended, kMessages / 10);
  EXPECT_LT(ended, kMessages * 9 / 10);
}

TEST(Http1Twin, agrees_at_the_limits) {
  Maker make;
  const HeadLimits limits{.head_bytes_max = 80, .fields_max = 3, .uri_bytes_max = 10};
  for (int i = 0; i < kMessages; ++i) {
    const std::string head = make.head(make.one_of(kStarts));
    ASSERT_EQ(request_difference(head, limits), "") << head;
    const std::string body = make.body();
    ASSERT_EQ(body_difference(body, 1, limits), "") << body;
  }
}

// What the scanner calls a head is one: the reader finds no fault in how its lines end, and both
// ways of feeding it say the same.
TEST(Http1Twin, the_scanner_agrees_with_the_reader) {
  Maker make;
  for (int i = 0; i < kMessages; ++i) {
    const std::string bytes = make.head(make.one_of(kStarts)) + "rest";
    HeadScanner whole(HeadKind::request);
    const HeadScanner::Found found = whole.scan(bytes);
    HeadScanner scanner(HeadKind::request);
    HeadScanner::Found last;
    for (std::size_t size = 0; size <= bytes.size() && last.state == HeadScanner::State::need_more;
         ++size) {
      last = scanner.scan(std::string_view(bytes).substr(0, size));
    }
    ASSERT_EQ(last.state, found.state) << bytes;
    ASSERT_EQ(last.error, found.error) << bytes;
    ASSERT_EQ(last.end, found.end) << bytes;
    if (found.state != HeadScanner::State::complete) continue;
    Arena arena;
    RequestHead head(arena);
    const auto text = std::string_view(bytes).substr(found.begin, found.end - found.begin);
    const HeadError error = parse_request_head(text, {}, head);
    ASSERT_NE(error, HeadError::line_end) << bytes;
    ASSERT_NE(error, HeadError::forbidden_byte) << bytes;
  }
}

}  // namespace
}  // namespace gatehouse::testing
