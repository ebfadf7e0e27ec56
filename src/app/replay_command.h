// app/replay_command: reads journals again and prints what becomes of them.
//
// Place    asks no gate and changes nothing: the same files under the same key print the same.
#pragma once

#include <string>
#include <vector>

#include "app/gate_commands.h"

namespace gatehouse {

struct ReplayWords {
  std::vector<std::string> paths;  // folders and files; none: the data folder's journal
  std::string key_file;            // empty: the data folder's
  bool lists_changes = false;
};

int print_replay(const ReplayWords& words, const GatePlace& place, bool as_json);

}  // namespace gatehouse
