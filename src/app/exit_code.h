// app/exit_code: what the program tells the shell; scripts rely on these numbers.
#pragma once

namespace gatehouse {

enum ExitCode : int {
  kExitOk = 0,
  kExitFailure = 1,
  kExitUsage = 2,
  kExitConfigInvalid = 3,
  kExitNotPermitted = 4,
  kExitNotFound = 5,
  kExitConflict = 6,
  kExitUnreachable = 7,
  kExitInterrupted = 130,
};

}  // namespace gatehouse
