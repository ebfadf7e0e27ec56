#include "app/api_client.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/admin_client.h"
#include "app/terminal.h"

namespace gatehouse {
namespace {

constexpr std::size_t kPageRows = 1000;

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

}  // namespace

std::string url_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || std::string_view("-._~:").contains(c);
    out += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::optional<ApiJson> ask_api(const GatePlace& place, std::string_view method,
                               const std::string& target, const ApiJson& content, int& exit_code) {
  const auto reply = ask_admin(place.socket_path(), method, target,
                               content.is_null() ? std::string() : content.dump());
  if (!reply) {
    exit_code = complain(reply.error().exit_code, reply.error().what, reply.error().help);
    return std::nullopt;
  }
  ApiJson json = ApiJson::parse(reply->body, nullptr, false);
  if (reply->status < 300 && json.is_object()) return json;
  const std::string what = json.is_object() ? json.value("detail", "") : "";
  exit_code = complain(exit_code_of(reply->status),
                       what.empty() ? fmt::format("the gate answered {}", reply->status) : what,
                       json.is_object() ? json.value("help", "") : "");
  return std::nullopt;
}

std::optional<ApiJson> ask_api_list(const GatePlace& place, const char* name, std::uint64_t most,
                                    int& exit_code) {
  ApiJson all = {{name, ApiJson::array()}};
  std::string cursor;
  while (all[name].size() < most) {
    std::string target = fmt::format("/v1/{}?limit={}", name,
                                     std::min<std::uint64_t>(most - all[name].size(), kPageRows));
    if (!cursor.empty()) target += "&cursor=" + url_encoded(cursor);
    auto page = ask_api(place, "GET", target, ApiJson(), exit_code);
    if (!page) return std::nullopt;
    for (auto& [key, value] : page->items()) {
      if (key != name && key != "next" && !all.contains(key)) all[key] = value;
    }
    for (ApiJson& row : (*page)[name]) all[name].push_back(std::move(row));
    cursor = page->value("next", "");
    if (cursor.empty()) break;
  }
  return all;
}

int finish_output(bool printed) {
  return printed && flush_out() ? kExitOk
                                : complain(kExitFailure, "the output could not be written");
}

std::string api_cell(const ApiJson& row, const char* key) {
  const ApiJson& value = row.contains(key) ? row.at(key) : ApiJson();
  if (value.is_null()) return "-";
  if (value.is_array()) {
    std::string text;
    for (const ApiJson& one : value) {
      text += (text.empty() ? "" : " ") + (one.is_string() ? one.get<std::string>() : one.dump());
    }
    return printable(text);
  }
  return printable(value.is_string() ? value.get<std::string>() : value.dump());
}

std::string api_table(const ApiJson& rows, std::span<const ApiColumn> columns) {
  std::vector<std::size_t> widths;
  for (const ApiColumn& one : columns) {
    std::size_t width = std::string_view(one.title).size();
    for (const ApiJson& row : rows) width = std::max(width, api_cell(row, one.key).size());
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
  line([](const ApiColumn& one) { return std::string(one.title); });
  for (const ApiJson& row : rows)
    line([&](const ApiColumn& one) { return api_cell(row, one.key); });
  return out;
}

}  // namespace gatehouse
