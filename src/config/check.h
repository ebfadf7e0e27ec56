// config/check: what no part of a config can know alone: names that refer, doubles, files.
//
// Errors   E04xx for references and doubles, E05xx for files; warnings for what is allowed and
//          seldom meant.
#pragma once

#include "base/diagnostics.h"
#include "config/gate_config.h"
#include "config/surroundings.h"

namespace gatehouse {

void check_config(const GateConfig& config, const Surroundings& surroundings,
                  Diagnostics& diagnostics);

}  // namespace gatehouse
