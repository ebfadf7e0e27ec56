// app/records_commands: what people decide and are allowed, asked of the running gate through its
// socket: verdicts by hand, tokens, audit.
//
// Each gives the exit code and has already said what there is to say. JSON is that of the API.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/gate_commands.h"

namespace gatehouse {

struct VerdictWords {
  std::string subject, level, length, until, reason;
};
struct TokenWords {
  std::string name, length;
  std::vector<std::string> scopes;
  std::uint64_t id = 0;
};

int list_verdicts(const GatePlace& place, bool as_json);
int set_verdict_by_hand(const GatePlace& place, const VerdictWords& words, bool as_json);
int clear_verdict_by_hand(const GatePlace& place, const VerdictWords& words, bool as_json);
int list_api_tokens(const GatePlace& place, bool as_json);
// The secret is all that goes to standard output, unless JSON is asked for.
int create_api_token(const GatePlace& place, const TokenWords& words, bool as_json);
int revoke_api_token(const GatePlace& place, const TokenWords& words, bool as_json);
// The newest, at most `limit`.
int list_audit_rows(const GatePlace& place, std::uint64_t limit, bool as_json);

}  // namespace gatehouse
