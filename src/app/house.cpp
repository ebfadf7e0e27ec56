#include "app/house.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <thread>
#include <utility>

#include "admin/metrics_page.h"
#include "app/file_watch.h"
#include "app/history_commands.h"
#include "app/log.h"
#include "app/version.h"
#include "base/diagnostics.h"
#include "base/installation_key.h"
#include "behavior/judge.h"
#include "events/journal_reader.h"

namespace gatehouse {
namespace {

constexpr int kConfigInvalid = 3;
constexpr int kInterrupted = 130;
constexpr std::chrono::milliseconds kSettle{100};  // a deploy changes several files at once

CountRule rule_of(const BehaviorConfig& config) {
  CountRule rule;
  rule.status_min = static_cast<std::uint16_t>(config.count_rule.status_min);
  rule.status_max = static_cast<std::uint16_t>(config.count_rule.status_max);
  rule.limit = config.count_rule.limit;
  rule.window_us = std::chrono::microseconds{config.count_rule.window}.count();
  rule.block_us = std::chrono::microseconds{config.count_rule.block_for}.count();
  return rule;
}

SyncPolicy sync_of(Fsync fsync) {
  switch (fsync) {
    case Fsync::never:
      return SyncPolicy::never;
    case Fsync::every_second:
      return SyncPolicy::every_second;
    case Fsync::batch:
      return SyncPolicy::batch;
  }
  return SyncPolicy::every_second;
}

std::vector<std::string> files_of(const Snapshot& snapshot) {
  const GateConfig& config = snapshot.config();
  std::vector<std::string> files = config.files;
  for (const FilePath& one : config.behavior.content) files.push_back(one.path);
  for (const auto& [name, policy] : snapshot.policies()) {
    for (std::string& one : policy.plan->files()) files.push_back(std::move(one));
  }
  for (const ListenerConfig& listener : config.listeners) {
    if (!listener.tls) continue;
    for (const CertificateConfig& one : listener.tls->certificates) {
      files.push_back(one.cert.path);
      files.push_back(one.key.path);
    }
  }
  return files;
}

std::string line_of(const Error& error) {
  return error.help.empty() ? error.what : error.what + "; " + error.help;
}

void print_error(Error error) {
  Diagnostics diagnostics;
  diagnostics.error(std::move(error));
  fmt::print(stderr, "{}", diagnostics.text("nothing was started"));
}

// What is read once, at the start; empty when none of it differs.
// The parts of a config that only a start takes over.
GateConfig fixed_parts_of(const GateConfig& config) {
  GateConfig fixed;
  fixed.admin = config.admin;
  fixed.workers = config.workers;
  fixed.store = config.store;
  fixed.journal = config.journal;
  fixed.access_log = config.access_log;
  return fixed;
}

std::string waits_for_restart(const GateConfig& now, const GateConfig& next) {
  std::string parts;
  const auto differs = [&](bool does, std::string_view part) {
    if (does) parts.append(parts.empty() ? "`" : ", `").append(part).append("`");
  };
  differs(!(now.admin == next.admin), "admin");
  differs(now.workers != next.workers, "workers");
  differs(!(now.store == next.store), "store");
  differs(!(now.journal == next.journal), "journal");
  differs(!(now.access_log == next.access_log), "access_log");
  return parts;
}

void wake(int eventfd) {
  const std::uint64_t one = 1;
  (void)!::write(eventfd, &one, sizeof one);
}

void take_wakeup(int eventfd) {
  std::uint64_t ignored = 0;
  (void)!::read(eventfd, &ignored, sizeof ignored);
}

}  // namespace

House::~House() {
  stop();
  records_.reset();  // asks the engine, where the start did not come to its end
  for (const int fd : {signals_, wakeup_}) {
    if (fd >= 0) ::close(fd);
  }
}

int House::run() {
  if (!open_signals()) {
    print_error({"E0603", std::string("no descriptors: ") + std::strerror(errno),
                 "raise the limit of open files (`ulimit -n`)"});
    return 1;
  }
  ConfigLoad loaded = load_();
  const WholeConfig whole = build_whole(loaded, tickets_);
  fmt::print(stderr, "{}", loaded.diagnostics.text("nothing was started"));
  if (whole.snapshot == nullptr) return kConfigInvalid;
  if (Status started = start(whole); !started) {
    print_error(std::move(started).error());
    return 1;
  }
  is_announced_ = true;
  announce();
  wait_for_the_end();
  stop();
  return 0;
}

// Signals come through a descriptor; every thread that starts from here inherits the mask.
bool House::open_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int one : {SIGHUP, SIGTERM, SIGINT}) sigaddset(&signals, one);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a file at its limit is a disk that is full
  signals_ = ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  wakeup_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  return signals_ >= 0 && wakeup_ >= 0;
}

