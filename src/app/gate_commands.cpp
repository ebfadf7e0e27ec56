#include "app/gate_commands.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/admin_client.h"
#include "app/detector_files.h"
#include "app/house.h"
#include "app/log.h"
#include "app/terminal.h"
#include "config/diagnostics_json.h"
#include "config/load.h"
#include "gateway/snapshot.h"

namespace gatehouse {
namespace {

using Json = nlohmann::ordered_json;

// A folder that goes with its owner.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::error_code error;
    path_ = (std::filesystem::temp_directory_path(error) / "gatehouse-XXXXXX").string();
    if (error || ::mkdtemp(path_.data()) == nullptr) path_.clear();
  }
  ~TemporaryFolder() {
    std::error_code error;
    if (!path_.empty()) std::filesystem::remove_all(path_, error);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }  // empty: could not be made

 private:
  std::string path_;
};

int run_flags_in(const std::string& from, const std::string& to, const std::string& folder) {
  House house([&] {
    ConfigLoad loaded;
    auto config = config_from_flags(from, to);
    if (config) {
      config->store.path.path = folder;
      config->admin.socket.path = folder + "/gatehouse.sock";
      loaded.config = *std::move(config);
    } else {
      loaded.diagnostics.error(std::move(config).error());
    }
    return loaded;
  });
  return house.run();
}

int complain(const AskFailure& failure) {
  return complain(failure.exit_code, failure.what, failure.help);
}

// The answer's JSON, or nothing after a complaint that sets `exit_code`.
Json ask_json(const GatePlace& place, std::string_view target, int& exit_code) {
  const auto reply = ask_admin(place.socket_path(), "GET", target);
  if (!reply) {
    exit_code = complain(reply.error());
    return Json();
  }
  Json json = Json::parse(reply->body, nullptr, false);
  if (reply->status == 200 && json.is_object()) return json;
  exit_code = complain(kExitFailure, fmt::format("the gate answered {}", reply->status), "");
  return Json();
}

std::string word(const Json& json, const char* pointer) {
  const Json::json_pointer place(pointer);
  if (!json.contains(place)) return "-";
  const Json& value = json.at(place);
  return printable(value.is_string() ? value.get<std::string>() : value.dump());
}

int finish(bool printed) {
  return printed && flush_out() ? kExitOk
                                : complain(kExitFailure, "the output could not be written");
}

}  // namespace

int run_gate(const std::string& file) {
  House house([&] { return load_config(file); });
  return house.run();
}

int run_gate_from_flags(const std::string& from, const std::string& to, const std::string& data) {
  if (!data.empty()) return run_flags_in(from, to, data);
  const TemporaryFolder folder;
  if (folder.path().empty()) {
    return complain(kExitFailure, "no temporary folder could be made", "name one with `--data`");
  }
  log_line("events are kept in " + folder.path() + " until the gate ends; `--data` keeps them");
  return run_flags_in(from, to, folder.path());
}

int check_config(const std::string& file, CheckOutput output) {
  ConfigLoad loaded = load_config(file);
  const WholeConfig whole = build_whole(loaded, TicketKeys::random());
  const auto& snapshot = whole.snapshot;
  const Diagnostics& found = loaded.diagnostics;
  bool printed = true;
  switch (output) {
    case CheckOutput::text:
      fmt::print(stderr, "{}", found.text("it would not be taken"));
      if (snapshot != nullptr) {
        printed = print_out(fmt::format("{} is valid: {} routes, {} listeners, revision {}\n", file,
                                        snapshot->routes().size(), snapshot->listeners().size(),
                                        snapshot->config().revision));
      }
      break;
    case CheckOutput::json:
      printed = print_out(diagnostics_json(found) + '\n');
      break;
    case CheckOutput::sarif:
      printed = print_out(diagnostics_sarif(found) + '\n');
      break;
  }
  const int written = finish(printed);
  return snapshot == nullptr ? static_cast<int>(kExitConfigInvalid) : written;
}

int write_starter(const std::string& file) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0 && errno == EEXIST) {
    return complain(kExitConflict, fmt::format("`{}` is already there", file),
                    "name another: `gatehouse init other.yaml`");
  }
  if (fd < 0) {
    const ExitCode code = errno == EACCES ? kExitNotPermitted : kExitFailure;
    return complain(code, fmt::format("`{}` can't be written: {}", file, std::strerror(errno)));
  }
  const std::string_view text = starter_config();
  const bool whole = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(fd);
  if (!whole) {
    ::unlink(file.c_str());
    return complain(kExitFailure, fmt::format("`{}` could not be written whole", file));
  }
  fmt::print(stderr, "wrote {0}; change it, then: gatehouse check {0} && gatehouse run {0}\n",
             file);
  return kExitOk;
}

int reload_gate(const GatePlace& place) {
  const auto reply = ask_admin(place.socket_path(), "POST", "/reload");
  if (!reply) return complain(reply.error());
  const Json json = Json::parse(reply->body, nullptr, false);
  if (!json.is_object() || !json.contains("report")) {
    return complain(kExitFailure, fmt::format("the gate answered {}", reply->status));
  }
  const std::string report = json.value("report", "");
  if (json.value("taken", false)) return finish(print_out("reloaded: " + report + '\n'));
  fmt::print(stderr, "{}{}", report, report.ends_with('\n') ? "" : "\n");
  return kExitConfigInvalid;
}

int show_status(const GatePlace& place, bool as_json) {
  int exit_code = kExitOk;
  const Json json = ask_json(place, "/status", exit_code);
  if (exit_code != kExitOk) return exit_code;
  if (as_json) return finish(print_out(json.dump(2) + '\n'));
  constexpr std::pair<const char*, const char*> kRows[] = {
      {"ready", "/ready"},
      {"version", "/version"},
      {"revision", "/revision"},
      {"started", "/started_at"},
      {"last reload", "/reload/last"},
      {"folder", "/folder"},
      {"workers", "/workers"},
      {"connections", "/connections"},
      {"routes", "/routes"},
      {"behavior", "/behavior/mode"},
      {"verdicts", "/behavior/verdicts"},
      {"events", "/events/last_sequence"},
      {"events dropped", "/events/dropped"},
      {"journal failing", "/events/journal_failing"},
  };
  std::string out;
  for (const auto& [name, pointer] : kRows) {
    out += fmt::format("{:<16} {}\n", name, word(json, pointer));
  }
  for (const Json& address : json.value("listeners", Json::array())) {
    out += fmt::format("{:<16} {}\n", "listening on", word(address, ""));
  }
  return finish(print_out(out));
}

}  // namespace gatehouse
