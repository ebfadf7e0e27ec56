// base/diagnostics: all that one run found wrong in people's files, and its one printed form.
//
// Place    the readers of config and content add to it; the command line, the admin API and tests
//          print it. JSON and SARIF are made in config/diagnostics_json.
// Holds    the findings in the order of their making and the text of each file that was read, so
//          that the line at fault can be shown. Columns count characters, not bytes.
// Full     at kFindingsMax findings the rest are only counted.
// Secrets  what was named to hide() is printed as asterisks, what was named to redact() not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace gatehouse {

enum class Severity : std::uint8_t { error, warning };

std::string_view to_text(Severity severity);

struct Diagnostic {
  Severity severity = Severity::error;
  Error error;
};

class Diagnostics {
 public:
  static constexpr std::size_t kPrintedMax = 20;
  static constexpr std::size_t kFindingsMax = 1000;

  void add_source(const std::string& file, std::string text);
  void error(Error error);
  void warning(Error error);
  // Whatever stands in these columns of its file is never printed.
  void hide(SourcePosition span);
  // A value from outside: every message added after this shows kRedacted in its place. A value of
  // fewer than kRedactedBytesMin bytes is left, since it would stand in every message by chance.
  void redact(const std::string& value);
  static constexpr std::size_t kRedactedBytesMin = 4;
  static constexpr std::string_view kRedacted = "(secret)";

  // Further findings are only counted: whoever makes them may spare the looking-up of a mend.
  bool is_full() const { return all_.size() == kFindingsMax; }
  bool has_errors() const { return errors_ != 0; }
  std::size_t errors() const { return errors_; }
  std::size_t warnings() const { return warnings_; }
  const std::vector<Diagnostic>& all() const { return all_; }
  std::size_t files() const { return sources_.size(); }

  // The whole report. `consequence` ends the closing line when there are errors. Empty when nothing
  // was found.
  std::string text(std::string_view consequence = "the running config is unchanged") const;
  // One finding, as in the report.
  std::string text_of(const Diagnostic& one) const;
  // The line of a file with what is secret in it hidden; empty when there is no such line.
  std::string line(std::string_view file, std::uint32_t number) const;

 private:
  void add(Severity severity, Error error);
  void redact_in(std::string& text) const;
  std::string closing_line(std::string_view consequence) const;
  std::size_t files_at_fault() const;

  std::vector<Diagnostic> all_;
  std::map<std::string, std::string, std::less<>> sources_;
  std::vector<SourcePosition> hidden_;
  std::vector<std::string> redacted_;  // the longest first: one may hold another
  std::size_t errors_ = 0;
  std::size_t warnings_ = 0;
};

}  // namespace gatehouse
