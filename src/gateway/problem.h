// gateway/problem: the body of an answer that the gate makes by itself (RFC 9457).
//
// Place   made from a row of gate_error and the exchange's facts, into its arena. Nothing of the
//         request but what the caller puts into `detail` and `instance` stands in it.
// Full    when the arena is: the result is empty and the answer goes out without a body.
#pragma once

#include <string_view>

#include "base/arena.h"
#include "gateway/gate_error.h"

namespace gatehouse {

constexpr std::string_view kProblemContentType = "application/problem+json";

struct Problem {
  GateError error = GateError::internal_error;
  std::string_view request_id;
  std::string_view detail = {};    // what was wrong this time; left out when empty
  std::string_view instance = {};  // the canonical path; left out when empty
  std::uint16_t status = 0;        // in place of the error's own; 0: that
};

// {"type":"urn:gatehouse:error:CODE","title":…,"status":…,"detail":…,"instance":…,"code":…,
//  "request_id":…,"retry":"no"|"yes"|"if_idempotent"}
std::string_view problem_json(const Problem& problem, Arena& arena);

}  // namespace gatehouse