Status House::start(const WholeConfig& whole) {
  const GateConfig& config = whole.snapshot->config();
  fixed_ = fixed_parts_of(config);
  folder_ = config.store.path.path;
  while (folder_.size() > 1 && folder_.ends_with('/')) folder_.pop_back();
  if (Status opened = start_events(config, whole.detectors); !opened) {
    return fail(std::move(opened).error().while_doing("opening the store `" + folder_ + "`"));
  }
  if (Status admin = start_admin(config.admin); !admin) return admin;
  return gate_->start(whole.snapshot);
}

Status House::start_events(const GateConfig& config, const DetectorFiles& detectors) {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  GH_TRY(key_, load_or_create_hash_key(folder_ + "/hash.key"));
  SequencerOptions options;
  options.journal.folder = journal_folder();
  options.journal.segment_bytes_max = config.journal.segment_bytes.count;
  options.journal.keep_bytes_max = config.journal.keep_bytes.count;
  options.journal.keep_us_max = std::chrono::microseconds{config.journal.keep_time}.count();
  options.journal.sync = sync_of(config.journal.fsync);
  options.log = [](std::string_view text) { log_line(text); };
  GH_TRY(sequencer_, Sequencer::open(std::move(options), clock_, files_));
  if (config.store.history) start_history(config.store);
  if (config.access_log) start_access_log(*config.access_log);
  start_engine(config, detectors);
  const std::size_t workers =
      config.workers != 0 ? config.workers : std::max(1U, std::thread::hardware_concurrency());
  gate_ =
      std::make_unique<Gate>(Gate::Parts{clock_, key_, *sequencer_, verdicts_, log_line}, workers);
  sequencer_->start();
  engine_->start();
  records_->start();
  record_config(config);
  return {};
}

// What could still count or stand is read again, so that a restart lets nobody out; with detectors
// all that is kept, for what was learnt of callers is nowhere else.
void House::start_engine(const GateConfig& config, const DetectorFiles& detectors) {
  const CountRule rule = rule_of(config.behavior);
  detectors_ = std::make_unique<DetectorRecords>(folder_, *sequencer_);
  detectors_->want(detectors.text);
  const bool reads_all = detectors_->may_have_any();
  const std::int64_t now_us = clock_.wall().time_since_epoch().count();
  const std::uint64_t from = sequence_before(
      journal_folder(), reads_all ? INT64_MIN : now_us - rule.window_us - rule.block_us);
  EngineOptions options{.rule = rule,
                        .on_hand = [this](const EventView& record) { records_->on_hand(record); },
                        .log = [](std::string_view text) { log_line(text); },
                        .key = key_};
  if (from != 0) options.past = sequencer_->counts().last_sequence;
  // The records that told it have been let go with the first segments.
  if (from > 1 && reads_all) options.content = detectors.content;
  options.on_past_read = [this](const EnginePast& past) {
    if (past.records != 0) {
      log_line(
          fmt::format("the engine has read {} records in {} ms", past.records, past.time.count()));
    }
    detectors_->on_read(past.content);
    wake(wakeup_);
  };
  EventFeed& records = sequencer_->add_feed(from);
  open_records();
  options.standing = standing_by_hand(from);
  standing_ = std::make_unique<StandingFile>(folder_);
  options.in_force = in_force_at_start();
  engine_ = std::make_unique<Engine>(std::move(options), records, verdicts_, clock_);
}

// Opens nothing here: what goes wrong with the database is its thread's to say and to mend.
void House::start_history(const StoreConfig& config) {
  query_time_ = config.query_time;
  store_ = std::make_unique<Store>(history_options(config, folder_), clock_);
  sequencer_->hold_for([this] { return store_->committed(); });
}

void House::start_access_log(const AccessLogConfig& config) {
  access_log_ = std::make_unique<AccessLog>(
      AccessLogFileOptions{config.path.path, config.rotate_bytes.count, config.keep_files},
      sequencer_->add_feed(), clock_, [](std::string_view text) { log_line(text); });
}

std::uint64_t House::ask_history(HistoryQuery query, Store::Done done) {
  if (store_ == nullptr) {
    done({.error = Error{"E0808", "the event history is switched off",
                         "set `store.history: true`; `gatehouse journal cat` reads the journal"},
          .lines = {},
          .next = {}});
    return 0;
  }
  query.seen = sequencer_->counts().last_sequence;
  query.time_ms = static_cast<std::uint32_t>(query_time_.count());
  return store_->ask(query, std::move(done));
}

