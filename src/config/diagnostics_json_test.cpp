// What is promised: the same findings for machines, with every part in a field of its own.
#include "config/diagnostics_json.h"

#include <nlohmann/json.hpp>

namespace gatehouse {
namespace {

Diagnostics one_of_each() {
  Diagnostics found;
  found.error(Error{.code = "E0203",
                    .what = "unknown key `a`",
                    .help = "did you mean `b`?",
                    .at = {"x.yaml", 3, 5, 2},
                    .label = "not a setting"}
                  .while_doing("reading x"));
  found.warning({.code = "E0425", .what = "upstream `u` is used by no route"});
  return found;
}

TEST(DiagnosticsJson, has_every_part) {
  const auto json = nlohmann::json::parse(diagnostics_json(one_of_each()));
  EXPECT_EQ(json.at(0), nlohmann::json::parse(R"({
    "code": "E0203", "severity": "error", "what": "unknown key `a`", "help": "did you mean `b`?",
    "label": "not a setting", "file": "x.yaml", "line": 3, "column": 5, "length": 2,
    "during": ["reading x"]})"));
  EXPECT_EQ(json.at(1).at("severity"), "warning");
}

TEST(DiagnosticsJson, is_an_empty_list_when_nothing_was_found) {
  EXPECT_EQ(diagnostics_json({}), "[]\n");
}

TEST(DiagnosticsJson, lives_with_bytes_that_are_no_text) {
  Diagnostics found;
  found.error({.code = "E1", .what = "\xff"});
  EXPECT_FALSE(nlohmann::json::parse(diagnostics_json(found)).empty());
}

TEST(DiagnosticsSarif, names_rules_results_and_regions) {
  const auto json = nlohmann::json::parse(diagnostics_sarif(one_of_each()));
  EXPECT_EQ(json.at("version"), "2.1.0");
  const auto& run = json.at("runs").at(0);
  EXPECT_EQ(run.at("tool").at("driver").at("rules").at(0).at("id"), "E0203");
  EXPECT_EQ(run.at("results").at(0).at("level"), "error");
  EXPECT_EQ(run.at("results").at(0).at("message").at("text"), "unknown key `a`. did you mean `b`?");
  EXPECT_EQ(run.at("results").at(0).at("locations").at(0).at("physicalLocation"),
            nlohmann::json::parse(R"({"artifactLocation": {"uri": "x.yaml"},
              "region": {"startLine": 3, "startColumn": 5, "endColumn": 7}})"));
  EXPECT_FALSE(run.at("results").at(1).contains("locations"));
}

}  // namespace
}  // namespace gatehouse
