#include "app/command_line.h"

#include <CLI/CLI.hpp>

#include "app/house.h"

namespace gatehouse {

int run_command_line(int argc, char** argv) {
  CLI::App app{"A gateway that knows who is at the door.", "gatehouse"};
  app.require_subcommand(1);
  CLI::App* const run = app.add_subcommand("run", "start the gate");
  std::string file;
  run->add_option("FILE", file, "the config")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  House house([&] { return load_config(file); });
  return house.run();
}

}  // namespace gatehouse
