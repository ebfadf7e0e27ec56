// app/log: the program's own log: a line each, with a time, to standard error.
#pragma once

#include <string_view>

namespace gatehouse {

// Any thread; never on the request path.
void log_line(std::string_view text);

}  // namespace gatehouse
