// http/path_fuzz: any bytes as a path, and as a value put into one.
//
// Invariants  never crashes or reads past the end; a canonical path is its own canonical form and
//             is not copied; it holds no dot segment, no byte that a request target may not hold
//             and no escape of an unreserved character; an encoded value adds no segment and no
//             query.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "http/path.h"

namespace gatehouse {
namespace {

void demand(bool holds, std::string_view path) {
  if (holds) return;
  std::fprintf(stderr, "does not hold for: %.*s\n", static_cast<int>(path.size()), path.data());
  std::abort();
}

void check_segments(std::string_view path) {
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at + 1), path.size());
    demand(!is_dot_segment(path.substr(at + 1, end - at - 1)), path);
    at = end;
  }
}

void check_path(std::string_view raw) {
  Arena arena;
  const PathResult once = canonical_path(raw, arena);
  if (once.error != PathError::none) return;
  demand(once.path.starts_with('/'), raw);
  demand(once.path.find_first_of("\\?#\"<> {}|^`") == std::string_view::npos, raw);
  for (const char c : once.path) demand(c > ' ' && c < '\x7f', raw);
  check_segments(once.path);
  demand(once.has_encoded_slash == (once.path.find("%2F") != std::string_view::npos), raw);
  const PathResult twice = canonical_path(once.path, arena);
  demand(twice.error == PathError::none && twice.path.data() == once.path.data(), raw);
  demand(twice.path == once.path && twice.has_encoded_slash == once.has_encoded_slash, raw);
}

void check_value(std::string_view value) {
  Arena arena;
  for (const std::string_view encoded :
       {encode_segment(value, arena), encode_captured(value, arena)}) {
    demand(encoded.data() != nullptr, value);
    demand(encoded.find_first_of("/?#&=;+\\\r\n ") == std::string_view::npos, value);
    demand(encode_captured(encoded, arena) == encoded, value);
  }
}

}  // namespace
}  // namespace gatehouse

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  gatehouse::check_path(bytes);
  gatehouse::check_path("/" + bytes);
  gatehouse::check_value(bytes);
  return 0;
}
