// gateway/backend: what answers a request once every policy has let it pass.
//
// A backend is immutable, belongs to a snapshot and is shared by all workers; what it needs of a
// worker (its pools) it reaches through the exchange. serve() ends when a whole answer is with the
// client's stream, or it was aborted.
#pragma once

#include "base/task.h"

namespace gatehouse {

class Exchange;

class Backend {
 public:
  virtual ~Backend() = default;
  virtual Task<void> serve(Exchange& exchange) const = 0;
};

}  // namespace gatehouse
