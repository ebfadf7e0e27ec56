// app/command_line: what the program can be asked, in words.
//
// Place    the only room that knows CLI11. A command's words are read here; what it does stands in
//          gate_commands, journal_commands and help_pages.
// Errors   of usage: what is wrong, the nearest known word, exit code 2.
#pragma once

namespace gatehouse {

// Gives the exit code (app/exit_code).
int run_command_line(int argc, char** argv);

}  // namespace gatehouse
