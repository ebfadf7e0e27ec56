// app/api_client: calls of the admin API for commands, and tables of what it answers.
//
// What fails is said here; the caller only passes the exit code on.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "app/gate_commands.h"

namespace gatehouse {

using ApiJson = nlohmann::ordered_json;

// One segment of a path, or a parameter's value.
std::string url_encoded(std::string_view text);

// The answer's JSON, or nothing after a complaint that sets `exit_code`.
std::optional<ApiJson> ask_api(const GatePlace& place, std::string_view method,
                               const std::string& target, const ApiJson& content, int& exit_code);
// All pages of a list, or its first `most` rows; beside them what the first page says.
std::optional<ApiJson> ask_api_list(const GatePlace& place, const char* name, std::uint64_t most,
                                    int& exit_code);

// The exit code of a command whose output is `printed`.
int finish_output(bool printed);

struct ApiColumn {
  const char* title;
  const char* key;
};
std::string api_cell(const ApiJson& row, const char* key);
std::string api_table(const ApiJson& rows, std::span<const ApiColumn> columns);

}  // namespace gatehouse
