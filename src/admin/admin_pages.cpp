#include "admin/admin_pages.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "events/event_json.h"
#include "events/journal_reader.h"
#include "metrics/prometheus_text.h"

namespace gatehouse {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

AdminAnswer plain(std::uint16_t status, std::string_view text) {
  return {status, "text/plain; charset=utf-8", std::string(text)};
}

AdminAnswer health(const AdminRequest&, const AdminView&) { return plain(200, "ok\n"); }

AdminAnswer readiness(const AdminRequest&, const AdminView& view) {
  return view.ready() ? plain(200, "ready\n") : plain(503, "not ready\n");
}

AdminAnswer metrics(const AdminRequest&, const AdminView& view) {
  return {200, PrometheusText::kContentType, view.metrics()};
}

AdminAnswer status(const AdminRequest&, const AdminView& view) {
  const GateStatus now = view.status();
  Json json;
  json["ready"] = now.ready;
  json["version"] = now.version;
  json["revision"] = now.revision;
  json["started_at"] = time_text(now.started_us);
  json["uptime_seconds"] = (now.now_us - now.started_us) / 1'000'000;
  json["reload"] = {
      {"last", now.last_reload}, {"taken", now.reloads_taken}, {"refused", now.reloads_refused}};
  json["listeners"] = now.addresses;
  json["folder"] = now.folder;
  json["workers"] = now.workers;
  json["connections"] = now.connections;
  json["routes"] = now.routes;
  json["behavior"] = {{"mode", now.enforces ? "enforce" : "observe"}, {"verdicts", now.verdicts}};
  json["events"] = {{"last_sequence", now.last_sequence},
                    {"dropped", now.events_dropped},
                    {"journal_failing", now.journal_failing}};
  return {200, "application/json", text_of(json)};
}

AdminAnswer verdicts(const AdminRequest&, const AdminView& view) {
  const std::vector<Verdict> rows = view.verdicts();
  Json json;
  json["verdicts"] = Json::array();
  for (const Verdict& row : rows) {
    if (json["verdicts"].size() == kAdminRowsMax) break;
    json["verdicts"].push_back({{"subject", to_text(row.subject.kind)},
                                {"hash", hash_text(row.subject.hash)},
                                {"level", to_text(row.level)},
                                {"expires", time_text(row.expires.time_since_epoch().count())},
                                {"by_operator", row.by_operator},
                                {"reason", row.reason}});
  }
  json["more"] = rows.size() > kAdminRowsMax;
  return {200, "application/json", text_of(json)};
}

// The default for an empty text; nothing when it is no number.
std::optional<std::uint64_t> number(std::string_view text, std::uint64_t otherwise) {
  if (text.empty()) return otherwise;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Records of all kinds from `since` on; without it the last `limit` ones.
AdminAnswer events(const AdminRequest& request, const AdminView& view) {
  const auto limit = number(query_value(request.query, "limit"), 100);
  if (!limit || *limit == 0 || *limit > kAdminRowsMax) {
    return admin_problem(400, "bad limit", "`limit` is a number from 1 to 1000");
  }
  const std::uint64_t last = view.status().last_sequence;
  const auto since =
      number(query_value(request.query, "since"), last >= *limit ? last - *limit + 1 : 1);
  if (!since) return admin_problem(400, "bad since", "`since` is the number of a record");
  JournalReader reader(view.journal_folder(), *since);
  AdminAnswer answer{200, "application/x-ndjson", {}};
  for (std::uint64_t i = 0; i < *limit; ++i) {
    const auto record = reader.next();
    if (!record) break;
    answer.body += to_json(*record);
    answer.body += '\n';
  }
  return answer;
}

struct Page {
  std::string_view path;
  bool local_only;
  AdminAnswer (*get)(const AdminRequest&, const AdminView&);
};
constexpr std::array kPages{
    Page{"/healthz", false, health},   Page{"/readyz", false, readiness},
    Page{"/metrics", false, metrics},  Page{"/status", true, status},
    Page{"/verdicts", true, verdicts}, Page{"/events", true, events},
};

}  // namespace

bool is_reload(const AdminRequest& request) {
  return request.is_local && request.path == "/reload" && request.method == Method::post;
}

AdminAnswer admin_answer(const AdminRequest& request, const AdminView& view) {
  const auto* const page = std::find_if(kPages.begin(), kPages.end(), [&](const Page& one) {
    return one.path == request.path && (request.is_local || !one.local_only);
  });
  if (page != kPages.end()) {
    if (request.method == Method::get || request.method == Method::head) {
      return page->get(request, view);
    }
    AdminAnswer refused = admin_problem(405, "method not allowed", "this page is only read");
    refused.allow = "GET, HEAD";
    return refused;
  }
  if (request.is_local && request.path == "/reload") {
    AdminAnswer refused = admin_problem(405, "method not allowed", "a reload is asked for by POST");
    refused.allow = "POST";
    return refused;
  }
  return admin_problem(404, "no such page",
                       request.is_local
                           ? "there are /status, /verdicts, /events, /reload and what TCP has"
                           : "over TCP there are /healthz, /readyz and /metrics");
}

AdminAnswer reload_answer(const ReloadReport& report) {
  const Json json = {{"taken", report.taken}, {"report", report.report}};
  return {static_cast<std::uint16_t>(report.taken ? 200 : 409), "application/json", text_of(json)};
}

AdminAnswer admin_problem(std::uint16_t status, std::string_view title, std::string_view detail) {
  const Json json = {
      {"type", "about:blank"}, {"title", title}, {"status", status}, {"detail", detail}};
  return {status, "application/problem+json", text_of(json)};
}

std::string_view query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    if (pair.starts_with(name) && pair.substr(name.size()).starts_with('=')) {
      return pair.substr(name.size() + 1);
    }
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
  }
  return {};
}

}  // namespace gatehouse
