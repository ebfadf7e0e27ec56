#include "store/query.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "store/columns.h"

namespace gatehouse {
namespace {

using Json = nlohmann::json;

Error refused(std::string what, std::string help) {
  return {"E0807", std::move(what), std::move(help)};
}

Error unknown_column(const std::string& name) {
  const std::string_view near = column_near(name);
  return refused(
      fmt::format("there is no field `{}` to group by", name),
      near.empty() ? "docs/history.md has the fields" : fmt::format("did you mean `{}`?", near));
}

// A member that is there must have the type; one that isn't keeps the default.
template <class T>
bool read(const Json& json, const char* name, T& into) {
  const auto found = json.find(name);
  if (found == json.end()) return true;
  if constexpr (std::is_same_v<T, bool>) {
    if (!found->is_boolean()) return false;
    into = found->get<bool>();
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!found->is_string()) return false;
    into = found->get<std::string>();
  } else if constexpr (std::is_same_v<T, std::optional<std::int64_t>>) {
    if (!found->is_number_integer()) return false;
    into = found->get<std::int64_t>();
  } else {
    if (!found->is_number_unsigned()) return false;
    const auto number = found->get<std::uint64_t>();
    if (number > std::numeric_limits<T>::max()) return false;
    into = static_cast<T>(number);
  }
  return true;
}

bool read_names(const Json& json, std::vector<std::string>& into) {
  const auto found = json.find("group_by");
  if (found == json.end()) return true;
  if (!found->is_array()) return false;
  for (const Json& one : *found) {
    if (!one.is_string()) return false;
    into.push_back(one.get<std::string>());
  }
  return true;
}

bool read_cursor(const Json& json, std::optional<HistoryCursor>& into) {
  std::string text;
  if (!read(json, "after", text)) return false;
  if (text.empty()) return true;
  into = parse_cursor(text);
  return into.has_value();
}

}  // namespace

std::string to_text(const HistoryCursor& cursor) {
  return fmt::format("{}:{}", cursor.epoch, cursor.sequence);
}

std::optional<HistoryCursor> parse_cursor(std::string_view text) {
  HistoryCursor cursor;
  const char* const end = text.data() + text.size();
  const auto [colon, bad] = std::from_chars(text.data(), end, cursor.epoch);
  if (bad != std::errc{} || colon == end || *colon != ':') return std::nullopt;
  const auto [rest, worse] = std::from_chars(colon + 1, end, cursor.sequence);
  if (worse != std::errc{} || rest != end) return std::nullopt;
  return cursor;
}

Status check_query(const HistoryQuery& query) {
  if (query.filter.size() > HistoryQuery::kFilterBytesMax) {
    return fail(refused(fmt::format("the filter has {} bytes", query.filter.size()),
                        fmt::format("the most is {}", HistoryQuery::kFilterBytesMax)));
  }
  if (query.group_by.size() > HistoryQuery::kGroupColumnsMax) {
    return fail(refused(fmt::format("{} fields to group by", query.group_by.size()),
                        fmt::format("the most is {}", HistoryQuery::kGroupColumnsMax)));
  }
  for (const std::string& name : query.group_by) {
    if (find_column(name) == nullptr) return fail(unknown_column(name));
  }
  const std::uint64_t most =
      query.group_by.empty() ? HistoryQuery::kRowsMax : HistoryQuery::kGroupsMax;
  if (query.limit == 0 || query.limit > most) {
    return fail(refused(fmt::format("a limit of {}", query.limit),
                        fmt::format("write one from 1 to {}", most)));
  }
  if (query.last > HistoryQuery::kLastMax) {
    return fail(refused(fmt::format("the last {} rows", query.last),
                        fmt::format("the most is {}", HistoryQuery::kLastMax)));
  }
  if (query.since_us && query.until_us && *query.since_us >= *query.until_us) {
    return fail(refused("the time ends before it begins", "let `--until` be after `--since`"));
  }
  return {};
}

std::string to_json(const HistoryQuery& query) {
  Json json = {{"filter", query.filter},       {"since_sequence", query.since_sequence},
               {"all_kinds", query.all_kinds}, {"group_by", query.group_by},
               {"last", query.last},           {"limit", query.limit},
               {"seen", query.seen},           {"time_ms", query.time_ms}};
  if (query.since_us) json["since_us"] = *query.since_us;
  if (query.until_us) json["until_us"] = *query.until_us;
  if (query.after) json["after"] = to_text(*query.after);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<HistoryQuery> parse_query(std::string_view json) {
  const Json read_json = Json::parse(json, nullptr, false);
  HistoryQuery query;
  const bool whole =
      read_json.is_object() && read(read_json, "filter", query.filter) &&
      read(read_json, "since_us", query.since_us) && read(read_json, "until_us", query.until_us) &&
      read(read_json, "since_sequence", query.since_sequence) &&
      read(read_json, "all_kinds", query.all_kinds) && read_names(read_json, query.group_by) &&
      read(read_json, "last", query.last) && read(read_json, "limit", query.limit) &&
      read(read_json, "seen", query.seen) && read(read_json, "time_ms", query.time_ms) &&
      read_cursor(read_json, query.after);
  if (!whole) return fail(refused("what was asked is no question", "ask as docs/history.md says"));
  if (Status good = check_query(query); !good) return fail(std::move(good).error());
  return query;
}

}  // namespace gatehouse