void House::cancel_history(std::uint64_t id) {
  if (store_ != nullptr) store_->cancel(id);
}

Status House::start_admin(const AdminConfig& config) {
  AdminServerOptions options;
  options.socket = config.socket.path;
  if (options.socket.empty()) options.socket = folder_ + "/gatehouse.sock";
  if (config.address) {
    const std::string host = config.address->host.empty() ? "::" : config.address->host;
    options.address = SocketAddress::parse(host, config.address->port);
    if (!options.address || config.address->is_unix()) {
      return fail({"E0301", "the admin's address is no address with a port",
                   "write an address such as `127.0.0.1:8901`", config.address->at.position()});
    }
  }
  GH_TRY(admin_, AdminServer::start(options, *this));
  return {};
}

void House::record_config(const GateConfig& config) {
  const std::string rule = to_text(rule_of(config.behavior));
  SystemEvent event;
  event.kind = EventKind::config;
  event.name = kBehaviorConfigName;
  event.detail = rule;
  if (!sequencer_->record(event)) log_line("the journal's queue is full: a config record is lost");
}

void House::announce() const {
  log_line("socket at " + admin_->socket());
  if (!admin_->address().empty()) log_line("admin on " + admin_->address());
  for (const std::string& address : gate_->addresses()) log_line("listening on " + address);
}

ReloadReport House::take_next() {
  if (access_log_ != nullptr) access_log_->reopen();  // what turns logs over sends SIGHUP
  ConfigLoad loaded = load_();
  auto [snapshot, detectors] = build_whole(loaded, tickets_);
  ReloadReport result;
  if (snapshot == nullptr) {
    result.report = loaded.diagnostics.text();
  } else if (Status applied = gate_->apply(snapshot); !applied) {
    result.report = line_of(applied.error()) + "; the running config is unchanged";
  } else {
    result.taken = true;
    result.report = "revision " + snapshot->config().revision;
    const std::string late = waits_for_restart(fixed_, snapshot->config());
    if (!late.empty()) result.report += "; takes effect at the next start: " + late;
    if (loaded.diagnostics.warnings() != 0) result.report += '\n' + loaded.diagnostics.text();
    record_config(snapshot->config());
    detectors_->want(std::move(detectors.text));
  }
  log_line((result.taken ? "reloaded: " : "not reloaded: ") + result.report);
  const std::lock_guard lock(mutex_);
  ++(result.taken ? reloads_taken_ : reloads_refused_);
  last_reload_ = result.taken ? "taken" : result.report;
  last_reload_taken_ = result.taken;
  if (result.taken) last_taken_us_ = clock_.wall().time_since_epoch().count();
  return result;
}

void House::reload(Request done) {
  {
    const std::lock_guard lock(mutex_);
    if (!is_ending_) {
      requests_.push_back(std::move(done));
      wake(wakeup_);
      return;
    }
  }
  done({false, "the gate is stopping"});
}

bool House::has_requests() const {
  const std::lock_guard lock(mutex_);
  return !requests_.empty();
}

void House::answer_requests(const ReloadReport& report) {
  std::vector<Request> requests;
  {
    const std::lock_guard lock(mutex_);
    requests.swap(requests_);
  }
  for (Request& request : requests) request(report);
}

void House::watch_files(FileWatch& watch) const { watch.watch(files_of(*gate_->snapshot())); }

// True when the end was asked for; SIGHUP sets `reload_now`.
bool House::end_was_asked(bool& reload_now) const {
  signalfd_siginfo info{};
  while (::read(signals_, &info, sizeof info) == sizeof info) {
    if (info.ssi_signo != SIGHUP) return true;
    reload_now = true;
  }
  return false;
}

// The controlling thread's wait: signals, changed files, and what the admin asks for.
void House::wait_for_the_end() {
  FileWatch watch;
  watch_files(watch);
  for (bool settling = false;;) {
    pollfd waits[] = {{signals_, POLLIN, 0}, {wakeup_, POLLIN, 0}, {watch.fd(), POLLIN, 0}};
    constexpr std::chrono::milliseconds kLook = Lookout::kEvery;
    const int ready = ::poll(waits, 3, static_cast<int>((settling ? kSettle : kLook).count()));
    look_out();
    if (const std::string told = detectors_->turn(); !told.empty()) log_line(told);
    bool reload_now = settling && ready == 0;
    if (end_was_asked(reload_now)) break;
    take_wakeup(wakeup_);
    if (has_requests()) reload_now = true;
    if ((waits[2].revents & POLLIN) != 0 && watch.changed()) settling = true;
    if (!reload_now) continue;
    settling = false;
    // Who asks while this one is under way gets the next.
    std::vector<Request> asking;
    {
      const std::lock_guard lock(mutex_);
      asking.swap(requests_);
    }
    const ReloadReport report = take_next();
    for (Request& request : asking) request(report);
    watch_files(watch);
  }
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  answer_requests({false, "the gate is stopping"});
}

