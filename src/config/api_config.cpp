#include "config/api_config.h"

#include <algorithm>
#include <utility>

namespace gatehouse {
namespace {

constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_name(std::string_view text) {
  return !text.empty() && (is_letter(text.front()) || text.front() == '_') &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-'; });
}

bool is_method(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' || c == '_';
  });
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == text.npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool is_capture(std::string_view part) {
  return part.size() > 2 && part.front() == '{' && part.back() == '}' &&
         is_name(part.substr(1, part.size() - 2));
}

// "{name*}", which takes the rest of a path.
bool is_rest_capture(std::string_view part) {
  return part.size() > 3 && part.front() == '{' && part.ends_with("*}") &&
         is_name(part.substr(1, part.size() - 3));
}

// Empty when the segment is right, else what is wrong with it.
std::string_view segment_fault(std::string_view segment, bool is_last,
                               std::vector<std::string_view>& captures) {
  if (segment == "*") return is_last ? "" : "`*` stands before the end of the path";
  if (is_rest_capture(segment) && !is_last) return "`{name*}` stands before the end of the path";
  if (is_capture(segment) || is_rest_capture(segment)) {
    if (std::find(captures.begin(), captures.end(), segment) != captures.end()) {
      return "a name in braces stands twice";
    }
    captures.push_back(segment);
    return {};
  }
  if (segment.find_first_of("{}") != segment.npos) {
    return "braces hold a whole segment and a name: `/{id}/`";
  }
  if (segment.find('*') != segment.npos) return "`*` is a whole segment";
  if (segment.empty() && !is_last) return "a segment is empty";
  if (segment == "." || segment == "..") return "a dot segment never reaches a route";
  if (segment.find_first_of("?#\\ \t") != segment.npos) {
    return "a path has no query, no blank and no backslash";
  }
  return {};
}

std::string_view path_fault(std::string_view path) {
  if (!path.starts_with('/')) return "the path begins with `/`";
  std::vector<std::string_view> captures;
  const std::vector<std::string_view> segments = split(path.substr(1), '/');
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const auto fault = segment_fault(segments[i], i + 1 == segments.size(), captures);
    if (!fault.empty()) return fault;
  }
  return {};
}

std::string_view read_match(std::string_view text, MatchConfig& match) {
  match.text = text;
  const std::size_t blank = text.find(' ');
  match.path = blank == text.npos ? text : text.substr(blank + 1);
  if (blank != text.npos && text.substr(0, blank) != "*") {
    for (const std::string_view method : split(text.substr(0, blank), '|')) {
      if (!is_method(method)) return "methods are capital letters with `|` between them";
      match.methods.emplace_back(method);
    }
  }
  return path_fault(match.path);
}

bool is_host_label(std::string_view label, bool is_first) {
  if (label == "*") return is_first;
  if (is_capture(label)) return true;
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; });
}

// Lower case outside of braces: names of captures keep theirs.
std::string lower_host(std::string_view text) {
  std::string lower{text};
  bool in_braces = false;
  for (char& c : lower) {
    in_braces = c == '{' || (in_braces && c != '}');
    if (!in_braces && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace

std::optional<MatchConfig> Scalar<MatchConfig>::parse(const Node& node) {
  MatchConfig match;
  if (!read_match(node.text, match).empty()) return std::nullopt;
  return match;
}

std::string Scalar<MatchConfig>::fault(const Node& node) {
  MatchConfig match;
  return std::string{read_match(node.text, match)};
}

std::optional<HostConfig> Scalar<HostConfig>::parse(const Node& node) {
  if (node.text.size() > 253) return std::nullopt;
  if (node.text == "*") return HostConfig{node.text, node.at};
  const std::vector<std::string_view> labels = split(node.text, '.');
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (!is_host_label(labels[i], i == 0)) return std::nullopt;
  }
  return HostConfig{lower_host(node.text), node.at};
}

std::optional<std::vector<std::string>> template_names(std::string_view text) {
  std::vector<std::string> names;
  for (std::size_t at = text.find_first_of("{}"); at != text.npos; at = text.find_first_of("{}")) {
    const std::size_t end = text.find('}');
    if (text[at] == '}' || end == text.npos) return std::nullopt;
    const std::string_view name = text.substr(at + 1, end - at - 1);
    if (!is_name(name)) return std::nullopt;
    names.emplace_back(name);
    text.remove_prefix(end + 1);
  }
  return names;
}

std::optional<TextTemplate> Scalar<TextTemplate>::parse(const Node& node) {
  if (!template_names(node.text)) return std::nullopt;
  return TextTemplate{node.text, node.at};
}

}  // namespace gatehouse
