#include "gateway/routing/path_pattern.h"

#include <algorithm>

#include "http/characters.h"
#include "http/path.h"

namespace gatehouse {
namespace {

using Kind = PathSegment::Kind;

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_unreserved(char c) {
  return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}
void append_escape(std::string& to, unsigned byte) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  to += '%';
  to += kHex[byte >> 4];
  to += kHex[byte & 15];
}

Error bad_match(std::string what, std::string help) {
  return Error{.code = "E0401", .what = std::move(what), .help = std::move(help)};
}

std::string quoted(std::string_view text) { return "`" + std::string(text) + "`"; }

Status add_method(PathPattern& pattern, std::string_view name) {
  if (!is_token(name)) {
    return fail(bad_match(quoted(name) + " isn't a method", "write `GET|POST /path`"));
  }
  const bool upper =
      std::none_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  if (!upper) {
    return fail(bad_match("method " + quoted(name) + " isn't in capitals",
                          "methods are case-sensitive: write it in capitals"));
  }
  const Method method = method_of(name);
  const bool twice = method == Method::other ? std::count(pattern.more_methods.begin(),
                                                          pattern.more_methods.end(), name) != 0
                                             : (pattern.methods & bit_of(method)) != 0;
  if (twice) return fail(bad_match("method " + quoted(name) + " stands twice", "remove one"));
  if (method == Method::connect) {
    return fail(bad_match("a route can't ask for CONNECT", "the gate is no forward proxy"));
  }
  if (method == Method::other) {
    pattern.more_methods.emplace_back(name);
  } else {
    pattern.methods = static_cast<MethodBits>(pattern.methods | bit_of(method));
  }
  return {};
}

Status read_methods(PathPattern& pattern, std::string_view text) {
  if (text.empty() || text == "*") {
    pattern.any_method = true;
    return {};
  }
  while (true) {
    const std::size_t bar = text.find('|');
    const Status added = add_method(pattern, text.substr(0, bar));
    if (!added) return added;
    if (bar == std::string_view::npos) return {};
    text.remove_prefix(bar + 1);
  }
}

Result<PathSegment> read_capture(std::string_view text, bool last) {
  if (!text.ends_with('}') || std::count(text.begin(), text.end(), '{') != 1 ||
      std::count(text.begin(), text.end(), '}') != 1) {
    return fail(bad_match("segment " + quoted(text) + " mixes text and a captured part",
                          "a captured part takes a whole segment: `/orders/{id}`"));
  }
  std::string_view name = text.substr(1, text.size() - 2);
  const bool rest = name.ends_with('*');
  if (rest) name.remove_suffix(1);
  if (!is_capture_name(name)) {
    return fail(bad_match(quoted(text) + " isn't a name for a captured part",
                          "use letters, digits, `_` and `-`, a letter first"));
  }
  if (rest && !last) {
    return fail(bad_match(quoted(text) + " takes the rest of the path but isn't at its end",
                          "move it to the end, or use `{" + std::string(name) + "}`"));
  }
  return PathSegment{rest ? Kind::rest : Kind::param, std::string(name)};
}

Result<PathSegment> read_segment(std::string_view text, bool last) {
  if (text == "*") {
    if (!last) {
      return fail(bad_match("`*` isn't at the end of the path",
                            "use `{name}` for one segment in the middle"));
    }
    return PathSegment{Kind::rest, "*"};
  }
  if (text.empty() && !last) {
    return fail(bad_match("the path has an empty segment", "write one `/` instead of `//`"));
  }
  if (text.starts_with('{')) return read_capture(text, last);
  if (text.find_first_of("{}*") != std::string_view::npos) {
    return fail(bad_match("segment " + quoted(text) + " mixes text and a captured part",
                          "a captured part takes a whole segment; write `%2A` for a plain `*`"));
  }
  GH_TRY(std::string literal, canonical_literal(text));
  // A literal with parameters behind its dots could never be asked for: such paths are refused.
  const std::string_view name = std::string_view(literal).substr(0, literal.find(';'));
  if (is_dot_segment(name)) {
    return fail(bad_match("the path has the dot segment " + quoted(text),
                          "dot segments are resolved before routing: leave it out"));
  }
  if (literal.size() > PathPattern::kSegmentBytesMax) {
    return fail(bad_match("a segment of the path is longer than 255 bytes", "shorten it"));
  }
  return PathSegment{Kind::literal, std::move(literal)};
}

Status read_path(PathPattern& pattern, std::string_view path) {
  if (!path.starts_with('/')) {
    return fail(bad_match("path " + quoted(path) + " doesn't begin with `/`",
                          "write `GET /orders/{id}`, or `/orders` for any method"));
  }
  if (path.find_first_of("?#\\ ") != std::string_view::npos) {
    return fail(bad_match("path " + quoted(path) + " holds one of `?`, `#`, `\\` and blank",
                          "match the path alone; ask for query values in a condition"));
  }
  bool last = false;
  while (!last) {
    path.remove_prefix(1);
    const std::size_t slash = path.find('/');
    last = slash == std::string_view::npos;
    GH_TRY(PathSegment segment, read_segment(path.substr(0, slash), last));
    if (segment.kind != Kind::literal) {
      const auto same = [&](const PathSegment& s) {
        return s.kind != Kind::literal && s.text == segment.text;
      };
      if (std::any_of(pattern.segments.begin(), pattern.segments.end(), same)) {
        return fail(bad_match("`{" + segment.text + "}` is captured twice", "rename one of them"));
      }
    }
    pattern.segments.push_back(std::move(segment));
    if (!last) path.remove_prefix(slash);
  }
  if (pattern.segments.size() > PathPattern::kSegmentsMax) {
    return fail(bad_match("the path has more than 32 segments", "end it with `/*`"));
  }
  return {};
}

}  // namespace

Result<PathPattern> PathPattern::parse(std::string_view match) {
  const std::size_t blank = match.find(' ');
  const bool has_methods = blank != std::string_view::npos && !match.starts_with('/');
  if (!has_methods && !match.starts_with('/') && !match.empty()) {
    return fail(bad_match(quoted(match) + " has no path", "write `GET /orders/{id}`"));
  }
  PathPattern pattern;
  Status read = read_methods(pattern, has_methods ? match.substr(0, blank) : std::string_view{});
  if (!read) return fail(std::move(read).error());
  read = read_path(pattern, has_methods ? match.substr(blank + 1) : match);
  if (!read) return fail(std::move(read).error());
  return pattern;
}

bool is_capture_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || (!is_alpha(name[0]) && name[0] != '_')) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return is_alpha(c) || is_digit(c) || c == '_' || c == '-'; });
}

Result<std::string> canonical_literal(std::string_view text) {
  std::string literal;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '%') {
      if (is_in(c, kPath)) {
        literal += c;
      } else {
        append_escape(literal, static_cast<unsigned char>(c));
      }
      continue;
    }
    const int high = i + 1 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      return fail(bad_match(quoted(text) + " has a `%` without two hexadecimal digits",
                            "write `%25` for a plain `%`"));
    }
    const auto byte = static_cast<unsigned>(high * 16 + low);
    if (byte < 0x20 || byte == 0x7f || byte == '\\') {
      return fail(bad_match(quoted(text) + " holds an encoded control character or backslash",
                            "remove it: requests with it are always refused"));
    }
    if (is_unreserved(static_cast<char>(byte))) {
      literal += static_cast<char>(byte);
    } else {
      append_escape(literal, byte);
    }
    i += 2;
  }
  return literal;
}

}  // namespace gatehouse
