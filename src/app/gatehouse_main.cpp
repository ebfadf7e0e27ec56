// The program: hands its words to the command line and its answer to the shell.
#include "app/command_line.h"

int main(int argc, char** argv) { return gatehouse::run_command_line(argc, argv); }
