// http/http1_head_fuzz: any bytes, cut anywhere.
//
// Input       the first byte decides: even a request, odd a response, and of which method; what
//             follows is what a peer sends, head and chunked body.
// Strategy    scan it whole and in pieces cut where its own bytes say; read the head and the body
//             with our readers and with their slow twin; write an accepted head and read that.
// Invariants  never crashes or reads past the end; both ways find the same end or the same error;
//             the twin accepts the same and reads the same; a head that was written is read back
//             the same, and never has more fields than it had.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "http/http1_write.h"
#include "testing/http1_agreement.h"

namespace gatehouse::testing {
namespace {

void demand(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

void demand_agreement(const std::string& difference) { demand(difference.empty(), difference); }

HeadScanner::Found scan_in_pieces(std::string_view bytes, HeadKind kind) {
  HeadScanner scanner(kind);
  HeadScanner::Found found;
  for (std::size_t size = 0;
       size != bytes.size() && found.state == HeadScanner::State::need_more;) {
    const std::size_t piece = 1 + static_cast<std::uint8_t>(bytes[size]) % 16;
    size += std::min(piece, bytes.size() - size);
    // A copy of just this much, so that a sanitizer sees a look beyond it.
    found = scanner.scan(std::string(bytes.substr(0, size)));
  }
  return found;
}

void check_request(std::string_view text) {
  demand_agreement(request_difference(text));
  Arena arena;
  RequestHead head(arena);
  if (parse_request_head(text, {}, head) != HeadError::none || head.authority.empty()) return;
  remove_hop_by_hop(head.fields);
  const std::string written(write_request_head(head, head.framing, head.content_length, arena, 0));
  demand(!written.empty(), "an accepted request can be written");
  RequestHead again(arena);
  const HeadLimits limits{.head_bytes_max = 64 * 1024, .fields_max = 200};
  demand(parse_request_head(written, limits, again) == HeadError::none, "and read again");
  demand(again.target == head.target && again.authority == head.authority, "with the same target");
  demand(again.fields.size() <= head.fields.size() + 5, "and no field more than its own lines");
}

void check_response(std::string_view text, std::string_view method) {
  demand_agreement(response_difference(text, method));
  Arena arena;
  ResponseHead head(arena);
  if (parse_response_head(text, {}, method_of(method), head) != HeadError::none) return;
  remove_hop_by_hop(head.fields);
  const ResponseWriteOptions options{.no_content = head.framing == Framing::none,
                                     .answers_head = method == "HEAD"};
  const std::string written(
      write_response_head(head, head.framing, head.content_length, options, arena, 0));
  ResponseHead again(arena);
  const HeadLimits limits{.head_bytes_max = 64 * 1024, .fields_max = 200};
  const HeadError error = parse_response_head(written, limits, method_of(method), again);
  demand(error == HeadError::none, "an accepted response can be written and read again");
  demand(again.status == head.status && again.framing == head.framing, "with the same framing");
}

void check(std::uint8_t choice, std::string_view bytes) {
  const bool request = choice % 2 == 0;
  const char* const method = choice % 8 == 3 ? "HEAD" : choice % 8 == 5 ? "CONNECT" : "GET";
  const HeadKind kind = request ? HeadKind::request : HeadKind::response;

  HeadScanner scanner(kind);
  const HeadScanner::Found found = scanner.scan(bytes);
  const HeadScanner::Found pieces = scan_in_pieces(bytes, kind);
  demand(found.state == pieces.state && found.error == pieces.error && found.end == pieces.end,
         "a head ends at the same place however it arrives");
  std::string_view head = bytes;
  if (found.state == HeadScanner::State::complete) {
    head = bytes.substr(found.begin, found.end - found.begin);
    const std::string_view rest = bytes.substr(found.end);
    demand_agreement(body_difference(rest, rest.size() + 1));
    demand_agreement(body_difference(rest, 1 + choice % 5));
  }
  if (request) {
    check_request(head);
  } else {
    check_response(head, method);
  }
}

}  // namespace
}  // namespace gatehouse::testing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // A copy, so that a sanitizer sees a look beyond it.
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  gatehouse::testing::check(data[0], bytes);
  return 0;
}
