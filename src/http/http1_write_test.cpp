// Promised here: what is written is read back the same, framing comes from the arguments alone, and
// no value ends a line.
#include "http/http1_write.h"

#include <array>
#include <cstring>
#include <string>

#include "http/http1_head.h"

namespace gatehouse {
namespace {

using namespace std::string_view_literals;

struct Request {
  Request(std::string_view method, std::string_view target) {
    head.method_text = method;
    head.method = method_of(method);
    head.target = target;
    head.authority = "a.example:81";
  }
  Request& with(std::string_view name, std::string_view value) {
    EXPECT_TRUE(head.fields.add(field_id(name), name, value));
    return *this;
  }
  std::string_view write(Framing framing = Framing::none, std::uint64_t length = 0) {
    return write_request_head(head, framing, length, arena, 0);
  }
  Arena arena;
  RequestHead head{arena};
};

struct Response {
  explicit Response(std::uint16_t status) { head.status = status; }
  Response& with(std::string_view name, std::string_view value) {
    EXPECT_TRUE(head.fields.add(field_id(name), name, value));
    return *this;
  }
  std::string_view write(Framing framing, std::uint64_t length = 0,
                         const ResponseWriteOptions& options = {}) {
    return write_response_head(head, framing, length, options, arena, 0);
  }
  Arena arena;
  ResponseHead head{arena};
};

TEST(WriteRequestHead, writes_host_first_and_the_fields_in_their_order) {
  EXPECT_EQ(Request("GET", "/a?b").with("B", "1").with("a", "").write(),
            "GET /a?b HTTP/1.1\r\nHost: a.example:81\r\nB: 1\r\na: \r\n\r\n");
}

TEST(WriteRequestHead, frames_by_its_arguments) {
  const std::string start = "POST / HTTP/1.1\r\nHost: a.example:81\r\n";
  EXPECT_EQ(Request("POST", "/").write(Framing::chunked),
            start + "Transfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(Request("POST", "/").write(Framing::length, UINT64_MAX),
            start + "Content-Length: 18446744073709551615\r\n\r\n");
  EXPECT_EQ(Request("POST", "/").write(), start + "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(Request("POST", "/")
                .with("Content-Length", "7")
                .with("transfer-encoding", "chunked")
                .with("Host", "b")
                .with("Connection", "x")
                .with("TE", "gzip")
                .write(Framing::length, 3),
            start + "Content-Length: 3\r\n\r\n");
}

TEST(WriteRequestHead, names_upgrade_and_te_in_connection) {
  Request upgrade("GET", "/");
  upgrade.head.upgrade = "websocket";
  EXPECT_EQ(upgrade.write(),
            "GET / HTTP/1.1\r\nHost: a.example:81\r\nConnection: upgrade\r\nUpgrade: "
            "websocket\r\n\r\n");
  Request trailers("GET", "/");
  trailers.head.accepts_trailers = true;
  EXPECT_EQ(trailers.write(),
            "GET / HTTP/1.1\r\nHost: a.example:81\r\nConnection: TE\r\nTE: trailers\r\n\r\n");
}

TEST(WriteRequestHead, leaves_out_a_field_that_would_break_the_head) {
  const std::string_view head = Request("GET", "/")
                                    .with("A", "1\r\nHost: evil")
                                    .with("B", "1\nC: 2")
                                    .with("D", "\0"sv)
                                    .with("E\r\nF", "1")
                                    .with("G ", "1")
                                    .with("", "1")
                                    .with("H", "tab\there")
                                    .write();
  EXPECT_EQ(head, "GET / HTTP/1.1\r\nHost: a.example:81\r\nH: tab\there\r\n\r\n");
}

TEST(WriteRequestHead, refuses_a_start_line_that_would_be_another) {
  EXPECT_EQ(Request("G T", "/").write(), "");
  EXPECT_EQ(Request("", "/").write(), "");
  EXPECT_EQ(Request("GET", "").write(), "");
  EXPECT_EQ(Request("GET", "/ HTTP/1.1\r\nA: b").write(), "");
  EXPECT_EQ(Request("GET", "/a b").write(), "");
  Request host("GET", "/");
  host.head.authority = "a\r\nB: c";
  EXPECT_EQ(host.write(), "");
  Request upgrade("GET", "/");
  upgrade.head.upgrade = "a\r\nB: c";
  EXPECT_EQ(upgrade.write(), "");
}

TEST(WriteRequestHead, says_when_the_arena_is_full) {
  Request request("GET", "/");
  while (request.arena.take(4096) != nullptr) {
  }
  while (request.arena.take(16) != nullptr) {
  }
  EXPECT_TRUE(request.write().empty());
}

TEST(WriteRequestHead, is_read_back_the_same) {
  Request request("POST", "/a/b?c");
  request.with("Accept", "*/*").with("X-A", "b");
  const std::string bytes(request.write(Framing::length, 5));
  Arena arena;
  RequestHead head(arena);
  ASSERT_EQ(parse_request_head(bytes, {}, head), HeadError::none);
  EXPECT_EQ(head.method, Method::post);
  EXPECT_EQ(head.target, "/a/b?c");
  EXPECT_EQ(head.authority, "a.example:81");
  EXPECT_EQ(head.content_length, 5U);
  EXPECT_EQ(head.fields.size(), 4U);
  EXPECT_EQ(head.fields.value(FieldId::accept), "*/*");
}

TEST(WriteResponseHead, frames_by_its_arguments) {
  EXPECT_EQ(Response(200).with("A", "b").write(Framing::length, 12),
            "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nA: b\r\n\r\n");
  EXPECT_EQ(Response(200).with("Content-Length", "9").write(Framing::chunked),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(Response(200).write(Framing::until_close, 0, {.close = true}),
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(Response(200).write(Framing::length, 0, {.keep_alive = true}),
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(
      Response(101).write(Framing::tunnel, 0, {.upgrade = "websocket"}),
      "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
}

TEST(WriteResponseHead, names_the_protocol_that_the_upstream_took) {
  Response response(101);
  response.head.upgrade = "b";
  EXPECT_EQ(response.write(Framing::tunnel, 0, {.upgrade = "a, b"}),
            "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: b\r\n\r\n");
}

// RFC 9110 §8.6: "A server MUST NOT send a Content-Length header field in any response with a
// status code of 1xx (Informational) or 204 (No Content)."
TEST(WriteResponseHead, says_a_length_without_content_only_where_it_may) {
  const ResponseWriteOptions none{.no_content = true};
  const ResponseWriteOptions head{.no_content = true, .answers_head = true};
  EXPECT_EQ(Response(404).write(Framing::none, 0, none),
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(Response(200).with("Content-Length", "7").write(Framing::none, 0, head),
            "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n");
  EXPECT_EQ(Response(200).write(Framing::none, 0, head), "HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_EQ(Response(304).write(Framing::none, 0, none), "HTTP/1.1 304 Not Modified\r\n\r\n");
  EXPECT_EQ(Response(204).with("Content-Length", "7").write(Framing::none, 0, none),
            "HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(Response(103).with("Link", "x").write(Framing::none),
            "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
}

TEST(WriteResponseHead, keeps_a_reason_unless_it_would_end_the_line) {
  Response own(200);
  own.head.reason = "Fine";
  EXPECT_TRUE(own.write(Framing::length).starts_with("HTTP/1.1 200 Fine\r\n"));
  Response bad(200);
  bad.head.reason = "OK\r\nA: b";
  EXPECT_TRUE(bad.write(Framing::length).starts_with("HTTP/1.1 200 OK\r\nContent-"));
  EXPECT_EQ(Response(99).write(Framing::length), "");
  EXPECT_EQ(Response(600).write(Framing::length), "");
}

TEST(WriteResponseHead, leaves_writable_room_after_the_head) {
  Response response(200);
  const std::string_view head =
      write_response_head(response.head, Framing::chunked, 0, {}, response.arena, 32);
  std::memset(const_cast<char*>(head.data()) + head.size(), 'x', 32);
  const std::string_view next = response.arena.copy("y");
  EXPECT_GE(next.data(), head.data() + head.size() + 32);
}

TEST(WriteFieldLines, leaves_out_what_does_not_fit) {
  Response fields(200);
  fields.with("A", "1").with("B", "12345").with("C", "\n").with("Host", "x").with("D", "2");
  std::array<char, 13> out;
  const std::size_t bytes = write_field_lines(out, fields.head.fields);
  EXPECT_EQ(std::string_view(out.data(), bytes), "A: 1\r\nD: 2\r\n");
}

TEST(WriteChunkLine, is_the_size_in_hex) {
  std::array<char, kChunkLineBytesMax> out;
  EXPECT_EQ(std::string_view(out.data(), write_chunk_line(out, 0x1a2b)), "1a2b\r\n");
  EXPECT_EQ(std::string_view(out.data(), write_chunk_line(out, UINT64_MAX)),
            "ffffffffffffffff\r\n");
}

TEST(ReasonOf, is_that_of_the_class_for_what_it_does_not_know) {
  EXPECT_EQ(reason_of(429), "Too Many Requests");
  EXPECT_EQ(reason_of(499), "Client Error");
  EXPECT_EQ(reason_of(299), "Success");
  EXPECT_EQ(reason_of(999), "");
}

}  // namespace
}  // namespace gatehouse
