// admin/api_call: one call of the admin API on the records' thread: who asks, whether he may, what
// comes of it, and the audit, in one transaction.
//
// Errors   as problems: E0901 no token that stands, E0902 without the scope, E0811 nothing can be
//          kept, and whatever the handler says. A change whose audit can't be kept is not made.
#pragma once

#include <cstdint>
#include <string>

#include "admin/api_operations.h"

namespace gatehouse {

struct ApiBegun {
  ApiOutcome outcome = {};
  std::int64_t audit = 0;   // the row that waits for the answer's status; 0: none does
  bool is_unknown = false;  // the token that was shown is nobody's
};

struct ApiAsked {
  const ApiOperation& operation;
  const ApiRequest& request;
  ApiCaller caller = {};    // over TCP: only where from
  std::string secret = {};  // of the token that was shown, or empty
};

ApiBegun begin_call(ApiAsked asked, RecordTables& tables, AdminView& view);

// The parameters of a query, decoded; an error for one that the operation hasn't or that stands
// twice.
[[nodiscard]] Result<std::map<std::string, std::string>> read_parameters(
    std::string_view query, std::span<const ApiParameter> known);
std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace gatehouse
