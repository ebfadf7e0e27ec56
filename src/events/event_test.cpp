// What is promised: what a worker filled in is what a reader finds; a record always fits; bytes
// that are no record are told from those that are; later versions can be read.
#include "events/event.h"

#include <array>
#include <cstring>

namespace gatehouse {
namespace {

struct Encoded {
  explicit Encoded(const auto& event) { bytes.resize(encode(event, bytes)); }
  EventView view() const { return EventView::parse(bytes).value(); }
  std::vector<char> bytes = std::vector<char>(kEventBytesMax);
};

constexpr std::array kSubjects = {
    Subject{SubjectKind::address, {1, 2}},
    Subject{SubjectKind::user, {3, 4}},
};

RequestEvent filled() {
  return {.kind = EventKind::final,
          .outcome = EventOutcome::refused,
          .fault = EventFault::client,
          .by_verdict = true,
          .done = EventAct::slow,
          .would = EventAct::block,
          .id = {.low = 7, .high = 8},
          .start_us = 1'790'000'000'000'001,
          .duration_us = 11,
          .upstream_us = 12,
          .request_bytes = 13,
          .response_bytes = 14,
          .worker = 1,
          .port = 8443,
          .status = 403,
          .attempts = 2,
          .client = "10.0.0.9",
          .forwarded = "203.0.113.7",
          .method = "GET",
          .scheme = "https",
          .host = "a.shop.example",
          .route_pattern = "/orders/{id}",
          .path = "/orders/17",
          .query_names = "page,sort",
          .error_code = "blocked",
          .api = "orders",
          .route = "one-order",
          .upstream = "orders",
          .target = "127.0.0.1:9001",
          .http_version = "1.1",
          .tls_version = "1.3",
          .user_agent = "curl/8",
          .verdict_level = "block",
          .verdict_reason = "20 refusals in 10 s",
          .user = "ann",
          .app = "ios",
          .proof = "jwt",
          .credential = "0123456789abcdef0123456789abcdef",
          .verified = true,
          .sign_in_user = "bob",
          .sign_in = EventSignIn::failed,
          .subjects = kSubjects};
}

TEST(Event, gives_back_every_field_of_a_request) {
  const Encoded encoded(filled());
  const EventView view = encoded.view();
  EXPECT_EQ(view.kind(), EventKind::final);
  EXPECT_EQ(view.outcome(), EventOutcome::refused);
  EXPECT_EQ(view.fault(), EventFault::client);
  EXPECT_TRUE(view.by_verdict());
  EXPECT_FALSE(view.truncated());
  EXPECT_EQ(view.id(), (RequestId{.low = 7, .high = 8}));
  EXPECT_EQ(view.start_us(), 1'790'000'000'000'001);
  EXPECT_EQ(view.duration_us(), 11U);
  EXPECT_EQ(view.upstream_us(), 12U);
  EXPECT_EQ(view.request_bytes(), 13U);
  EXPECT_EQ(view.response_bytes(), 14U);
  EXPECT_EQ(view.worker(), 1);
  EXPECT_EQ(view.port(), 8443);
  EXPECT_EQ(view.status(), 403);
  EXPECT_EQ(view.attempts(), 2);
  EXPECT_EQ(view.text(EventText::client), "10.0.0.9");
  EXPECT_EQ(view.client(), "203.0.113.7");
  EXPECT_EQ(view.text(EventText::method), "GET");
  EXPECT_EQ(view.text(EventText::scheme), "https");
  EXPECT_EQ(view.text(EventText::host), "a.shop.example");
  EXPECT_EQ(view.text(EventText::route_pattern), "/orders/{id}");
  EXPECT_EQ(view.text(EventText::path), "/orders/17");
  EXPECT_EQ(view.text(EventText::query_names), "page,sort");
  EXPECT_EQ(view.text(EventText::error_code), "blocked");
  EXPECT_EQ(view.text(EventText::api), "orders");
  EXPECT_EQ(view.text(EventText::route), "one-order");
  EXPECT_EQ(view.text(EventText::upstream), "orders");
  EXPECT_EQ(view.text(EventText::target), "127.0.0.1:9001");
  EXPECT_EQ(view.text(EventText::http_version), "1.1");
  EXPECT_EQ(view.text(EventText::tls_version), "1.3");
  EXPECT_EQ(view.text(EventText::user_agent), "curl/8");
  EXPECT_EQ(view.text(EventText::verdict_level), "block");
  EXPECT_EQ(view.text(EventText::verdict_reason), "20 refusals in 10 s");
  EXPECT_EQ(view.text(EventText::user), "ann");
  EXPECT_EQ(view.text(EventText::app), "ios");
  EXPECT_EQ(view.text(EventText::proof), "jwt");
  EXPECT_EQ(view.text(EventText::credential), "0123456789abcdef0123456789abcdef");
  EXPECT_TRUE(view.verified());
  EXPECT_EQ(view.text(EventText::sign_in_user), "bob");
  EXPECT_EQ(view.sign_in(), EventSignIn::failed);
  EXPECT_EQ(view.done(), EventAct::slow);
  EXPECT_EQ(view.would(), EventAct::block);
  ASSERT_EQ(view.subjects(), 2U);
  EXPECT_EQ(view.subject(1), kSubjects[1]);
  EXPECT_EQ(view.subject(SubjectKind::address), (StableHash{1, 2}));
  EXPECT_EQ(view.subject(SubjectKind::token), std::nullopt);
}

TEST(Event, gives_back_every_field_of_another_kind) {
  const Encoded encoded(
      SystemEvent{.kind = EventKind::gap, .count = 5, .name = "journal", .detail = "disk full"});
  EXPECT_EQ(encoded.view().kind(), EventKind::gap);
  EXPECT_EQ(encoded.view().count(), 5U);
  EXPECT_EQ(encoded.view().text(EventText::name), "journal");
  EXPECT_EQ(encoded.view().text(EventText::detail), "disk full");
}

TEST(Event, carries_the_sequencers_stamp) {
  Encoded encoded(filled());
  stamp(encoded.bytes, 42, 1'790'000'000'500'000);
  EXPECT_EQ(encoded.view().sequence(), 42U);
  EXPECT_EQ(encoded.view().at_us(), 1'790'000'000'500'000);
  EXPECT_EQ(encoded.view().start_us(), 1'790'000'000'000'001);
}

TEST(Event, fits_and_says_truncated_when_every_text_is_endless) {
  const std::string endless(5000, 'x');
  RequestEvent event = filled();
  for (std::string_view* text : {&event.client,     &event.forwarded,     &event.method,
                                 &event.scheme,     &event.host,          &event.route_pattern,
                                 &event.path,       &event.query_names,   &event.error_code,
                                 &event.api,        &event.route,         &event.upstream,
                                 &event.target,     &event.http_version,  &event.tls_version,
                                 &event.user_agent, &event.verdict_level, &event.verdict_reason,
                                 &event.user,       &event.app,           &event.proof,
                                 &event.credential, &event.sign_in_user}) {
    *text = endless;
  }
  const std::vector<Subject> subjects(100, kSubjects[0]);
  event.subjects = subjects;
  const Encoded encoded(event);
  EXPECT_LE(encoded.bytes.size(), kEventBytesMax);
  EXPECT_TRUE(encoded.view().truncated());
  EXPECT_EQ(encoded.view().subjects(), kEventSubjectsMax);
  EXPECT_EQ(encoded.view().text(EventText::path), endless.substr(0, 384));
}

TEST(Event, cuts_a_long_text_between_characters) {
  std::string path = "/a";
  while (path.size() < 600) path += "€";  // three bytes each
  RequestEvent event;
  event.path = path;
  const Encoded encoded(event);
  const std::string_view kept = encoded.view().text(EventText::path);
  EXPECT_EQ(kept.size(), 383U);
  EXPECT_EQ(kept, std::string_view(path).substr(0, 383));
}

TEST(Event, is_read_when_a_later_version_knows_more) {
  Encoded encoded(filled());
  // Eight more bytes of fixed part, and a text that we have never heard of.
  encoded.bytes.insert(encoded.bytes.begin() + kEventFixedBytes, 8, '\x5a');
  const std::array<char, 5> unknown = {'\x63', 2, 0, 'h', 'i'};
  encoded.bytes.insert(encoded.bytes.end(), unknown.begin(), unknown.end());
  const auto bytes = static_cast<std::uint16_t>(encoded.bytes.size());
  const std::uint16_t fixed_bytes = kEventFixedBytes + 8;
  std::memcpy(encoded.bytes.data(), &bytes, 2);
  std::memcpy(encoded.bytes.data() + 2, &fixed_bytes, 2);
  encoded.bytes[4] = 2;   // version
  encoded.bytes[5] = 77;  // kind
  const EventView view = encoded.view();
  EXPECT_EQ(view.version(), 2);
  EXPECT_EQ(view.kind(), EventKind::none);
  EXPECT_EQ(view.status(), 403);
  EXPECT_EQ(view.text(EventText::path), "/orders/17");
}

TEST(Event, is_not_read_when_any_end_is_missing) {
  const Encoded encoded(filled());
  for (std::size_t bytes = 0; bytes < encoded.bytes.size(); ++bytes) {
    EXPECT_FALSE(EventView::parse({encoded.bytes.data(), bytes})) << bytes;
    std::vector<char> shorter(encoded.bytes.begin(),
                              encoded.bytes.begin() + static_cast<std::ptrdiff_t>(bytes));
    if (bytes < 2) continue;
    // Even if its own length agrees, a field cut in two is no field. (At a field's end it is one.)
    const auto claimed = static_cast<std::uint16_t>(bytes);
    std::memcpy(shorter.data(), &claimed, 2);
    if (const auto view = EventView::parse(shorter)) {
      EXPECT_EQ(view->status(), 403);
    }
  }
}

}  // namespace
}  // namespace gatehouse
