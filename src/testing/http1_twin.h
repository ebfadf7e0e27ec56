// testing/http1_twin: HTTP/1.1 heads and chunked bodies read slowly, from the RFC's sentences.
//
// Place    tests and fuzzers compare http/http1_head and http/http1_body with it. It shares no
//          line, table or type with them, so that both are hardly ever wrong in the same way.
// Reading  split into lines, then match each against its rule; strings are copied at will.
// Errors   none are told apart: a message is accepted or it isn't.
//
// Where we are stricter than RFC 9112 (see http1_head), the twin is too, one commented rule each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::testing {

using TwinFields = std::vector<std::pair<std::string, std::string>>;

struct TwinLimits {
  std::size_t head_bytes_max = 32 * 1024;
  std::size_t fields_max = 100;
  std::size_t uri_bytes_max = 8 * 1024;
};

struct TwinHead {
  bool accepted = false;
  std::string method;
  std::string target;
  std::string path;
  std::string query;
  bool has_query = false;
  std::string authority;
  int minor_version = 1;
  int status = 0;
  std::string reason;
  std::string framing;  // "none", "length", "chunked", "until_close", "tunnel"
  std::uint64_t content_length = 0;
  bool keep_alive = false;
  bool expect_continue = false;
  std::string upgrade;
  TwinFields fields;
};

// `head` from the start line past the empty line.
TwinHead twin_request(std::string_view head, const TwinLimits& limits = {});
TwinHead twin_response(std::string_view head, std::string_view method,
                       const TwinLimits& limits = {});

enum class TwinEnd { missing, reached, malformed };

struct TwinBody {
  TwinEnd end = TwinEnd::missing;
  std::string content;    // where malformed: not to be compared
  std::size_t bytes = 0;  // up to the end, where it was reached
  TwinFields trailers;    // all of them
};

// As much of a chunked body as `bytes` has. Malformed only where more bytes could not mend it.
TwinBody twin_chunked(std::string_view bytes, const TwinLimits& limits = {});

}  // namespace gatehouse::testing
