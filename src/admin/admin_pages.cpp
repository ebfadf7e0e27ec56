#include "admin/admin_pages.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "events/event_json.h"
#include "metrics/prometheus_text.h"
#include "store/question.h"

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
  json["history"] = {{"kept", now.history_kept}, {"open", now.history_open}};
  if (now.history_open) json["history"]["last_sequence"] = now.history_sequence;
  if (!now.history_fault.empty()) json["history"]["fault"] = now.history_fault;
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

// A problem in words: what the error says, and how to mend it.
AdminAnswer problem_of(std::uint16_t status, std::string_view title, const Error& error) {
  Json json = {{"type", "about:blank"}, {"title", title}, {"status", status}};
  json["detail"] = error.what;
  json["code"] = error.code;
  if (!error.help.empty()) json["help"] = error.help;
  if (error.at.line != 0) {
    json["at"] = {
        {"line", error.at.line}, {"column", error.at.column}, {"length", error.at.length}};
  }
  return {status, "application/problem+json", text_of(json)};
}

// Whose fault it is that a question has no answer.
std::uint16_t status_of(const Error& error) {
  if (error.code == "E0807") return 400;
  if (error.code == "E0805") return 504;
  return error.code == "E0806" ? 413 : 503;
}

struct Page {
  std::string_view path;
  bool local_only;
  AdminAnswer (*get)(const AdminRequest&, const AdminView&);
};
constexpr std::array kPages{
    Page{"/healthz", false, health},   Page{"/readyz", false, readiness},
    Page{"/metrics", false, metrics},  Page{"/status", true, status},
    Page{"/verdicts", true, verdicts},
};

}  // namespace

bool is_reload(const AdminRequest& request) {
  return request.is_local && request.path == "/reload" && request.method == Method::post;
}

bool is_events(const AdminRequest& request) {
  return request.is_local && request.path == "/events" &&
         (request.method == Method::get || request.method == Method::head);
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
  if (request.is_local && request.path == "/events") {
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

std::expected<HistoryQuery, AdminAnswer> events_query(const AdminRequest& request,
                                                      std::int64_t now_us) {
  auto question = parse_target_query(request.query);
  if (!question) {
    return std::unexpected(problem_of(400, "not a question", question.error()));
  }
  auto query = read_question(*question, now_us);
  if (!query) return std::unexpected(problem_of(400, "not a question", query.error()));
  return *std::move(query);
}

AdminAnswer events_answer(HistoryAnswer answer) {
  if (answer.error) {
    return problem_of(status_of(*answer.error), "the event history did not answer", *answer.error);
  }
  AdminAnswer events{200, "application/x-ndjson", std::move(answer.lines)};
  events.next = std::move(answer.next);
  return events;
}

AdminAnswer events_page(HistoryAnswer answer) {
  if (answer.error) return events_answer(std::move(answer));
  std::string body = "{\"events\": [";
  for (std::string_view rest = answer.lines; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    body.append(body.ends_with('[') ? "\n" : ",\n").append(line);
  }
  body += "]";
  if (!answer.next.empty()) body += ", \"next\": " + Json(answer.next).dump();
  return {200, "application/json", body + "}\n"};
}

AdminAnswer admin_problem(std::uint16_t status, std::string_view title, std::string_view detail) {
  const Json json = {
      {"type", "about:blank"}, {"title", title}, {"status", status}, {"detail", detail}};
  return {status, "application/problem+json", text_of(json)};
}

}  // namespace gatehouse
