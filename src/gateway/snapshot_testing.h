// gateway/snapshot_testing: the snapshot of a config that a test writes down, read from a file as a
// person's is.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "config/load.h"
#include "gateway/snapshot.h"

namespace gatehouse::testing {

struct BuiltSnapshot {
  std::shared_ptr<const Snapshot> snapshot;  // null: refused
  std::string report;                        // what was found
};

// `text` is what follows the line `gatehouse: 1`.
inline BuiltSnapshot built_snapshot(std::string_view text) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("snapshot_of_" + std::to_string(::getpid()) + ".yaml");
  std::ofstream(path) << "gatehouse: 1\n" << text;
  ConfigLoad loaded = load_config(path.string());
  std::filesystem::remove(path);
  BuiltSnapshot built;
  if (loaded.config) {
    built.snapshot =
        build_snapshot(*std::move(loaded.config), TicketKeys::random(), loaded.diagnostics);
  }
  built.report = loaded.diagnostics.text();
  return built;
}

}  // namespace gatehouse::testing
