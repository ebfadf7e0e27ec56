// app/terminal: how commands speak: data on standard output, everything else on standard error.
#pragma once

#include <string>
#include <string_view>

#include "app/exit_code.h"

namespace gatehouse {

// `error: what`, and `= help: help` if there is one; gives the code back.
ExitCode complain(ExitCode code, std::string_view what, std::string_view help = {});
// Data. False when nobody takes it any more (a pipe that closed, a full disk).
bool print_out(std::string_view text);
bool flush_out();
// The text with control characters replaced, so that a foreign value can't drive the terminal.
std::string printable(std::string_view text);

}  // namespace gatehouse
