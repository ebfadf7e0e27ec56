#include "gateway/routing/host_pattern.h"

#include <algorithm>

#include "gateway/routing/path_pattern.h"

namespace gatehouse {
namespace {

using Kind = HostLabel::Kind;

Error bad_host_pattern(std::string what, std::string help) {
  return Error{.code = "E0402", .what = std::move(what), .help = std::move(help)};
}

std::string in_ticks(std::string_view text) { return "`" + std::string(text) + "`"; }

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

Result<HostLabel> read_label(std::string_view text, std::string_view whole, bool first) {
  if (text == "*") {
    if (first) return HostLabel{Kind::wildcard, {}};
    return fail(bad_host_pattern("`*` isn't at the front of " + in_ticks(whole),
                                 "use `{name}` for one label in the middle"));
  }
  if (text.starts_with('{') && text.ends_with('}')) {
    const std::string_view name = text.substr(1, text.size() - 2);
    if (is_capture_name(name)) return HostLabel{Kind::capture, std::string(name)};
    return fail(bad_host_pattern(in_ticks(text) + " isn't a name for a captured part",
                                 "use letters, digits, `_` and `-`, a letter first"));
  }
  std::string literal(text);
  for (char& c : literal) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (text.find_first_of("{}*") != std::string_view::npos) {
    return fail(bad_host_pattern("label " + in_ticks(text) + " mixes text and a captured part",
                                 "a captured part takes a whole label: `{tenant}.shop.example`"));
  }
  if (literal.empty() || literal.size() > 63 ||
      !std::all_of(literal.begin(), literal.end(), is_host_character)) {
    return fail(bad_host_pattern(in_ticks(whole) + " isn't the name of a host",
                                 "write a name without port, non-ASCII letters as punycode"));
  }
  return HostLabel{Kind::literal, std::move(literal)};
}

bool is_bracketed_address(std::string_view text) {
  const auto inside = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
  };
  return text.size() > 3 && text.starts_with('[') && text.ends_with(']') &&
         std::all_of(text.begin() + 1, text.end() - 1, inside);
}

}  // namespace

Result<HostPattern> HostPattern::parse(std::string_view text) {
  HostPattern pattern;
  if (text == "*") return pattern;
  if (is_bracketed_address(text)) {  // one label, whatever dots are in it
    pattern.labels.push_back({Kind::literal, std::string(text)});
    return pattern;
  }
  std::string_view left = text;
  while (true) {
    const std::size_t dot = left.find('.');
    GH_TRY(HostLabel label, read_label(left.substr(0, dot), text, pattern.labels.empty()));
    if (label.kind == Kind::capture &&
        std::count(pattern.labels.begin(), pattern.labels.end(), label) != 0) {
      return fail(bad_host_pattern("`{" + label.text + "}` is captured twice in " + in_ticks(text),
                                   "rename one of them"));
    }
    pattern.labels.push_back(std::move(label));
    if (dot == std::string_view::npos) break;
    left.remove_prefix(dot + 1);
  }
  if (pattern.labels.size() > kLabelsMax || text.size() > 253) {
    return fail(bad_host_pattern(in_ticks(text) + " is too long for a host's name", "shorten it"));
  }
  return pattern;
}

}  // namespace gatehouse
