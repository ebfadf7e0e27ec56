// admin/admin_view: what the admin server may ask of the running program.
//
// Place    app implements it. Everything but reload() answers at once, from any thread, and never
//          waits for a worker.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "store/store.h"
#include "verdicts/verdict.h"

namespace gatehouse {

struct ReloadReport {
  bool taken = false;
  std::string report;  // the diagnostics, or what is now in force
};

struct GateStatus {
  bool ready = false;
  std::string version;
  std::string revision;     // of the config in force
  std::string last_reload;  // "none yet", "taken", or why the last one was not
  std::uint64_t reloads_taken = 0;
  std::uint64_t reloads_refused = 0;
  std::vector<std::string> addresses;
  std::string folder;  // of everything that the gate writes
  std::uint64_t workers = 0;
  std::uint64_t connections = 0;
  std::uint64_t routes = 0;
  std::uint64_t verdicts = 0;
  std::uint64_t events_dropped = 0;
  std::uint64_t last_sequence = 0;
  bool journal_failing = false;
  bool history_kept = false;  // else the config has switched it off
  bool history_open = false;
  std::uint64_t history_sequence = 0;
  std::string history_fault;
  bool enforces = false;
  std::int64_t started_us = 0;
  std::int64_t now_us = 0;
};

class AdminView {
 public:
  virtual bool ready() const = 0;
  virtual GateStatus status() const = 0;
  virtual std::string metrics() const = 0;
  virtual std::vector<Verdict> verdicts() const = 0;
  // Asks the event history. `done` is called exactly once, on any thread; the number is for
  // cancel_history().
  virtual std::uint64_t ask_history(HistoryQuery query, Store::Done done) = 0;
  virtual void cancel_history(std::uint64_t id) = 0;
  virtual std::chrono::milliseconds history_time() const = 0;  // that a question may take
  // `done` is called exactly once, on any thread, also when the program ends before its turn.
  virtual void reload(std::move_only_function<void(ReloadReport)> done) = 0;

 protected:
  ~AdminView() = default;
};

}  // namespace gatehouse
