// app/house: who owns what while the gate runs, in which order it starts and stops, and what a
// reload does.
//
//   start   key → journal, sequencer → verdict feed → engine → gate → admin
//   reload  load → check → build → swap; what fails leaves the running config as it is
//   stop    not ready → gate drains → sequencer → engine → admin
//
// Threads  one controls (run()): it waits for signals, changed files and requests of the admin API, and does each in
//          turn. The admin's thread asks through the thread-safe members alone.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/stable_hash.h"
#include "behavior/engine.h"
#include "config/load.h"
#include "events/journal_file.h"
#include "events/sequencer.h"
#include "gateway/gate.h"
#include "verdicts/verdict_feed.h"

namespace gatehouse {

class House {
 public:
  using Load = std::function<ConfigLoad()>;

  // `load` reads the config anew each time.
  explicit House(Load load) : load_(std::move(load)) {}
  ~House();
  House(const House&) = delete;
  House& operator=(const House&) = delete;

  // Prints what is wrong itself; the program's exit code otherwise 0.
  int run();

  // Any thread. Waits until the controlling thread has done it.
  struct Reload {
    bool taken = false;
    std::string report;  // the diagnostics, or what is now in force
  };
  Reload reload();

  struct Status {
    bool ready = false;
    std::string revision;
    std::string last_reload;  // "taken", or why the last one was not
    std::vector<std::string> addresses;
    std::size_t workers = 0;
    std::uint32_t connections = 0;
    std::int64_t started_us = 0;
  };
  Status status() const;
  bool ready() const { return gate_ != nullptr && gate_->ready(); }

 private:
  [[nodiscard]] gatehouse::Status start(std::shared_ptr<const Snapshot> snapshot);
  Reload take_next();
  void announce() const;
  void stop();
  void wait_for_the_end();
  void record_config(const GateConfig& config);

  const Load load_;
  const SystemClock clock_;
  const std::int64_t started_us_ = clock_.wall().time_since_epoch().count();
  HashKey key_;
  TicketKeys tickets_ = TicketKeys::random();
  DiskFiles files_;
  std::unique_ptr<Sequencer> sequencer_;
  VerdictFeed verdicts_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Gate> gate_;

  mutable std::mutex mutex_;  // guards what follows
  std::string last_reload_ = "none yet";
  std::vector<std::function<void()>> requests_;
  int wakeup_ = -1;
};

}  // namespace gatehouse
