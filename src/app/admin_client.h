// app/admin_client: asks the running gate through its Unix socket.
//
// `content` is JSON, or empty.
// One request on one connection, with a time-out; blocks, which is what a command is for.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "app/exit_code.h"

namespace gatehouse {

struct AdminReply {
  int status = 0;
  std::string next;  // the field Gatehouse-Next: where the next page begins
  std::string body;
};

struct AskFailure {
  ExitCode exit_code = kExitUnreachable;
  std::string what;
  std::string help;
};

[[nodiscard]] std::expected<AdminReply, AskFailure> ask_admin(const std::string& socket,
                                                              std::string_view method,
                                                              std::string_view target,
                                                              std::string_view content = {});

}  // namespace gatehouse
