// Promised here: what RFC 9112 and RFC 9110 say of a head, sentence by sentence; every leniency
// that smuggling lives on is refused; and how a head was cut on its way makes no difference.
#include "http/http1_head.h"

#include <string>

#include "http/authority.h"

namespace gatehouse {
namespace {

// A request read whole, with what its views point into.
struct Read {
  explicit Read(std::string text, const HeadLimits& limits = {}) : bytes(std::move(text)) {
    error = parse_request_head(bytes, limits, head);
  }
  std::string bytes;
  Arena arena;
  RequestHead head{arena};
  HeadError error;
};

struct ReadResponse {
  explicit ReadResponse(std::string text, Method method = Method::get) : bytes(std::move(text)) {
    error = parse_response_head(bytes, {}, method, head);
  }
  std::string bytes;
  Arena arena;
  ResponseHead head{arena};
  HeadError error;
};

std::string get(std::string_view fields) {
  return "GET /a HTTP/1.1\r\n" + std::string(fields) + "\r\n";
}

std::string post(std::string_view fields) {
  return "POST /a HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

std::string names(const FieldList& fields) {
  std::string all;
  for (const Field& field : fields) {
    if (!all.empty()) all += ' ';
    all += field.name;
  }
  return all;
}

TEST(Http1Head, reads_a_plain_request) {
  const Read read(
      "GET /a/b?x=1&y HTTP/1.1\r\nHost: Shop.Example:8080\r\naccept:*/*\r\nX-Empty:\r\n"
      "X-Blanks: \t a\tb \t\r\nX-Text: gr\xc3\xbc\xc3\x9f\r\n\r\n");
  ASSERT_EQ(read.error, HeadError::none) << to_text(read.error);
  const RequestHead& head = read.head;
  EXPECT_EQ(head.method, Method::get);
  EXPECT_EQ(head.method_text, "GET");
  EXPECT_EQ(head.version, Version::http11);
  EXPECT_EQ(head.target, "/a/b?x=1&y");
  EXPECT_EQ(head.raw_path, "/a/b");
  EXPECT_TRUE(head.has_query);
  EXPECT_EQ(head.query, "x=1&y");
  EXPECT_EQ(head.authority, "shop.example:8080");
  EXPECT_EQ(head.framing, Framing::none);
  EXPECT_TRUE(head.keep_alive);
  ASSERT_EQ(head.fields.size(), 5U);
  EXPECT_EQ(head.fields.value(FieldId::host), "Shop.Example:8080");
  EXPECT_EQ(head.fields.value(FieldId::accept), "*/*");
  EXPECT_EQ(head.fields.find("x-empty")->value, "");
  EXPECT_EQ(head.fields.find("x-blanks")->value, "a\tb");
  EXPECT_EQ(head.fields.find("x-text")->value, "gr\xc3\xbc\xc3\x9f");
}

TEST(Http1Head, takes_the_authority_as_it_stands_where_it_is_canonical) {
  const Read read(get("Host: a.example:81\r\n"));
  ASSERT_EQ(read.error, HeadError::none);
  EXPECT_EQ(read.head.authority.data(), read.head.fields.value(FieldId::host).data());
}

struct LineCase {
  std::string_view line;
  HeadError error;
};

// RFC 9112 §3: method SP request-target SP HTTP-version.
TEST(Http1Head, refuses_request_lines_of_another_form) {
  for (const LineCase& c : {
           LineCase{"GET /a", HeadError::start_line},  // HTTP/0.9
           LineCase{"GET", HeadError::start_line},
           LineCase{"GET ", HeadError::start_line},
           LineCase{"", HeadError::method},
           LineCase{" GET /a HTTP/1.1", HeadError::method},
           LineCase{"GET  /a HTTP/1.1", HeadError::start_line},
           LineCase{"GET\t/a HTTP/1.1", HeadError::start_line},
           LineCase{"GET /a  HTTP/1.1", HeadError::start_line},
           LineCase{"GET /a HTTP/1.1 ", HeadError::start_line},
           LineCase{"GET /a\tHTTP/1.1", HeadError::target},
           LineCase{"GET /a b HTTP/1.1", HeadError::start_line},
           LineCase{"G(T /a HTTP/1.1", HeadError::start_line},
           LineCase{"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG /a HTTP/1.1", HeadError::method},
           LineCase{"GET /a HTTP/2.0", HeadError::version},
           LineCase{"PRI * HTTP/2.0", HeadError::version},
           LineCase{"GET /a HTTP/1.2", HeadError::version},
           LineCase{"GET /a HTTP/0.9", HeadError::version},
           LineCase{"GET /a HTTP/1.", HeadError::start_line},
           LineCase{"GET /a HTTP/1.10", HeadError::start_line},
           LineCase{"GET /a HTTP/11.1", HeadError::start_line},
           LineCase{"GET /a http/1.1", HeadError::start_line},
           LineCase{"GET /a HTTP/1,1", HeadError::start_line},
           LineCase{"GET /a HTTPS/1.1", HeadError::start_line},
           LineCase{"GET /a#b HTTP/1.1", HeadError::target},
           LineCase{"GET /a\\b HTTP/1.1", HeadError::target},
           LineCase{"GET /a?\"b HTTP/1.1", HeadError::target},
           LineCase{"GET /<a> HTTP/1.1", HeadError::target},
           LineCase{"GET /\xc3\xbc HTTP/1.1", HeadError::target},
           LineCase{"GET /a\x7f HTTP/1.1", HeadError::target},
           LineCase{"GET * HTTP/1.1", HeadError::target},
           LineCase{"OPTIONS ** HTTP/1.1", HeadError::target},
           LineCase{"GET a HTTP/1.1", HeadError::target},
           LineCase{"GET a.example:80 HTTP/1.1", HeadError::target},
           LineCase{"GET ?x HTTP/1.1", HeadError::target},
           LineCase{"GET ftp://a/ HTTP/1.1", HeadError::target},
           LineCase{"GET http:///a HTTP/1.1", HeadError::target},
           LineCase{"GET http://u@a/ HTTP/1.1", HeadError::target},
           LineCase{"GET http://a:b/ HTTP/1.1", HeadError::target},
           LineCase{"CONNECT a HTTP/1.1", HeadError::target},
           LineCase{"CONNECT /a HTTP/1.1", HeadError::target},
           LineCase{"CONNECT http://a:80/ HTTP/1.1", HeadError::target},
       }) {
    const Read read(std::string(c.line) + "\r\nHost: a\r\n\r\n");
    EXPECT_EQ(read.error, c.error) << c.line << ": " << to_text(read.error);
  }
}

struct TargetCase {
  std::string_view line;
  std::string_view host;
  std::string_view path;
  std::string_view query;
  std::string_view authority;
};

// RFC 9112 §3.2, its four forms.
TEST(Http1Head, reads_each_form_of_target) {
  for (const TargetCase& c : {
           TargetCase{"GET /", "a", "/", "", "a"},
           TargetCase{"GET /?", "a", "/", "", "a"},
           TargetCase{"GET //b/c?d?e", "a", "//b/c", "d?e", "a"},
           TargetCase{"GET /{a}|b", "a", "/{a}|b", "", "a"},
           TargetCase{"GET http://A.example/b?c", "a.example", "/b", "c", "a.example"},
           TargetCase{"GET HTTPS://a:443", "A:443", "/", "", "a:443"},
           TargetCase{"GET http://a?b", "a", "/", "b", "a"},
           TargetCase{"OPTIONS *", "a", "*", "", "a"},
           TargetCase{"OPTIONS http://a", "a", "*", "", "a"},
           TargetCase{"OPTIONS http://a?b", "a", "/", "b", "a"},
           TargetCase{"OPTIONS /a", "a", "/a", "", "a"},
           TargetCase{"CONNECT a.example:443", "a.example:443", "", "", "a.example:443"},
       }) {
    const Read read(std::string(c.line) + " HTTP/1.1\r\nHost: " + std::string(c.host) + "\r\n\r\n");
    ASSERT_EQ(read.error, HeadError::none) << c.line << ": " << to_text(read.error);
    EXPECT_EQ(read.head.raw_path, c.path) << c.line;
    EXPECT_EQ(read.head.query, c.query) << c.line;
    EXPECT_EQ(read.head.has_query, c.line.find('?') != std::string_view::npos) << c.line;
    EXPECT_EQ(read.head.authority, c.authority) << c.line;
  }
}

struct FieldCase {
  std::string_view fields;
  HeadError error;
};

void expect_errors(std::initializer_list<FieldCase> cases,
                   std::string (*request)(std::string_view)) {
  for (const FieldCase& c : cases) {
    const Read read(request(c.fields));
    EXPECT_EQ(read.error, c.error) << c.fields << ": " << to_text(read.error);
  }
}

// RFC 9112 §5: "No whitespace is allowed between the field name and colon"; §5.2 for folding.
TEST(Http1Head, refuses_fields_of_another_form) {
  using namespace std::string_view_literals;
  expect_errors(
      {
          {"A : b\r\n"sv, HeadError::field_name},
          {"A\t: b\r\n"sv, HeadError::field_name},
          {": b\r\n"sv, HeadError::field_name},
          {"A\r\n"sv, HeadError::field_name},
          {"A(b): c\r\n"sv, HeadError::field_name},
          {"\xc3\xbc: c\r\n"sv, HeadError::field_name},
          {"A\0: c\r\n"sv, HeadError::field_name},
          {" A: b\r\n"sv, HeadError::folded_field},
          {"A: b\r\n c\r\n"sv, HeadError::folded_field},
          {"A: b\r\n\tc\r\n"sv, HeadError::folded_field},
          {"A: b\n"sv, HeadError::line_end},
          {"A: b\nC: d\r\n"sv, HeadError::line_end},
          {"A: b\rC: d\r\n"sv, HeadError::line_end},
          {"A: b\r\r\n"sv, HeadError::line_end},
          {"A: b\0c\r\n"sv, HeadError::forbidden_byte},
          {"A: b\x01\r\n"sv, HeadError::forbidden_byte},
          {"A: b\x7f\r\n"sv, HeadError::forbidden_byte},
          {"A: b\x1b[31m\r\n"sv, HeadError::forbidden_byte},
          {"A: 12345678\x0b\r\n"sv, HeadError::forbidden_byte},
          {"\r\nA: b\r\n"sv, HeadError::field_name},  // an empty line within the head
      },
      [](std::string_view fields) { return post(fields); });
}

// RFC 9112 §3.2: "A server MUST respond with a 400 … to any HTTP/1.1 request message that lacks a
// Host header field and to any request message that contains more than one … or an invalid field
// value."
TEST(Http1Head, demands_exactly_one_valid_host) {
  expect_errors(
      {
          {"", HeadError::host_missing},
          {"Host: a\r\nHost: a\r\n", HeadError::host_repeated},
          {"Host: a\r\nhOST: b\r\n", HeadError::host_repeated},
          {"Host:\r\n", HeadError::host},
          {"Host: a b\r\n", HeadError::host},
          {"Host: a,b\r\n", HeadError::host},
          {"Host: a/b\r\n", HeadError::host},
          {"Host: u@a\r\n", HeadError::host},
          {"Host: a:\r\n", HeadError::host},
          {"Host: a:0\r\n", HeadError::host},
          {"Host: a:080\r\n", HeadError::host},
          {"Host: a:65536\r\n", HeadError::host},
          {"Host: a:80:80\r\n", HeadError::host},
          {"Host: a:+80\r\n", HeadError::host},
          {"Host: a..b\r\n", HeadError::host},
          {"Host: .a\r\n", HeadError::host},
          {"Host: a..\r\n", HeadError::host},
          {"Host: a..:80\r\n", HeadError::host},
          {"Host: .\r\n", HeadError::host},
          {"Host: %61\r\n", HeadError::host},
          {"Host: [::1\r\n", HeadError::host},
          {"Host: [::1]x\r\n", HeadError::host},
          {"Host: [::1%25eth0]\r\n", HeadError::host},
          {"Host: [1.2.3.4]\r\n", HeadError::host},
          {"Host: ::1\r\n", HeadError::host},
      },
      get);
  const Read old("GET /a HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.error, HeadError::none);
  EXPECT_EQ(old.head.authority, "");
  EXPECT_EQ(Read("GET /a HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n").error, HeadError::host_repeated);
}

TEST(Http1Head, refuses_a_target_that_names_another_host) {
  for (const char* host : {"b", "a:80", "a.b"}) {
    const Read read("GET http://a/ HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n");
    EXPECT_EQ(read.error, HeadError::host_mismatch) << host;
  }
  EXPECT_EQ(Read("GET http://a/ HTTP/1.0\r\n\r\n").head.authority, "a");
  EXPECT_EQ(Read("GET http://a/ HTTP/1.1\r\n\r\n").error, HeadError::host_missing);
}

// RFC 9110 §8.6, RFC 9112 §6.1 and §6.3.
TEST(Http1Head, refuses_framing_that_two_readers_could_read_differently) {
  expect_errors(
      {
          {"Content-Length: 5\r\nContent-Length: 5\r\n", HeadError::content_length_repeated},
          {"Content-Length: 5\r\nContent-Length: 6\r\n", HeadError::content_length_repeated},
          {"Content-Length: 5, 5\r\n", HeadError::content_length},
          {"Content-Length: +5\r\n", HeadError::content_length},
          {"Content-Length: -5\r\n", HeadError::content_length},
          {"Content-Length: 5 5\r\n", HeadError::content_length},
          {"Content-Length: 0x5\r\n", HeadError::content_length},
          {"Content-Length: 5.0\r\n", HeadError::content_length},
          {"Content-Length:\r\n", HeadError::content_length},
          {"Content-Length: 18446744073709551621\r\n", HeadError::content_length},
          {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", HeadError::length_and_coding},
          {"Transfer-Encoding: x\r\nContent-Length: 5\r\n", HeadError::length_and_coding},
          {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", HeadError::coding},
          {"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", HeadError::coding},
          {"Transfer-Encoding: chunked, chunked\r\n", HeadError::coding},
          {"Transfer-Encoding: chunked, identity\r\n", HeadError::coding},
          {"Transfer-Encoding:\r\n", HeadError::coding},
          {"Transfer-Encoding: ,\r\n", HeadError::coding},
          {"Transfer-Encoding: \"chunked\"\r\n", HeadError::coding},
          {"Transfer-Encoding: \x0b"
           "chunked\r\n",
           HeadError::forbidden_byte},
          {"Transfer-Encoding: gzip, chunked\r\n", HeadError::coding_unknown},
          {"Transfer-Encoding: identity\r\n", HeadError::coding_unknown},
          {"Transfer-Encoding: xchunked\r\n", HeadError::coding_unknown},
          {"Transfer-Encoding: chunked;a=b\r\n", HeadError::coding_unknown},
          {"Transfer-Encoding: ,chunked\r\n", HeadError::coding_unknown},
          {"Transfer-Encoding : chunked\r\n", HeadError::field_name},
          {"Transfer_Encoding: chunked\r\nContent-Length: 1\r\n", HeadError::none},
      },
      post);
  EXPECT_EQ(Read("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n").error, HeadError::coding);
}

TEST(Http1Head, reads_the_framing_of_a_request) {
  EXPECT_EQ(Read(post("")).head.framing, Framing::none);
  EXPECT_EQ(Read(post("Transfer-Encoding: cHUNKED \r\n")).head.framing, Framing::chunked);
  const Read read(post("Content-Length: 9999999999999999999\r\n"));
  EXPECT_EQ(read.head.framing, Framing::length);
  EXPECT_EQ(read.head.content_length, 9999999999999999999U);
  EXPECT_EQ(Read(post("Content-Length: 0\r\n")).head.framing, Framing::length);
}

// RFC 9112 §9.3.
TEST(Http1Head, knows_whether_the_connection_persists) {
  EXPECT_TRUE(Read(post("")).head.keep_alive);
  EXPECT_TRUE(Read(post("Connection: keep-alive\r\n")).head.keep_alive);
  EXPECT_FALSE(Read(post("Connection: Close\r\n")).head.keep_alive);
  EXPECT_FALSE(Read(post("Connection: keep-alive\r\nConnection: x, close\r\n")).head.keep_alive);
  EXPECT_FALSE(Read("GET / HTTP/1.0\r\n\r\n").head.keep_alive);
  EXPECT_TRUE(Read("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").head.keep_alive);
  EXPECT_FALSE(Read("GET / HTTP/1.0\r\nConnection: close, keep-alive\r\n\r\n").head.keep_alive);
}

// RFC 9110 §7.6.1: "A sender MUST NOT send a connection option corresponding to a field that is
// intended for all recipients of the content."
TEST(Http1Head, refuses_a_connection_field_that_names_what_others_rely_on) {
  for (const char* name :
       {"Host", "content-length", "Content-Type", "Content-Range", "transfer-encoding",
        "Authorization", "Cookie", "Cache-Control", "X-Forwarded-For", "x-forwarded-port",
        "Forwarded", "X-Request-Id", "Expect", "Via", "a b", "a;b", "\"a\""}) {
    EXPECT_EQ(Read(post("Connection: " + std::string(name) + "\r\n")).error, HeadError::connection)
        << name;
  }
  std::string many = "Connection: ";
  for (std::size_t i = 0; i <= kConnectionOptionsMax; ++i) many += "a,";
  EXPECT_EQ(Read(post(many + "\r\n")).error, HeadError::connection);
  EXPECT_EQ(Read(post("Connection: , TE,,Trailer, x-own ,\r\n")).error, HeadError::none);
}

TEST(Http1Head, removes_what_is_meant_for_this_hop_alone) {
  Read read(post(
      "Connection: close, X-Own\r\nX-Own: 1\r\nA: 1\r\nKeep-Alive: 1\r\nProxy-Connection: x\r\n"
      "TE: trailers\r\nTransfer-Encoding: chunked\r\nUpgrade: h2c\r\nTrailer: x-t\r\n"
      "HTTP2-Settings: x\r\nconnection: x-two\r\nx-own: 2\r\nX-Two: 3\r\nClose: 1\r\nB: 1\r\n"
      "Proxy-Authorization: Basic x\r\n"));
  ASSERT_EQ(read.error, HeadError::none) << to_text(read.error);
  remove_hop_by_hop(read.head.fields);
  EXPECT_EQ(names(read.head.fields), "Host A Trailer B");
}

// RFC 9110 §7.8.
TEST(Http1Head, takes_an_upgrade_only_where_connection_names_it) {
  EXPECT_EQ(Read(post("Upgrade: websocket\r\nConnection: Upgrade\r\n")).head.upgrade, "websocket");
  EXPECT_EQ(Read(post("Upgrade: websocket\r\n")).head.upgrade, "");
  EXPECT_EQ(Read(post("Connection: upgrade\r\n")).head.upgrade, "");
  EXPECT_EQ(Read("GET / HTTP/1.0\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n").head.upgrade, "");
}

// RFC 9110 §10.1.1.
TEST(Http1Head, knows_one_expectation) {
  EXPECT_TRUE(Read(post("Expect: 100-Continue\r\nContent-Length: 1\r\n")).head.expect_continue);
  EXPECT_FALSE(Read(post("Expect: 100-continue\r\n")).head.expect_continue);
  EXPECT_FALSE(Read("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n")
                   .head.expect_continue);
  EXPECT_EQ(Read(post("Expect: 200-ok\r\n")).error, HeadError::expectation);
  EXPECT_EQ(Read(post("Expect:\r\n")).error, HeadError::expectation);
}

TEST(Http1Head, knows_who_takes_trailers) {
  EXPECT_TRUE(Read(post("TE: gzip;q=0.5, Trailers\r\n")).head.accepts_trailers);
  EXPECT_FALSE(Read(post("TE: gzip\r\n")).head.accepts_trailers);
}

TEST(Http1Head, refuses_what_passes_its_limits) {
  const HeadLimits limits{.head_bytes_max = 60, .fields_max = 2, .uri_bytes_max = 8};
  EXPECT_EQ(Read("GET /234567 HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\n", limits).error, HeadError::none);
  EXPECT_EQ(Read("GET /23456789 HTTP/1.1\r\nHost: a\r\n\r\n", limits).error,
            HeadError::uri_too_long);
  EXPECT_EQ(Read("GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nC: d\r\n\r\n", limits).error,
            HeadError::too_many_fields);
  EXPECT_EQ(
      Read("GET / HTTP/1.1\r\nHost: a\r\nA: " + std::string(60, 'b') + "\r\n\r\n", limits).error,
      HeadError::head_too_large);
}

TEST(Http1Head, says_which_answer_an_error_deserves) {
  EXPECT_EQ(status_of(HeadError::none), 200);
  EXPECT_EQ(status_of(HeadError::uri_too_long), 414);
  EXPECT_EQ(status_of(HeadError::too_many_fields), 431);
  EXPECT_EQ(status_of(HeadError::head_too_large), 431);
  EXPECT_EQ(status_of(HeadError::coding_unknown), 501);
  EXPECT_EQ(status_of(HeadError::version), 505);
  EXPECT_EQ(status_of(HeadError::expectation), 417);
  EXPECT_EQ(status_of(HeadError::length_and_coding), 400);
  EXPECT_EQ(to_text(HeadError::folded_field), "a folded field");
  EXPECT_EQ(to_text(HeadError::unexpected_body), "a body where the status allows none");
}

// --- Responses

TEST(Http1Head, reads_a_plain_response) {
  const ReadResponse read("HTTP/1.1 404 Not  Found\r\nContent-Length: 3\r\nServer: x\r\n\r\n");
  ASSERT_EQ(read.error, HeadError::none) << to_text(read.error);
  EXPECT_EQ(read.head.status, 404);
  EXPECT_EQ(read.head.reason, "Not  Found");
  EXPECT_EQ(read.head.framing, Framing::length);
  EXPECT_EQ(read.head.content_length, 3U);
  EXPECT_TRUE(read.head.keep_alive);
}

TEST(Http1Head, takes_a_status_line_without_reason) {
  EXPECT_EQ(ReadResponse("HTTP/1.1 200\r\n\r\n").error, HeadError::none);
  EXPECT_EQ(ReadResponse("HTTP/1.1 200 \r\n\r\n").error, HeadError::none);
}

TEST(Http1Head, refuses_status_lines_of_another_form) {
  for (const LineCase& c : {
           LineCase{"HTTP/1.1  200 OK", HeadError::start_line},
           LineCase{"HTTP/1.1 20 OK", HeadError::start_line},
           LineCase{"HTTP/1.1 2000 OK", HeadError::start_line},
           LineCase{"HTTP/1.1 099 OK", HeadError::status},
           LineCase{"HTTP/1.1 600 OK", HeadError::status},
           LineCase{"HTTP/1.1 200\tOK", HeadError::start_line},
           LineCase{"HTTP/1.1 200 O\x01K", HeadError::forbidden_byte},
           LineCase{"HTTP/1.1 200 O\rK", HeadError::line_end},
           LineCase{"HTTP/2.0 200 OK", HeadError::version},
           LineCase{"HTTP/1.1200 OK and more", HeadError::start_line},
           LineCase{"ICY 200 OK and more", HeadError::start_line},
           LineCase{"\r\nHTTP/1.1 200 OK", HeadError::start_line},
       }) {
    const ReadResponse read(std::string(c.line) + "\r\nA: b\r\n\r\n");
    EXPECT_EQ(read.error, c.error) << c.line << ": " << to_text(read.error);
  }
}

struct FramingCase {
  const char* status;
  Method method;
  const char* fields;
  Framing framing;
};

// RFC 9112 §6.3, items 1 to 8.
TEST(Http1Head, knows_where_the_body_of_a_response_ends) {
  for (const FramingCase& c : {
           FramingCase{"200", Method::get, "", Framing::until_close},
           FramingCase{"200", Method::get, "Content-Length: 0\r\n", Framing::length},
           FramingCase{"200", Method::get, "Transfer-Encoding: chunked\r\n", Framing::chunked},
           FramingCase{"200", Method::head, "Content-Length: 5\r\n", Framing::none},
           FramingCase{"200", Method::head, "Transfer-Encoding: chunked\r\n", Framing::none},
           FramingCase{"200", Method::head, "", Framing::none},
           FramingCase{"304", Method::get, "Content-Length: 5\r\n", Framing::none},
           FramingCase{"204", Method::get, "", Framing::none},
           FramingCase{"100", Method::post, "", Framing::none},
           FramingCase{"103", Method::get, "Link: x\r\n", Framing::none},
           FramingCase{"101", Method::get, "Upgrade: x\r\nConnection: upgrade\r\n",
                       Framing::tunnel},
           FramingCase{"200", Method::connect, "Content-Length: 5\r\n", Framing::tunnel},
           FramingCase{"407", Method::connect, "Content-Length: 5\r\n", Framing::length},
       }) {
    const ReadResponse read("HTTP/1.1 " + std::string(c.status) + " x\r\n" + c.fields + "\r\n",
                            c.method);
    EXPECT_EQ(read.error, HeadError::none) << c.status << c.fields << to_text(read.error);
    EXPECT_EQ(read.head.framing, c.framing) << c.status << c.fields;
    const bool closes = c.framing == Framing::until_close || c.framing == Framing::tunnel;
    EXPECT_EQ(read.head.keep_alive, !closes) << c.status << c.fields;
  }
}

TEST(Http1Head, refuses_responses_whose_end_is_in_doubt) {
  struct Case {
    const char* status;
    const char* fields;
    HeadError error;
  };
  for (const Case& c : {
           Case{"200", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                HeadError::length_and_coding},
           Case{"200", "Content-Length: 5\r\nContent-Length: 5\r\n",
                HeadError::content_length_repeated},
           Case{"200", "Content-Length: 5,5\r\n", HeadError::content_length},
           Case{"200", "Transfer-Encoding: gzip\r\n", HeadError::coding_unknown},
           Case{"200", "Transfer-Encoding: gzip, chunked\r\n", HeadError::coding_unknown},
           Case{"204", "Content-Length: 0\r\n", HeadError::unexpected_body},
           Case{"204", "Transfer-Encoding: chunked\r\n", HeadError::unexpected_body},
           Case{"100", "Content-Length: 0\r\n", HeadError::unexpected_body},
           Case{"101", "Transfer-Encoding: chunked\r\n", HeadError::unexpected_body},
           Case{"101", "", HeadError::switched_to_none},
           Case{"101", "Upgrade: x\r\n", HeadError::switched_to_none},
           Case{"101", "Connection: upgrade\r\nUpgrade:\r\n", HeadError::switched_to_none},
           Case{"101", "Connection: upgrade\r\nUpgrade: x\r\nUpgrade: y\r\n",
                HeadError::switched_to_none},
           Case{"200", "A : b\r\n", HeadError::field_name},
           Case{"200", "A: b\r\n c\r\n", HeadError::folded_field},
       }) {
    const ReadResponse read("HTTP/1.1 " + std::string(c.status) + " x\r\n" + c.fields + "\r\n");
    EXPECT_EQ(read.error, c.error) << c.status << c.fields << to_text(read.error);
  }
  EXPECT_EQ(ReadResponse("HTTP/1.0 200 x\r\nTransfer-Encoding: chunked\r\n\r\n").error,
            HeadError::coding);
}

// --- Finding the end

using State = HeadScanner::State;

HeadScanner::Found scan_in_pieces(std::string_view bytes, HeadKind kind, const HeadLimits& limits) {
  HeadScanner scanner(kind, limits);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const std::string moved(bytes.substr(0, size));  // the buffer may move
    const HeadScanner::Found found = scanner.scan(moved);
    if (found.state != State::need_more) return found;
  }
  return {};
}

void expect_scan(std::string_view bytes, State state, std::size_t begin, std::size_t end,
                 HeadKind kind = HeadKind::request, const HeadLimits& limits = {}) {
  HeadScanner scanner(kind, limits);
  const HeadScanner::Found whole = scanner.scan(bytes);
  EXPECT_EQ(whole.state, state) << bytes;
  if (state == State::complete) {
    EXPECT_EQ(whole.begin, begin) << bytes;
    EXPECT_EQ(whole.end, end) << bytes;
  }
  const HeadScanner::Found pieces = scan_in_pieces(bytes, kind, limits);
  EXPECT_EQ(pieces.state, whole.state) << bytes;
  EXPECT_EQ(pieces.error, whole.error) << bytes;
  EXPECT_EQ(pieces.begin, whole.begin) << bytes;
  EXPECT_EQ(pieces.end, whole.end) << bytes;
}

TEST(HeadScanner, finds_the_end_however_the_bytes_arrive) {
  using namespace std::string_view_literals;
  expect_scan("GET / HTTP/1.1\r\nA: b\r\n\r\nbody\n\0"sv, State::complete, 0, 24);
  expect_scan("GET / HTTP/1.1\r\n\r\n", State::complete, 0, 18);
  expect_scan("\r\n\r\nG\r\n\r\n", State::complete, 4, 9);
  expect_scan("HTTP/1.1 200 OK\r\n\r\n", State::complete, 0, 19, HeadKind::response);
  expect_scan("GET / HTTP/1.1\r\nA: b\r\n\r", State::need_more, 0, 0);
  expect_scan("\r\n", State::need_more, 0, 0);
}

TEST(HeadScanner, refuses_what_no_head_can_hold_at_once) {
  using namespace std::string_view_literals;
  expect_scan("GET / HTTP/1.1\n"sv, State::malformed, 0, 0);
  expect_scan("GET / HTTP/1.1\r\r"sv, State::malformed, 0, 0);
  expect_scan("GET / \rX"sv, State::malformed, 0, 0);
  expect_scan("GET / HTTP/1.1\r\nA: b\r\n\n"sv, State::malformed, 0, 0);
  expect_scan("GE\0"sv, State::malformed, 0, 0);
  expect_scan("\x16\x03\x01"sv, State::malformed, 0, 0);  // TLS to a plain port
  expect_scan("\r\n\r\n\r\n"sv, State::malformed, 0, 0);  // RFC 9112 §2.2 asks for one at least
  expect_scan("\r\nHTTP/1.1 200 OK\r\n\r\n"sv, State::malformed, 0, 0, HeadKind::response);
}

TEST(HeadScanner, refuses_a_head_that_outgrows_its_limit) {
  const HeadLimits limits{.head_bytes_max = 18};
  expect_scan("GET / HTTP/1.1\r\n\r\n and more", State::complete, 0, 18, HeadKind::request, limits);
  expect_scan("GET /a HTTP/1.1\r\n\r\n", State::malformed, 0, 0, HeadKind::request, limits);
  expect_scan("GET /ab HTTP/1.1\r\n\r\n", State::malformed, 0, 0, HeadKind::request, limits);
  HeadScanner line(HeadKind::request, limits);
  EXPECT_EQ(line.scan("GET /123456789012345").error, HeadError::uri_too_long);
  HeadScanner field(HeadKind::request, limits);
  EXPECT_EQ(field.scan("GET / HTTP/1.1\r\nA: b").error, HeadError::head_too_large);
}

// --- Authorities

TEST(Authority, is_lower_case_and_without_the_last_dot) {
  struct Case {
    const char* text;
    const char* canonical;
    const char* host;
    std::uint16_t port;
  };
  Arena arena;
  for (const Case& c : {
           Case{"a.example", "a.example", "a.example", 0},
           Case{"A.Example.:8443", "a.example:8443", "a.example", 8443},
           Case{"192.0.2.7:80", "192.0.2.7:80", "192.0.2.7", 80},
           Case{"[2001:DB8::1]", "[2001:db8::1]", "[2001:db8::1]", 0},
           Case{"[::1]:65535", "[::1]:65535", "[::1]", 65535},
           Case{"under_score", "under_score", "under_score", 0},
       }) {
    const auto canonical = canonical_authority(c.text, arena);
    ASSERT_TRUE(canonical) << c.text;
    EXPECT_EQ(*canonical, c.canonical);
    EXPECT_EQ(host_of(*canonical), c.host);
    EXPECT_EQ(port_of(*canonical), c.port);
  }
  EXPECT_FALSE(canonical_authority(std::string(kHostBytesMax + 1, 'a'), arena));
}

}  // namespace
}  // namespace gatehouse
