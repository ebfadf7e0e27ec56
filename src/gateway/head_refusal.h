// gateway/head_refusal: which answer a head deserves that could not be read.
#pragma once

#include "gateway/gate_error.h"
#include "http/http1_head.h"

namespace gatehouse {

// REQUIRES: error != HeadError::none.
GateError refusal_of(HeadError error);

}  // namespace gatehouse
