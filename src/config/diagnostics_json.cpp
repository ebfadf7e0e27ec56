#include "config/diagnostics_json.h"

#include <nlohmann/json.hpp>
#include <set>

#include "config/codes.h"

namespace gatehouse {
namespace {

using Json = nlohmann::ordered_json;
constexpr int kIndent = 2;

// A path may hold any bytes; what isn't UTF-8 is replaced and never thrown over.
std::string dumped(const Json& json) {
  return json.dump(kIndent, ' ', false, Json::error_handler_t::replace) + '\n';
}

Json region(const SourcePosition& at) {
  return {{"startLine", at.line},
          {"startColumn", at.column},
          {"endColumn", at.column + (at.length == 0 ? 1 : at.length)}};
}

Json location(const SourcePosition& at) {
  Json physical = {{"artifactLocation", {{"uri", at.file}}}};
  if (at.line != 0) physical["region"] = region(at);
  return {{"physicalLocation", std::move(physical)}};
}

Json sarif_result(const Diagnostic& one) {
  const std::string help = one.error.help.empty() ? "" : ". " + one.error.help;
  Json result = {{"ruleId", one.error.code},
                 {"level", to_text(one.severity)},
                 {"message", {{"text", one.error.what + help}}}};
  if (!one.error.at.file.empty()) result["locations"] = Json::array({location(one.error.at)});
  return result;
}

Json sarif_rules(const Diagnostics& diagnostics) {
  Json rules = Json::array();
  std::set<std::string> named;
  for (const Diagnostic& one : diagnostics.all()) {
    if (!named.insert(one.error.code).second) continue;
    Json rule = {{"id", one.error.code}};
    if (const CodePage* const code = find_code(one.error.code); code != nullptr) {
      rule["shortDescription"] = {{"text", code->title}};
      rule["help"] = {{"text", code->mend}};
    }
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace

std::string diagnostics_json(const Diagnostics& diagnostics) {
  Json list = Json::array();
  for (const Diagnostic& one : diagnostics.all()) {
    const Error& error = one.error;
    list.push_back({{"code", error.code},
                    {"severity", to_text(one.severity)},
                    {"what", error.what},
                    {"help", error.help},
                    {"label", error.label},
                    {"file", error.at.file},
                    {"line", error.at.line},
                    {"column", error.at.column},
                    {"length", error.at.length},
                    {"during", error.during}});
  }
  return dumped(list);
}

std::string diagnostics_sarif(const Diagnostics& diagnostics) {
  Json results = Json::array();
  for (const Diagnostic& one : diagnostics.all()) results.push_back(sarif_result(one));
  const Json run = {
      {"tool", {{"driver", {{"name", "gatehouse"}, {"rules", sarif_rules(diagnostics)}}}}},
      {"columnKind", "unicodeCodePoints"},
      {"results", std::move(results)}};
  return dumped({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                 {"version", "2.1.0"},
                 {"runs", Json::array({run})}});
}

}  // namespace gatehouse
