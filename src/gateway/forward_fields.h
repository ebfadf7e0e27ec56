// gateway/forward_fields: which fields of a request an upstream gets to see, and what is added.
//
// Deleted   what only the gate may say (X-Forwarded-*, X-Real-IP, Forwarded, X-Request-Id), whether
//           or not it is set this time; from a trusted proxy X-Request-Id alone, and the lists are
//           continued. Always: a known field spelled with underscores, which some backends read
//           as the same.
// Added     X-Forwarded-For, -Proto, -Host and Forwarded; X-Request-Id; Via; traceparent (W3C Trace
//           Context: a valid one keeps its trace, with a span of ours).
#pragma once

#include "gateway/exchange.h"

namespace gatehouse {

// Fills `out` from the exchange's request, hop-by-hop fields already gone; false: the arena is
// full.
[[nodiscard]] bool forward_fields(Exchange& exchange, FieldList& out);

}  // namespace gatehouse
