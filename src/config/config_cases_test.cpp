// What is promised: for each case in cases/*.case the whole report of a wrong config, word by word.
//
// A case is YAML, a line of dashes, and the report. A line `== name` begins a further file that
// `include` or a path may name; the first is gatehouse.yaml. `$NAME=value` sets a variable.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "config/load.h"

namespace gatehouse {
namespace {

struct CaseFiles final : Surroundings {
  std::map<std::string, std::string> files;
  std::map<std::string, std::string> variables;

  std::optional<std::string> variable(const std::string& name) const override {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  }
  Result<std::string> file(const std::string& path, std::size_t) const override {
    const auto found = files.find(path);
    if (found == files.end()) return fail({.code = "E0501", .what = "does not exist"});
    return found->second;
  }
};

struct Case {
  CaseFiles input;
  std::string report;
};

Case read_case(const std::filesystem::path& path) {
  Case read;
  std::ifstream stream(path);
  std::string file = "gatehouse.yaml";
  bool in_report = false;
  for (std::string line; std::getline(stream, line);) {
    if (!in_report && line.size() >= 10 && line.find_first_not_of('-') == line.npos) {
      in_report = true;
    } else if (in_report) {
      read.report += line + '\n';
    } else if (line.starts_with("== ")) {
      file = line.substr(3);
    } else if (line.starts_with('$') && line.find('=') != line.npos) {
      const std::size_t sign = line.find('=');
      read.input.variables[line.substr(1, sign - 1)] = line.substr(sign + 1);
    } else {
      read.input.files[file] += line + '\n';
    }
  }
  return read;
}

std::vector<std::filesystem::path> all_cases() {
  std::vector<std::filesystem::path> cases;
  for (const auto& entry : std::filesystem::directory_iterator(GH_CONFIG_CASES)) {
    if (entry.path().extension() == ".case") cases.push_back(entry.path());
  }
  std::sort(cases.begin(), cases.end());
  return cases;
}

struct ConfigCase : ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(ConfigCase, reports_what_the_case_says) {
  const Case wanted = read_case(GetParam());
  const ConfigLoad load = load_config("gatehouse.yaml", wanted.input);
  EXPECT_EQ(load.diagnostics.text(), wanted.report);
  EXPECT_EQ(load.config.has_value(), !load.diagnostics.has_errors());
}

INSTANTIATE_TEST_SUITE_P(Cases, ConfigCase, ::testing::ValuesIn(all_cases()),
                         [](const auto& one) { return one.param.stem().string(); });

TEST(ConfigCases, are_at_least_twenty_five) { EXPECT_GE(all_cases().size(), 25U); }

}  // namespace
}  // namespace gatehouse
