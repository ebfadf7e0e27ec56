// admin/admin_pages: which answer each of the admin's addresses has.
//
//   GET  /healthz /readyz /metrics                          everywhere
//   GET  /status /verdicts /events?limit=&since=            on the Unix socket alone
//   POST /reload                                            there too; admin_server waits for it
//
// JSON keys are stable and the same as the command line's. Errors are RFC 9457 problems.
// Full     /verdicts and /events give at most kRowsMax rows and say with `more` that there are
//          others.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "admin/admin_view.h"
#include "http/message.h"

namespace gatehouse {

struct AdminAnswer {
  std::uint16_t status = 200;
  std::string_view content_type = "application/json";
  std::string body;
  std::string_view allow = {};  // of a 405
};

struct AdminRequest {
  Method method = Method::get;
  std::string_view path;
  std::string_view query;
  bool is_local = false;  // over the Unix socket
};

inline constexpr std::size_t kAdminRowsMax = 1000;

// Whether it is POST /reload, which is the one that waits.
bool is_reload(const AdminRequest& request);
AdminAnswer admin_answer(const AdminRequest& request, const AdminView& view);
AdminAnswer reload_answer(const ReloadReport& report);
AdminAnswer admin_problem(std::uint16_t status, std::string_view title, std::string_view detail);

// The value of `name` in "a=1&b=2"; empty when it isn't there. Numbers and words need no decoding.
std::string_view query_value(std::string_view query, std::string_view name);

}  // namespace gatehouse
