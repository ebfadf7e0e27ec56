// What is promised: one line of ECS names, whatever bytes a client sent.
#include "events/event_json.h"

#include <limits>
#include <nlohmann/json.hpp>

namespace gatehouse {
namespace {

std::string json_of(const auto& event) {
  std::vector<char> bytes(kEventBytesMax);
  bytes.resize(encode(event, bytes));
  stamp(bytes, 42, 1'790'000'000'500'000);
  return to_json(*EventView::parse(bytes));
}

TEST(EventJson, names_a_request_as_ecs_does) {
  const Subject subject{SubjectKind::address, {0x1f, 0xa0}};
  const RequestEvent event{.outcome = EventOutcome::refused,
                           .fault = EventFault::client,
                           .by_verdict = true,
                           .done = EventAct::block,
                           .id = {.low = 2, .high = 1},
                           .start_us = 1'790'000'000'000'001,
                           .duration_us = 1500,
                           .upstream_us = 0,
                           .request_bytes = 10,
                           .response_bytes = 20,
                           .worker = 1,
                           .port = 8080,
                           .status = 403,
                           .attempts = 0,
                           .client = "10.0.0.9",
                           .forwarded = "203.0.113.7",
                           .method = "GET",
                           .scheme = "http",
                           .host = "shop.example",
                           .route_pattern = "/orders/{id}",
                           .path = "/orders/17",
                           .query_names = "page",
                           .error_code = "blocked",
                           .api = "orders",
                           .http_version = "1.1",
                           .user_agent = "curl/8",
                           .verdict_level = "block",
                           .verdict_reason = "20 answers",
                           .subjects = {&subject, 1}};
  EXPECT_EQ(nlohmann::json::parse(json_of(event)), nlohmann::json::parse(R"({
    "@timestamp": "2026-09-21T14:13:20.500000Z",
    "event": {"kind": "event", "action": "final", "sequence": 42,
              "id": "00000000000000010000000000000002", "category": ["web"], "type": ["access"],
              "outcome": "failure", "start": "2026-09-21T14:13:20.000001Z", "duration": 1500000},
    "source": {"ip": "10.0.0.9"}, "client": {"ip": "203.0.113.7"}, "server": {"port": 8080},
    "http": {"version": "1.1", "request": {"method": "GET", "bytes": 10},
             "response": {"status_code": 403, "bytes": 20}},
    "url": {"scheme": "http", "domain": "shop.example", "path": "/orders/17"},
    "user_agent": {"original": "curl/8"}, "error": {"code": "blocked"},
    "gatehouse": {"outcome": "refused", "fault": "client", "worker": 1, "attempts": 0,
                  "upstream_us": 0, "route_pattern": "/orders/{id}", "query_names": "page",
                  "api": "orders",
                  "verdict": {"level": "block", "reason": "20 answers", "decided": true,
                              "done": "block", "would": "none"},
                  "subjects": [{"kind": "address", "hash": "00000000000000a0000000000000001f"}]}
  })"));
}

TEST(EventJson, says_who_called_and_whether_that_was_proved) {
  RequestEvent event;
  event.user = "ann";
  event.app = "ios";
  event.proof = "jwt";
  event.credential = "0123456789abcdef0123456789abcdef";
  event.verified = true;
  const auto json = nlohmann::json::parse(json_of(event));
  EXPECT_EQ(json["user"]["id"], "ann");
  EXPECT_EQ(json["gatehouse"]["app"], "ios");
  EXPECT_EQ(json["gatehouse"]["credential"],
            nlohmann::json::parse(R"({"kind": "jwt", "verified": true,
                                      "hash": "0123456789abcdef0123456789abcdef"})"));
}

TEST(EventJson, says_who_tried_to_sign_in_apart_from_who_is_proved) {
  RequestEvent event;
  event.sign_in = EventSignIn::failed;
  event.sign_in_user = "ann";
  const auto failed = nlohmann::json::parse(json_of(event));
  EXPECT_EQ(failed["gatehouse"]["sign_in"],
            nlohmann::json::parse(R"({"outcome": "failed", "user": "ann"})"));
  EXPECT_FALSE(failed.contains("user"));
  event.sign_in = EventSignIn::ok;
  event.sign_in_user = {};
  EXPECT_EQ(nlohmann::json::parse(json_of(event))["gatehouse"]["sign_in"],
            nlohmann::json::parse(R"({"outcome": "ok"})"));
}

TEST(EventJson, names_what_is_no_request_in_one_short_line) {
  EXPECT_EQ(json_of(SystemEvent{.kind = EventKind::gap, .count = 3}),
            R"({"@timestamp":"2026-09-21T14:13:20.500000Z","event":{"kind":"event",)"
            R"("action":"gap","sequence":42},"gatehouse":{"count":3}})");
}

TEST(EventJson, is_valid_and_one_line_whatever_a_client_sent) {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte.push_back(static_cast<char>(byte));
  RequestEvent event;
  event.method = event.path = event.query_names = event.host = event.user_agent = every_byte;
  const std::string json = json_of(event);
  EXPECT_EQ(json.find('\n'), std::string::npos);
  EXPECT_TRUE(nlohmann::json::accept(json));
  event.path = "/\xc3\x28";
  EXPECT_EQ(nlohmann::json::parse(json_of(event))["url"]["path"], "/\xef\xbf\xbd(");
}

TEST(EventJson, writes_any_time) {
  EXPECT_EQ(time_text(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(time_text(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(time_text(std::numeric_limits<std::int64_t>::max()), "9999-12-31T23:59:59.999999Z");
  EXPECT_EQ(time_text(std::numeric_limits<std::int64_t>::min()), "0000-01-01T00:00:00.000000Z");
}

}  // namespace
}  // namespace gatehouse
