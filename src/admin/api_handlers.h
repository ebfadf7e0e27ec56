// admin/api_handlers: what each operation of the admin API does; api_operations is their table.
//
// Each runs on the records' thread, inside a transaction that is committed if its answer is a
// success. None waits: what takes time is handed back in the outcome.
#pragma once

#include "admin/api_operations.h"

namespace gatehouse {

ApiOutcome get_status(const ApiCall& call);
ApiOutcome list_events(const ApiCall& call);
ApiOutcome list_notable(const ApiCall& call);
ApiOutcome get_why(const ApiCall& call);
ApiOutcome list_verdicts(const ApiCall& call);
ApiOutcome get_verdict(const ApiCall& call);
ApiOutcome set_verdict(const ApiCall& call);
ApiOutcome clear_verdict(const ApiCall& call);
ApiOutcome list_verdicts_by_hand(const ApiCall& call);
ApiOutcome reload_config(const ApiCall& call);
ApiOutcome list_tokens(const ApiCall& call);
ApiOutcome create_token(const ApiCall& call);
ApiOutcome get_token(const ApiCall& call);
ApiOutcome revoke_token(const ApiCall& call);
ApiOutcome list_audit(const ApiCall& call);

// An answer's JSON for an error of ours; the status follows from its code.
AdminAnswer api_problem(const Error& error);

// The answer to an order that every worker has, or (false) is not yet known to have; `enforces`:
// the config's mode does more than record.
AdminAnswer order_answer(const HandOrder& order, bool in_force, bool enforces);

}  // namespace gatehouse
