// gateway/explain: what would become of a request, as far as that can be told without sending it.
//
// Place    `gatehouse explain request`; nothing of the request path. Each kind of policy may say
//          what it foresees (Plan in policies.cpp calls `P::foresee`).
// Reads    a snapshot and a request's head. What only a running gate knows (verdicts, limits that
//          were spent, health of targets) is left out, and said to be.
// Waits    for nothing, sends nothing, runs no slow hash.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/foresight.h"
#include "gateway/snapshot.h"

namespace gatehouse {

struct ExplainedPolicy {
  std::string name;
  std::string kind;
  Phase phase = Phase::route;
  Foresight foresight;
  bool reached = true;  // no policy before it refuses for certain
};

struct Explanation {
  std::string host;
  std::string path;                  // canonical
  std::optional<GateError> refusal;  // before any policy is asked
  std::string why;                   // of the refusal
  std::vector<std::string> near;     // routes or hosts that may have been meant
  std::string api, route, pattern;   // of the route that was found
  std::vector<std::pair<std::string, std::string>> captures;
  std::vector<ExplainedPolicy> policies;
  std::string upstream;  // empty: the gate answers by itself
  std::string target;    // path and query that the upstream is asked for
  std::string authority;
  std::uint32_t mock_status = 0;
  bool is_decoy = false;
};

// `request` is as it came: method, target, authority and fields.
Explanation explain(const Snapshot& snapshot, RequestHead& request, std::string_view from);

std::string_view to_text(Phase phase);

}  // namespace gatehouse
