#include "http/path.h"

#include <cstddef>

#include "http/characters.h"

namespace gatehouse {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

bool is_unreserved(char c) { return is_in(c, kHostName) || c == '~'; }

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

char* put_escape(char* at, char c) {
  const auto byte = static_cast<unsigned char>(c);
  *at++ = '%';
  *at++ = kHexDigits[byte >> 4];
  *at++ = kHexDigits[byte & 15];
  return at;
}

// The byte that the escape at the beginning stands for, or -1 where none begins.
int escaped_byte(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') return -1;
  const int high = hex_value(text[1]);
  const int low = hex_value(text[2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// --- Is it canonical as it stands? Most paths are.

// `segment` and what follows it, from a dot on: is it a dot segment, or one with parameters?
bool begins_with_dots(std::string_view segment) {
  segment.remove_prefix(segment.starts_with("..") ? 2 : 1);
  return segment.empty() || segment.front() == '/' || segment.front() == ';';
}

struct Look {
  bool canonical = true;
  bool has_encoded_slash = false;
  std::size_t to_escape = 0;  // bytes that will take three
};

Look look_at(std::string_view path) {
  Look look;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (c == '.' && path[i - 1] == '/' && begins_with_dots(path.substr(i))) look.canonical = false;
    if (is_in(c, kPath)) continue;
    if (c != '%') {
      look.canonical = false;
      ++look.to_escape;
      continue;
    }
    const int byte = escaped_byte(path.substr(i));
    if (byte == '/') look.has_encoded_slash = true;
    const char decoded = static_cast<char>(byte);
    if (byte < 0 || is_unreserved(decoded) || is_control(decoded) || decoded == '\\' ||
        path[i + 1] != kHexDigits[static_cast<std::size_t>(byte) >> 4] ||
        path[i + 2] != kHexDigits[static_cast<std::size_t>(byte) & 15]) {
      look.canonical = false;
    }
  }
  return look;
}

// --- Making it so

// Writes the canonical form of one unit at `at`, a byte or an escape, and moves `text` past it.
PathError put_unit(std::string_view& text, char*& at) {
  const char c = text.front();
  if (c != '%') {
    text.remove_prefix(1);
    if (is_in(c, kPath)) {
      *at++ = c;
      return PathError::none;
    }
    if (!is_in(c, kTarget) || c == '?') return PathError::forbidden_byte;
    at = put_escape(at, c);
    return PathError::none;
  }
  const int byte = escaped_byte(text);
  if (byte < 0) return PathError::bad_escape;
  text.remove_prefix(3);
  const char decoded = static_cast<char>(byte);
  if (is_control(decoded) || decoded == '\\') return PathError::forbidden_byte;
  if (is_unreserved(decoded)) {
    *at++ = decoded;
  } else {
    at = put_escape(at, decoded);
  }
  return PathError::none;
}

// Resolves what was just written, from `segment` to `at`, if it is a dot segment (RFC 3986 §5.2.4).
// `begin` is the path's first "/"; segment[-1] is the "/" before it. Returns where the path goes
// on.
PathError close_segment(const char* begin, char* segment, char*& at, bool& resolved) {
  const std::string_view text{segment, static_cast<std::size_t>(at - segment)};
  if (text.starts_with(".;") || text.starts_with("..;")) return PathError::dot_parameter;
  resolved = text == "." || text == "..";
  if (text == ".") at = segment;
  if (text != "..") return PathError::none;
  if (segment - begin == 1) return PathError::above_root;
  at = segment - 1;
  while (at[-1] != '/') --at;
  return PathError::none;
}

PathResult rewrite(std::string_view raw, char* place) {
  char* at = place;
  *at++ = '/';
  raw.remove_prefix(1);
  while (true) {
    char* const segment = at;
    while (!raw.empty() && raw.front() != '/') {
      if (const PathError error = put_unit(raw, at); error != PathError::none) return {{}, error};
    }
    bool resolved = false;
    const PathError error = close_segment(place, segment, at, resolved);
    if (error != PathError::none) return {{}, error};
    if (raw.empty()) break;
    raw.remove_prefix(1);
    if (!resolved) *at++ = '/';  // a resolved one ended at a "/" already
  }
  return {{place, static_cast<std::size_t>(at - place)}};
}

std::string_view encode(std::string_view text, Arena& arena, bool keep_escapes) {
  const auto stays = [&](std::size_t i) {
    if (is_unreserved(text[i])) return true;
    return keep_escapes && text[i] == '%' && escaped_byte(text.substr(i)) >= 0;
  };
  std::size_t to_escape = 0;
  for (std::size_t i = 0; i < text.size(); ++i) to_escape += stays(i) ? 0 : 1;
  if (to_escape == 0) return text.data() == nullptr ? std::string_view{""} : text;
  char* const place = arena.take(text.size() + 2 * to_escape);
  if (place == nullptr) return {};
  char* at = place;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (stays(i)) {
      *at++ = text[i];
    } else {
      at = put_escape(at, text[i]);
    }
  }
  return {place, static_cast<std::size_t>(at - place)};
}

}  // namespace

std::string_view to_text(PathError error) {
  switch (error) {
    case PathError::none:
      return "none";
    case PathError::not_absolute:
      return "a path that does not begin with /";
    case PathError::bad_escape:
      return "a % without two hex digits";
    case PathError::forbidden_byte:
      return "a byte that no path holds";
    case PathError::above_root:
      return "a .. above the root";
    case PathError::dot_parameter:
      return "a dot segment with parameters";
    case PathError::arena_full:
      return "a path too long to be rewritten";
  }
  return "unknown";
}

PathResult canonical_path(std::string_view raw_path, Arena& arena) {
  if (!raw_path.starts_with('/')) return {{}, PathError::not_absolute};
  const Look look = look_at(raw_path);
  if (look.canonical) return {raw_path, PathError::none, look.has_encoded_slash};
  char* const place = arena.take(raw_path.size() + 2 * look.to_escape);
  if (place == nullptr) return {{}, PathError::arena_full};
  PathResult result = rewrite(raw_path, place);
  // A segment that was resolved away takes its slash along, so what is left decides.
  result.has_encoded_slash = result.path.find("%2F") != std::string_view::npos;
  return result;
}

std::string_view encode_segment(std::string_view text, Arena& arena) {
  return encode(text, arena, false);
}

std::string_view encode_captured(std::string_view piece, Arena& arena) {
  return encode(piece, arena, true);
}

bool is_dot_segment(std::string_view segment) {
  std::size_t dots = 0;
  while (!segment.empty()) {
    const bool bare = segment.front() == '.';
    if (!bare && escaped_byte(segment) != '.') return false;
    segment.remove_prefix(bare ? 1 : 3);
    ++dots;
  }
  return dots == 1 || dots == 2;
}

}  // namespace gatehouse
