// app/command_line: what the program can be asked, in words.
#pragma once

namespace gatehouse {

// The exit code: 0 ok, 1 failure, 2 usage, 3 config invalid, 7 unreachable.
int run_command_line(int argc, char** argv);

}  // namespace gatehouse
