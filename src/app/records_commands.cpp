#include "app/records_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "app/api_client.h"
#include "app/terminal.h"

namespace gatehouse {
namespace {

using Json = ApiJson;

int print_list(const GatePlace& place, const char* name, std::span<const ApiColumn> columns,
               bool as_json, std::uint64_t most = UINT64_MAX) {
  int exit_code = kExitOk;
  const auto all = ask_api_list(place, name, most, exit_code);
  if (!all) return exit_code;
  return finish_output(
      print_out(as_json ? all->dump(2) + '\n' : api_table(all->at(name), columns)));
}

int print_change(const std::optional<Json>& answer, int exit_code, bool as_json) {
  if (!answer) return exit_code;
  if (as_json) return finish_output(print_out(answer->dump(2) + '\n'));
  const bool clears = answer->value("level", Json()).is_null();
  std::string text = clears
                         ? fmt::format("cleared {}", api_cell(*answer, "subject"))
                         : fmt::format("{} {} until {}", api_cell(*answer, "level"),
                                       api_cell(*answer, "subject"), api_cell(*answer, "expires"));
  if (!answer->value("in_force", false)) text += "; recorded, not yet in force at every worker";
  if (!clears && answer->value("mode", "") == "observe") {
    text += "; the gate only observes (`behavior.mode`), so it is told and not done";
  }
  return finish_output(print_out(text + '\n'));
}

}  // namespace

int list_verdicts(const GatePlace& place, bool as_json) {
  constexpr ApiColumn kColumns[] = {{"LEVEL", "level"},
                                    {"SUBJECT", "subject"},
                                    {"EXPIRES", "expires"},
                                    {"BY HAND", "by_operator"},
                                    {"REASON", "reason"}};
  return print_list(place, "verdicts", kColumns, as_json);
}

int set_verdict_by_hand(const GatePlace& place, const VerdictWords& words, bool as_json) {
  Json order = {{"level", words.level}, {"reason", words.reason}};
  if (!words.length.empty()) order["for"] = words.length;
  if (!words.until.empty()) order["until"] = words.until;
  int exit_code = kExitOk;
  const auto answer =
      ask_api(place, "PUT", "/v1/verdicts/" + url_encoded(words.subject), order, exit_code);
  return print_change(answer, exit_code, as_json);
}

int clear_verdict_by_hand(const GatePlace& place, const VerdictWords& words, bool as_json) {
  int exit_code = kExitOk;
  const auto answer =
      ask_api(place, "DELETE", "/v1/verdicts/" + url_encoded(words.subject), Json(), exit_code);
  return print_change(answer, exit_code, as_json);
}

int list_api_tokens(const GatePlace& place, bool as_json) {
  constexpr ApiColumn kColumns[] = {{"ID", "id"},         {"NAME", "name"},
                                    {"STANDS", "stands"}, {"EXPIRES", "expires_at"},
                                    {"USED", "used_at"},  {"SCOPES", "scopes"}};
  return print_list(place, "tokens", kColumns, as_json);
}

int create_api_token(const GatePlace& place, const TokenWords& words, bool as_json) {
  Json order = {{"name", words.name}, {"scopes", words.scopes}};
  if (!words.length.empty()) order["for"] = words.length;
  int exit_code = kExitOk;
  const auto answer = ask_api(place, "POST", "/v1/tokens", order, exit_code);
  if (!answer) return exit_code;
  if (as_json) return finish_output(print_out(answer->dump(2) + '\n'));
  fmt::print(stderr, "token {} stands until {}; its secret is not shown again:\n",
             api_cell(*answer, "id"), api_cell(*answer, "expires_at"));
  return finish_output(print_out(api_cell(*answer, "secret") + '\n'));
}

int revoke_api_token(const GatePlace& place, const TokenWords& words, bool as_json) {
  int exit_code = kExitOk;
  const auto answer =
      ask_api(place, "DELETE", fmt::format("/v1/tokens/{}", words.id), Json(), exit_code);
  if (!answer) return exit_code;
  if (as_json) return finish_output(print_out(answer->dump(2) + '\n'));
  return finish_output(
      print_out(fmt::format("token {} ({}) is revoked\n", words.id, api_cell(*answer, "name"))));
}

int list_audit_rows(const GatePlace& place, std::uint64_t limit, bool as_json) {
  constexpr ApiColumn kColumns[] = {{"ID", "id"},         {"AT", "at"},
                                    {"WHO", "who"},       {"FROM", "from"},
                                    {"STATUS", "status"}, {"OPERATION", "operation"},
                                    {"TARGET", "target"}, {"DETAIL", "detail"}};
  return print_list(place, "audit", kColumns, as_json, limit);
}

}  // namespace gatehouse
