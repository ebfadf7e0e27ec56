// http/path: the one canonical form of a request's path, computed once, seen by everybody.
//
// Place    the exchange computes it from RequestHead::raw_path; routes, conditions, policies,
//          events and the upstream see nothing else. Not applied twice, though twice changes
// nothing.
// Form     RFC 3986 §6.2.2: escapes of unreserved characters decoded, other escapes with upper-case
//          digits, dot segments resolved, also where a dot came as %2E. A visible byte that may not
//          stand bare in a path ("{", "|" …) becomes an escape. Empty segments stay: "/a//b" is not
//          "/a/b". "%2F" stays and is told of; only a route can say whether it may pass.
// Errors   one PathError, each a 400.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/arena.h"

namespace gatehouse {

enum class PathError : std::uint8_t {
  none,
  not_absolute,    // does not begin with "/"
  bad_escape,      // "%" without two hex digits
  forbidden_byte,  // a control, "\", bare or escaped; or bare: non-ASCII, space, " # < > ?
  above_root,      // more ".." than segments before it
  dot_parameter,   // "..;x" or ".;x", which some servers resolve and others do not
  arena_full,
};

std::string_view to_text(PathError error);

struct PathResult {
  std::string_view path;  // the input itself where it is canonical, else in the arena
  PathError error = PathError::none;
  bool has_encoded_slash = false;
};

PathResult canonical_path(std::string_view raw_path, Arena& arena);

// Text from anywhere (a claim, a field, a decoded value) as part of one segment of a path, or of
// one value of a query: every byte but unreserved ones becomes an escape, so that it cannot end
// either. data() is nullptr when the arena is full.
std::string_view encode_segment(std::string_view text, Arena& arena);

// The same for a piece of a canonical path, whose escapes already are escapes: they stay.
std::string_view encode_captured(std::string_view piece, Arena& arena);

// "." and "..", each dot bare or as "%2E": no encoding keeps a server from resolving them. Who puts
// a path together from pieces refuses a segment that came out as one.
bool is_dot_segment(std::string_view segment);

}  // namespace gatehouse
