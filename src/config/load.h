// config/load: from a path to a GateConfig, or to everything that is wrong with it.
//
// Place    `check`, `run` and every reload. parse → include → fill in → read → check; nothing is
//          started and nothing is written.
// Errors   all of them in one run. Warnings come with a config that holds.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/diagnostics.h"
#include "base/error.h"
#include "config/gate_config.h"
#include "config/surroundings.h"

namespace gatehouse {

struct ConfigLoad {
  std::optional<GateConfig> config;  // there exactly when the diagnostics hold no error
  Diagnostics diagnostics;
};

ConfigLoad load_config(const std::string& path, const Surroundings& surroundings);
ConfigLoad load_config(const std::string& path);  // of this machine

// The config of `gatehouse run --from :8080 --to http://127.0.0.1:3000`: one listener, one
// upstream, one route for everything.
[[nodiscard]] Result<GateConfig> config_from_flags(std::string_view from, std::string_view to);

// The text that `gatehouse init` writes: commented, and passes check.
std::string_view starter_config();

}  // namespace gatehouse
