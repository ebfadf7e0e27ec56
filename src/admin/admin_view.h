// admin/admin_view: what the admin server may ask of the running program.
//
// Place    app implements it. Everything but reload() answers at once, from any thread, and never
//          waits for a worker.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/stable_hash.h"
#include "behavior/engine.h"
#include "events/sequencer.h"
#include "store/records.h"
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

// What /v1 has answered; for metrics.
struct AdminApiCounts {
  std::atomic<std::uint64_t> answered{0};  // with a status below 400
  std::atomic<std::uint64_t> refused{0};   // 4xx
  std::atomic<std::uint64_t> failed{0};    // 5xx
  std::atomic<std::uint64_t> tokens_refused{0};
};

// A verdict that a person sets, or clears.
struct HandOrder {
  VerdictSubject subject = {};
  std::string name = {};   // the subject in words
  std::string level = {};  // or "clear"
  std::int64_t until_us = 0;
  std::string reason = {};
  std::string by = {};
};

class AdminView {
 public:
  virtual bool ready() const = 0;
  virtual GateStatus status() const = 0;
  virtual std::string metrics() const = 0;
  virtual std::vector<Verdict> verdicts() const = 0;
  virtual std::optional<Verdict> verdict(const VerdictSubject& subject) const = 0;
  virtual const HashKey& key() const = 0;
  virtual AdminApiCounts& api_counts() = 0;
  // The job is run on the records' thread; false: there is no room, or it is ending.
  virtual bool ask_records(Records::Job job) = 0;
  // Asked on the engine's thread; false: too many wait.
  virtual bool ask_engine(Engine::Question question) = 0;
  // Makes the journal record from which the rest follows. False: there is no room for one.
  virtual bool order_verdict(const HandOrder& order, Sequencer::Written written) = 0;
  // Whether what the record with that number changed has reached every worker. `change` is the
  // caller's to keep between two calls.
  virtual bool in_force(std::uint64_t sequence, std::optional<std::uint64_t>& change) const = 0;
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
