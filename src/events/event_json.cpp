#include "events/event_json.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/clock.h"

namespace gatehouse {
namespace {

using Json = nlohmann::ordered_json;

// ECS has its own words for how an exchange ended.
std::string_view ecs_outcome(const EventView& event) {
  switch (event.outcome()) {
    case EventOutcome::served:
    case EventOutcome::cached:
      return event.status() < 400 ? "success" : "failure";
    case EventOutcome::refused:
    case EventOutcome::aborted:
    case EventOutcome::malformed:
      return "failure";
    case EventOutcome::none:
      return "unknown";
  }
  return "unknown";
}

struct Place {
  EventText text;
  const char* object;
  const char* name;
};
constexpr Place kPlaces[] = {
    {EventText::scheme, "url", "scheme"},
    {EventText::host, "url", "domain"},
    {EventText::path, "url", "path"},
    {EventText::http_version, "http", "version"},
    {EventText::user_agent, "user_agent", "original"},
    {EventText::tls_version, "tls", "version"},
    {EventText::error_code, "error", "code"},
    {EventText::route_pattern, "gatehouse", "route_pattern"},
    {EventText::query_names, "gatehouse", "query_names"},
    {EventText::api, "gatehouse", "api"},
    {EventText::route, "gatehouse", "route"},
    {EventText::upstream, "gatehouse", "upstream"},
    {EventText::target, "gatehouse", "target"},
    {EventText::name, "gatehouse", "name"},
    {EventText::detail, "gatehouse", "detail"},
    {EventText::about, "gatehouse", "about"},
    {EventText::by, "gatehouse", "by"},
    {EventText::user, "user", "id"},
    {EventText::app, "gatehouse", "app"},
};

void put_texts(Json& json, const EventView& event) {
  for (const auto& [which, object, name] : kPlaces) {
    if (const std::string_view text = event.text(which); !text.empty()) json[object][name] = text;
  }
  // source is the peer; client is who stands behind a believed proxy.
  if (const std::string_view peer = event.text(EventText::client); !peer.empty()) {
    json["source"]["ip"] = peer;
    json["client"]["ip"] = event.client();
  }
  if (const std::string_view level = event.text(EventText::verdict_level); !level.empty()) {
    json["gatehouse"]["verdict"] = {{"level", level},
                                    {"reason", event.text(EventText::verdict_reason)},
                                    {"decided", event.by_verdict()},
                                    {"done", to_text(event.done())},
                                    {"would", to_text(event.would())}};
  }
  if (const std::string_view proof = event.text(EventText::proof); !proof.empty()) {
    json["gatehouse"]["credential"] = {{"kind", proof},
                                       {"hash", event.text(EventText::credential)},
                                       {"verified", event.verified()}};
  }
  if (event.sign_in() != EventSignIn::none) {
    Json& sign_in = json["gatehouse"]["sign_in"];
    sign_in["outcome"] = to_text(event.sign_in());
    const std::string_view user = event.text(EventText::sign_in_user);
    if (!user.empty()) sign_in["user"] = user;
  }
}

void put_request(Json& json, const EventView& event) {
  json["event"]["id"] = id_text(event.id());
  json["event"]["category"] = {"web"};
  json["event"]["type"] = {"access"};
  json["event"]["outcome"] = ecs_outcome(event);
  json["event"]["start"] = time_text(event.start_us());
  json["event"]["duration"] = event.duration_us() * 1000;  // ECS counts nanoseconds
  json["server"]["port"] = event.port();
  Json& http = json["http"];
  if (const std::string_view method = event.text(EventText::method); !method.empty()) {
    http["request"]["method"] = method;
  }
  http["request"]["bytes"] = event.request_bytes();
  if (event.status() != 0) http["response"]["status_code"] = event.status();
  http["response"]["bytes"] = event.response_bytes();
  Json& own = json["gatehouse"];
  own["outcome"] = to_text(event.outcome());
  if (event.fault() != EventFault::none) own["fault"] = to_text(event.fault());
  own["worker"] = event.worker();
  own["attempts"] = event.attempts();
  own["upstream_us"] = event.upstream_us();
  if (event.truncated()) own["truncated"] = true;
}

bool is_request(EventKind kind) {
  return kind == EventKind::final || kind == EventKind::open || kind == EventKind::progress;
}

}  // namespace

std::string to_json(const EventView& event) {
  Json json;
  json["@timestamp"] = time_text(event.at_us());
  json["event"] = {
      {"kind", "event"}, {"action", to_text(event.kind())}, {"sequence", event.sequence()}};
  if (is_request(event.kind())) {
    put_request(json, event);
  } else if (event.count() != 0) {
    json["gatehouse"]["count"] = event.count();
  }
  put_texts(json, event);
  for (std::size_t i = 0; i < event.subjects(); ++i) {
    const Subject subject = event.subject(i);
    json["gatehouse"]["subjects"].push_back(
        {{"kind", to_text(subject.kind)}, {"hash", hash_text(subject.hash)}});
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string time_text(std::int64_t us) {
  constexpr std::int64_t kFirst = -62'167'219'200'000'000;  // 0000-01-01
  constexpr std::int64_t kLast = 253'402'300'799'999'999;   // 9999-12-31
  const WallTime time{std::chrono::microseconds{std::clamp(us, kFirst, kLast)}};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

std::string id_text(const RequestId& id) { return fmt::format("{:016x}{:016x}", id.high, id.low); }

}  // namespace gatehouse
