#include "base/diagnostics.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace gatehouse {
namespace {

bool starts_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

// The byte at which character `column` (from 1) of the line begins; the line's size past its end.
std::size_t byte_of_column(std::string_view line, std::uint32_t column) {
  std::uint32_t seen = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (starts_character(line[i]) && ++seen == column) return i;
  }
  return line.size();
}

// What stands before the carets: one blank a character, and tabs as they are.
std::string padding(std::string_view line, std::uint32_t column) {
  std::string blanks;
  const std::size_t end = byte_of_column(line, column);
  for (std::size_t i = 0; i < end; ++i) {
    if (line[i] == '\t') {
      blanks += '\t';
    } else if (starts_character(line[i])) {
      blanks += ' ';
    }
  }
  return blanks;
}

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// Control bytes of a file, or of an escape in it, must not reach a terminal.
std::string without_controls(std::string line) {
  for (char& byte : line) {
    const auto value = static_cast<unsigned char>(byte);
    if ((value < 0x20 && byte != '\t') || value == 0x7F) byte = '?';
  }
  return line;
}

}  // namespace

std::string_view to_text(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
  }
  return "";
}

void Diagnostics::add_source(const std::string& file, std::string text) {
  sources_.insert_or_assign(file, std::move(text));
}

void Diagnostics::error(Error error) { add(Severity::error, std::move(error)); }
void Diagnostics::warning(Error error) { add(Severity::warning, std::move(error)); }
void Diagnostics::hide(SourcePosition span) { hidden_.push_back(std::move(span)); }

void Diagnostics::redact(const std::string& value) {
  if (value.size() < kRedactedBytesMin) return;
  const auto longer = [](const std::string& one, const std::string& other) {
    return one.size() > other.size();
  };
  redacted_.insert(std::upper_bound(redacted_.begin(), redacted_.end(), value, longer), value);
}

void Diagnostics::redact_in(std::string& text) const {
  for (const std::string& value : redacted_) {
    for (std::size_t at = text.find(value); at != text.npos;
         at = text.find(value, at + kRedacted.size())) {
      text.replace(at, value.size(), kRedacted);
    }
  }
}

void Diagnostics::add(Severity severity, Error error) {
  for (std::string* const text : {&error.what, &error.help, &error.label}) redact_in(*text);
  for (std::string& step : error.during) redact_in(step);
  ++(severity == Severity::error ? errors_ : warnings_);
  if (all_.size() < kFindingsMax) all_.push_back({severity, std::move(error)});
}

std::string Diagnostics::line(std::string_view file, std::uint32_t number) const {
  const auto source = sources_.find(file);
  if (source == sources_.end() || number == 0) return {};
  std::string_view rest = source->second;
  for (std::uint32_t i = 1; i < number; ++i) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return {};
    rest.remove_prefix(end + 1);
  }
  std::string found{rest.substr(0, rest.find('\n'))};
  if (found.ends_with('\r')) found.pop_back();
  found = without_controls(std::move(found));
  for (const SourcePosition& span : hidden_) {
    if (span.file != file || span.line != number) continue;
    const std::size_t begin = byte_of_column(found, span.column);
    const std::size_t end = byte_of_column(found, span.column + span.length);
    // A fixed number of asterisks would move the columns; the length is no secret worth that.
    for (std::size_t i = begin; i < end; ++i) found[i] = '*';
  }
  return found;
}

std::string Diagnostics::text_of(const Diagnostic& one) const {
  const Error& error = one.error;
  std::string out;
  auto to = std::back_inserter(out);
  fmt::format_to(to, "{}[{}]: {}\n", to_text(one.severity), error.code,
                 without_controls(error.what));
  const std::string number = std::to_string(error.at.line);
  const std::string gutter(number.size(), ' ');
  if (error.at.line != 0) {
    fmt::format_to(to, "{}--> {}:{}:{}\n", gutter, error.at.file, error.at.line, error.at.column);
    const std::string shown = line(error.at.file, error.at.line);
    if (!shown.empty()) {
      const std::string carets(std::max<std::size_t>(error.at.length, 1), '^');
      fmt::format_to(to, "{} |\n{} | {}\n", gutter, number, shown);
      fmt::format_to(to, "{} | {}{}{}{}\n", gutter, padding(shown, error.at.column), carets,
                     error.label.empty() ? "" : " ", without_controls(error.label));
    }
  } else if (!error.at.file.empty()) {
    fmt::format_to(to, "{}--> {}\n", gutter, error.at.file);
  }
  for (const std::string& step : error.during)
    fmt::format_to(to, "{} = while {}\n", gutter, without_controls(step));
  if (!error.help.empty())
    fmt::format_to(to, "{} = help: {}\n", gutter, without_controls(error.help));
  return out;
}

std::string Diagnostics::text(std::string_view consequence) const {
  std::string out;
  if (errors_ + warnings_ == 0) return out;
  std::size_t printed = 0;
  // Errors first: a flood of warnings must not push one out of sight.
  for (const Severity severity : {Severity::error, Severity::warning}) {
    for (const Diagnostic& one : all_) {
      if (one.severity != severity || printed == kPrintedMax) continue;
      if (printed++ != 0) out += '\n';
      out += text_of(one);
    }
  }
  const std::size_t left = errors_ + warnings_ - printed;
  if (left != 0) out += fmt::format("\n… and {} more\n", left);
  return out + closing_line(consequence);
}

std::string Diagnostics::closing_line(std::string_view consequence) const {
  std::string found = errors_ != 0 ? counted(errors_, "error") : counted(warnings_, "warning");
  if (errors_ != 0 && warnings_ != 0) found += " and " + counted(warnings_, "warning");
  if (!sources_.empty()) {
    found += fmt::format(" in {} of {}", files_at_fault(), counted(files(), "file"));
  }
  if (errors_ != 0 && !consequence.empty()) found += fmt::format("; {}", consequence);
  return found + '\n';
}

std::size_t Diagnostics::files_at_fault() const {
  std::set<std::string_view> at_fault;
  for (const Diagnostic& one : all_) {
    if (sources_.contains(one.error.at.file)) at_fault.insert(one.error.at.file);
  }
  return at_fault.size();
}

}  // namespace gatehouse
