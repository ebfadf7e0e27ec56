#include "app/records_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "app/admin_client.h"
#include "app/terminal.h"

namespace gatehouse {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kPageRows = 1000;

std::string encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || std::string_view("-._~:").contains(c);
    out += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

ExitCode exit_code_of(int status) {
  switch (status) {
    case 400:
      return kExitUsage;
    case 401:
    case 403:
      return kExitNotPermitted;
    case 404:
      return kExitNotFound;
    case 409:
      return kExitConflict;
    default:
      return kExitFailure;
  }
}

// The answer's JSON, or nothing after a complaint that sets `exit_code`.
std::optional<Json> ask(const GatePlace& place, std::string_view method, const std::string& target,
                        const Json& content, int& exit_code) {
  const auto reply = ask_admin(place.socket_path(), method, target,
                               content.is_null() ? std::string() : content.dump());
  if (!reply) {
    exit_code = complain(reply.error().exit_code, reply.error().what, reply.error().help);
    return std::nullopt;
  }
  Json json = Json::parse(reply->body, nullptr, false);
  if (reply->status < 300 && json.is_object()) return json;
  const std::string what = json.is_object() ? json.value("detail", "") : "";
  exit_code = complain(exit_code_of(reply->status),
                       what.empty() ? fmt::format("the gate answered {}", reply->status) : what,
                       json.is_object() ? json.value("help", "") : "");
  return std::nullopt;
}

// All pages of a list, or its first `most` rows.
std::optional<Json> ask_list(const GatePlace& place, const char* name, std::uint64_t most,
                             int& exit_code) {
  Json all = {{name, Json::array()}};
  std::string cursor;
  while (all[name].size() < most) {
    std::string target = fmt::format("/v1/{}?limit={}", name,
                                     std::min<std::uint64_t>(most - all[name].size(), kPageRows));
    if (!cursor.empty()) target += "&cursor=" + encoded(cursor);
    auto page = ask(place, "GET", target, Json(), exit_code);
    if (!page) return std::nullopt;
    for (Json& row : (*page)[name]) all[name].push_back(std::move(row));
    cursor = page->value("next", "");
    if (cursor.empty()) break;
  }
  return all;
}

int finish(bool printed) {
  return printed && flush_out() ? kExitOk
                                : complain(kExitFailure, "the output could not be written");
}

std::string cell(const Json& row, const char* key) {
  const Json& value = row.contains(key) ? row.at(key) : Json();
  if (value.is_null()) return "-";
  if (value.is_array()) {
    std::string text;
    for (const Json& one : value) {
      text += (text.empty() ? "" : " ") + (one.is_string() ? one.get<std::string>() : one.dump());
    }
    return printable(text);
  }
  return printable(value.is_string() ? value.get<std::string>() : value.dump());
}

struct Shown {
  const char* title;
  const char* key;
};

std::string table(const Json& rows, std::span<const Shown> columns) {
  std::vector<std::size_t> widths;
  for (const Shown& one : columns) {
    std::size_t width = std::string_view(one.title).size();
    for (const Json& row : rows) width = std::max(width, cell(row, one.key).size());
    widths.push_back(std::min<std::size_t>(width, 60));
  }
  std::string out;
  const auto line = [&](auto text_of) {
    std::string text;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      text += fmt::format("{:<{}}  ", text_of(columns[i]), widths[i]);
    }
    out += text.substr(0, text.find_last_not_of(' ') + 1) + '\n';
  };
  line([](const Shown& one) { return std::string(one.title); });
  for (const Json& row : rows) line([&](const Shown& one) { return cell(row, one.key); });
  return out;
}

int print_list(const GatePlace& place, const char* name, std::span<const Shown> columns,
               bool as_json, std::uint64_t most = UINT64_MAX) {
  int exit_code = kExitOk;
  const auto all = ask_list(place, name, most, exit_code);
  if (!all) return exit_code;
  return finish(print_out(as_json ? all->dump(2) + '\n' : table(all->at(name), columns)));
}

int print_change(const std::optional<Json>& answer, int exit_code, bool as_json) {
  if (!answer) return exit_code;
  if (as_json) return finish(print_out(answer->dump(2) + '\n'));
  const bool clears = answer->value("level", Json()).is_null();
  std::string text = clears ? fmt::format("cleared {}", cell(*answer, "subject"))
                            : fmt::format("{} {} until {}", cell(*answer, "level"),
                                          cell(*answer, "subject"), cell(*answer, "expires"));
  if (!answer->value("in_force", false)) text += "; recorded, not yet in force at every worker";
  if (!clears && answer->value("mode", "") == "observe") {
    text += "; the gate only observes (`behavior.mode`), so it is told and not done";
  }
  return finish(print_out(text + '\n'));
}

}  // namespace

int list_verdicts(const GatePlace& place, bool as_json) {
  constexpr Shown kColumns[] = {{"LEVEL", "level"},
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
  const auto answer = ask(place, "PUT", "/v1/verdicts/" + encoded(words.subject), order, exit_code);
  return print_change(answer, exit_code, as_json);
}

int clear_verdict_by_hand(const GatePlace& place, const VerdictWords& words, bool as_json) {
  int exit_code = kExitOk;
  const auto answer =
      ask(place, "DELETE", "/v1/verdicts/" + encoded(words.subject), Json(), exit_code);
  return print_change(answer, exit_code, as_json);
}

int list_api_tokens(const GatePlace& place, bool as_json) {
  constexpr Shown kColumns[] = {{"ID", "id"},         {"NAME", "name"},
                                {"STANDS", "stands"}, {"EXPIRES", "expires_at"},
                                {"USED", "used_at"},  {"SCOPES", "scopes"}};
  return print_list(place, "tokens", kColumns, as_json);
}

int create_api_token(const GatePlace& place, const TokenWords& words, bool as_json) {
  Json order = {{"name", words.name}, {"scopes", words.scopes}};
  if (!words.length.empty()) order["for"] = words.length;
  int exit_code = kExitOk;
  const auto answer = ask(place, "POST", "/v1/tokens", order, exit_code);
  if (!answer) return exit_code;
  if (as_json) return finish(print_out(answer->dump(2) + '\n'));
  fmt::print(stderr, "token {} stands until {}; its secret is not shown again:\n",
             cell(*answer, "id"), cell(*answer, "expires_at"));
  return finish(print_out(cell(*answer, "secret") + '\n'));
}

int revoke_api_token(const GatePlace& place, const TokenWords& words, bool as_json) {
  int exit_code = kExitOk;
  const auto answer =
      ask(place, "DELETE", fmt::format("/v1/tokens/{}", words.id), Json(), exit_code);
  if (!answer) return exit_code;
  if (as_json) return finish(print_out(answer->dump(2) + '\n'));
  return finish(
      print_out(fmt::format("token {} ({}) is revoked\n", words.id, cell(*answer, "name"))));
}

int list_audit_rows(const GatePlace& place, std::uint64_t limit, bool as_json) {
  constexpr Shown kColumns[] = {{"ID", "id"},         {"AT", "at"},
                                {"WHO", "who"},       {"FROM", "from"},
                                {"STATUS", "status"}, {"OPERATION", "operation"},
                                {"TARGET", "target"}, {"DETAIL", "detail"}};
  return print_list(place, "audit", kColumns, as_json, limit);
}

}  // namespace gatehouse
