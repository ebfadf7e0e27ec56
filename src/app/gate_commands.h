// app/gate_commands: the commands that start, check and ask a gate.
//
// Each gives the exit code and has already said what there is to say.
#pragma once

#include <string>

#include "app/exit_code.h"

namespace gatehouse {

// Where the running gate is asked: its socket, or the folder that holds it.
struct GatePlace {
  std::string data = "data";
  std::string socket;

  std::string socket_path() const { return socket.empty() ? data + "/gatehouse.sock" : socket; }
  std::string journal() const { return data + "/journal"; }
};

int run_gate(const std::string& file);
// Without a file: one listener, one upstream. `data` empty: a temporary folder that goes when the
// gate ends.
int run_gate_from_flags(const std::string& from, const std::string& to, const std::string& data);

enum class CheckOutput { text, json, sarif };
int check_config(const std::string& file, CheckOutput output);
int write_starter(const std::string& file);

int reload_gate(const GatePlace& place);
int show_status(const GatePlace& place, bool as_json);

}  // namespace gatehouse
