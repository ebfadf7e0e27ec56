// config/diagnostics_json: diagnostics for machines: `check -o json` and `check -o sarif`.
//
// JSON     an array of {code, severity, what, help, label, file, line, column, length, during}.
// SARIF    version 2.1.0 with one run, the rules being the codes that occur.
#pragma once

#include <string>

#include "base/diagnostics.h"

namespace gatehouse {

std::string diagnostics_json(const Diagnostics& diagnostics);
std::string diagnostics_sarif(const Diagnostics& diagnostics);

}  // namespace gatehouse
