// app/house: who owns what while the gate runs, in which order it starts and stops, and what a
// reload does.
//
//   start   key → journal, sequencer → event history → records → verdict feed → engine → admin →
//           gate
//   reload  load → check → build → swap; what fails leaves the running config as it is
//   stop    not ready → gate drains → sequencer → access log, engine → records, event history →
//           admin
//
// Threads  one controls (run()): it waits for signals, changed files and requests of the admin API,
//          and does each in turn, so that two reloads never meet. The admin's thread asks through
//          AdminView alone.
// Signals  SIGHUP reloads; SIGTERM and SIGINT drain, and a second one of them while draining cuts
//          off what is left (exit code 130).
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "admin/admin_server.h"
#include "app/detector_files.h"
#include "app/lookout.h"
#include "app/standing_file.h"
#include "base/clock.h"
#include "base/stable_hash.h"
#include "behavior/engine.h"
#include "config/load.h"
#include "events/access_log.h"
#include "events/journal_file.h"
#include "events/sequencer.h"
#include "gateway/gate.h"
#include "store/records.h"
#include "store/store.h"
#include "verdicts/verdict_feed.h"

namespace gatehouse {

class FileWatch;

class House final : private AdminView {
 public:
  using Load = std::function<ConfigLoad()>;

  // `load` reads the config anew each time.
  explicit House(Load load) : load_(std::move(load)) {}
  ~House();
  House(const House&) = delete;
  House& operator=(const House&) = delete;

  // Prints what is wrong itself; gives the program's exit code.
  int run();

 private:
  // AdminView
  bool ready() const override { return gate_->ready(); }
  GateStatus status() const override;
  std::string metrics() const override;
  std::vector<Verdict> verdicts() const override { return verdicts_.rows(); }
  std::uint64_t ask_history(HistoryQuery query, Store::Done done) override;
  void cancel_history(std::uint64_t id) override;
  std::chrono::milliseconds history_time() const override { return query_time_; }
  void reload(std::move_only_function<void(ReloadReport)> done) override;
  std::optional<Verdict> verdict(const VerdictSubject& subject) const override;
  const HashKey& key() const override { return key_; }
  AdminApiCounts& api_counts() override { return api_counts_; }
  bool ask_records(Records::Job job) override;
  bool order_verdict(const HandOrder& order, Sequencer::Written written) override;
  bool in_force(std::uint64_t sequence, std::optional<std::uint64_t>& change) const override;

  bool open_signals();
  [[nodiscard]] Status start(const WholeConfig& whole);
  [[nodiscard]] Status start_events(const GateConfig& config, const DetectorFiles& detectors);
  void start_engine(const GateConfig& config, const DetectorFiles& detectors);
  void start_history(const StoreConfig& config);
  void start_access_log(const AccessLogConfig& config);
  void open_records();
  std::vector<Verdict> standing_by_hand(std::uint64_t from);
  std::vector<Verdict> in_force_at_start();
  std::string journal_folder() const { return folder_ + "/journal"; }
  [[nodiscard]] Status start_admin(const AdminConfig& config);
  void announce() const;
  void wait_for_the_end();
  bool end_was_asked(bool& reload_now) const;
  ReloadReport take_next();
  void look_out();
  void answer_requests(const ReloadReport& report);
  bool has_requests() const;
  void watch_files(FileWatch& watch) const;
  void record_config(const GateConfig& config);
  void drain();
  void stop();

  const Load load_;
  const SystemClock clock_;
  const std::int64_t started_us_ = clock_.wall().time_since_epoch().count();
  bool is_announced_ = false;
  int signals_ = -1;
  int wakeup_ = -1;
  std::string folder_;
  HashKey key_;
  GateConfig fixed_;  // as it was at the start, where a reload changes nothing
  TicketKeys tickets_ = TicketKeys::random();
  DiskFiles files_;
  std::unique_ptr<AccessLog> access_log_;  // null: switched off
  std::unique_ptr<Store> store_;           // null: switched off
  std::chrono::milliseconds query_time_{0};
  std::unique_ptr<Sequencer> sequencer_;
  VerdictFeed verdicts_;
  std::unique_ptr<Records> records_;
  AdminApiCounts api_counts_;
  std::unique_ptr<DetectorRecords> detectors_;
  std::unique_ptr<StandingFile> standing_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Gate> gate_;
  std::unique_ptr<AdminServer> admin_;  // asks for all of the above
  Lookout lookout_;
  Monotonic look_at_{};

  using Request = std::move_only_function<void(ReloadReport)>;
  mutable std::mutex mutex_;  // guards what follows
  std::string last_reload_ = "none yet";
  bool last_reload_taken_ = true;
  std::int64_t last_taken_us_ = started_us_;
  std::uint64_t reloads_taken_ = 0;
  std::uint64_t reloads_refused_ = 0;
  std::vector<Request> requests_;
  bool is_ending_ = false;
};

}  // namespace gatehouse
