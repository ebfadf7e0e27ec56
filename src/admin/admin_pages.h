// admin/admin_pages: which answer each of the admin's addresses has.
//
//   …    /v1/…                                           both, with a token over TCP (admin_api)
//   GET  /healthz /readyz /metrics                          everywhere
//   GET  /status /verdicts                                  on the Unix socket alone
//   GET  /events?…                                          there too; store/question has the
//   words,
//                                                           admin_server waits for the answer
//   POST /reload                                            there too; admin_server waits for it
//
// JSON keys are stable and the same as the command line's. Errors are RFC 9457 problems.
// Full     /verdicts gives at most kAdminRowsMax rows and says with `more` that there are others;
//          /events says in the field Gatehouse-Next where the next page begins.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "admin/admin_view.h"
#include "http/message.h"

namespace gatehouse {

struct AdminAnswer {
  std::uint16_t status = 200;
  std::string_view content_type = "application/json";
  std::string body;
  std::string allow = {};     // of a 405
  std::string next = {};      // page of an answer that goes on
  bool wants_token = false;   // of a 401
  std::uint32_t retry_s = 0;  // of a 429: when to try again
};

struct AdminRequest {
  Method method = Method::get;
  std::string_view path;
  std::string_view query;
  bool is_local = false;  // over the Unix socket
};

inline constexpr std::size_t kAdminRowsMax = 1000;

// Whether it is POST /reload or GET /events, which wait.
bool is_reload(const AdminRequest& request);
bool is_events(const AdminRequest& request);
AdminAnswer admin_answer(const AdminRequest& request, const AdminView& view);
AdminAnswer reload_answer(const ReloadReport& report);
AdminAnswer events_answer(HistoryAnswer answer);
// The same as one JSON object, for /v1.
AdminAnswer events_page(HistoryAnswer answer);
// What to ask the event history; a problem when the request is no question.
std::expected<HistoryQuery, AdminAnswer> events_query(const AdminRequest& request,
                                                      std::int64_t now_us);
AdminAnswer admin_problem(std::uint16_t status, std::string_view title, std::string_view detail);

}  // namespace gatehouse