void House::look_out() {
  const Monotonic now = clock_.monotonic();
  if (now < look_at_) return;
  look_at_ = now + Lookout::kEvery;
  standing_->keep(verdicts_, clock_);
  for (const std::string& line : lookout_.look(sight_of(*gate_, *sequencer_, store_.get()), now)) {
    log_line(line);
  }
}

// Waits for what is under way; a second signal doesn't.
void House::drain() {
  const auto snapshot = gate_->snapshot();
  const auto deadline =
      snapshot == nullptr ? std::chrono::milliseconds{0} : snapshot->config().limits.drain;
  std::atomic<bool> drained{false};
  std::thread draining([&] {
    gate_->drain(deadline);
    drained = true;
    wake(wakeup_);
  });
  while (!drained) {
    pollfd waits[] = {{signals_, POLLIN, 0}, {wakeup_, POLLIN, 0}};
    ::poll(waits, 2, -1);
    take_wakeup(wakeup_);
    bool ignored = false;
    if (end_was_asked(ignored)) {
      log_line("told again to stop: what is under way is cut off");
      sequencer_->stop();
      ::_exit(kInterrupted);
    }
  }
  draining.join();
  std::uint64_t cut_off = 0;
  for (const WorkerMetrics* const worker : gate_->metrics()) {
    cut_off += worker->limits.of(Limit::drain_time);
  }
  if (cut_off != 0) {
    log_line(fmt::format("cut off after {} ms: {} connection{} (limits.drain)", deadline.count(),
                         cut_off, cut_off == 1 ? "" : "s"));
  }
}

void House::stop() {
  if (gate_ == nullptr) return;
  if (is_announced_) log_line("draining");
  drain();
  sequencer_->stop();
  engine_->stop();
  standing_->write(verdicts_);
  if (access_log_ != nullptr) access_log_->stop();
  records_->stop();
  if (store_ != nullptr) store_->stop();
  admin_.reset();
  gate_.reset();
  records_.reset();
  engine_.reset();
  access_log_.reset();
  sequencer_.reset();
  store_.reset();
  if (is_announced_) log_line("stopped");
}

GateStatus House::status() const {
  GateStatus status;
  status.ready = ready();
  status.version = kVersion;
  status.started_us = started_us_;
  status.now_us = clock_.wall().time_since_epoch().count();
  status.folder = folder_;
  if (const auto snapshot = gate_->snapshot()) {
    status.revision = snapshot->config().revision;
    status.routes = snapshot->routes().size();
    status.enforces = snapshot->enforces();
  }
  status.addresses = gate_->addresses();
  status.workers = gate_->workers();
  status.connections = gate_->connections();
  status.verdicts = verdicts_.size();
  status.events_dropped = sequencer_->events_dropped();
  const SequencerCounts counts = sequencer_->counts();
  status.last_sequence = counts.last_sequence;
  status.journal_failing = counts.is_failing;
  status.history_kept = store_ != nullptr;
  if (store_ != nullptr) {
    const StoreState state = store_->state();
    status.history_open = state.is_open;
    status.history_sequence = state.sequence;
    status.history_fault = state.fault;
  }
  const std::lock_guard lock(mutex_);
  status.last_reload = last_reload_;
  status.reloads_taken = reloads_taken_;
  status.reloads_refused = reloads_refused_;
  return status;
}

std::string House::metrics() const {
  const auto snapshot = gate_->snapshot();
  StoreState history;
  if (store_ != nullptr) history = store_->state();
  const RecordsState records = records_->state();
  MetricSources sources{
      *gate_,  *sequencer_, *engine_, verdicts_, store_ == nullptr ? nullptr : &history,
      records, api_counts_, kVersion, "",        started_us_};
  sources.now_us = clock_.wall().time_since_epoch().count();
  if (access_log_ != nullptr) sources.access_log = access_log_->counts();
  if (snapshot != nullptr) sources.revision = snapshot->config().revision;
  {
    const std::lock_guard lock(mutex_);
    sources.reloads_taken = reloads_taken_;
    sources.reloads_refused = reloads_refused_;
    sources.last_reload_taken = last_reload_taken_;
    sources.last_reload_us = last_taken_us_;
  }
  return metrics_page(sources);
}

}  // namespace gatehouse
