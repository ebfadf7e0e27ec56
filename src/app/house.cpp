#include "app/house.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <future>
#include <thread>

#include "app/file_watch.h"
#include "app/log.h"
#include "base/diagnostics.h"
#include "base/installation_key.h"
#include "behavior/judge.h"

namespace gatehouse {
namespace {

constexpr int kConfigInvalid = 3;
constexpr std::chrono::milliseconds kSettle{100};  // a deploy changes several files at once

CountRule rule_of(const BehaviorConfig& config) {
  CountRule rule;
  rule.enforce = config.mode == BehaviorMode::enforce;
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

std::vector<std::string> files_of(const GateConfig& config) {
  std::vector<std::string> files = config.files;
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

}  // namespace

House::~House() { stop(); }

int House::run() {
  // Signals come through a descriptor; every thread that starts from here inherits the mask.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int one : {SIGHUP, SIGTERM, SIGINT}) sigaddset(&signals, one);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  wakeup_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

  ConfigLoad loaded = load_();
  std::shared_ptr<const Snapshot> snapshot;
  if (loaded.config) {
    snapshot = build_snapshot(*std::move(loaded.config), tickets_, loaded.diagnostics);
  }
  const std::string findings = loaded.diagnostics.text("nothing was started");
  if (!findings.empty()) fmt::print(stderr, "{}\n", findings);
  if (snapshot == nullptr) return kConfigInvalid;
  if (gatehouse::Status started = start(snapshot); !started) {
    Diagnostics diagnostics;
    diagnostics.error(std::move(started).error());
    fmt::print(stderr, "{}\n", diagnostics.text("nothing was started"));
    return 1;
  }
  announce();
  wait_for_the_end();
  stop();
  return 0;
}

gatehouse::Status House::start(std::shared_ptr<const Snapshot> snapshot) {
  const GateConfig& config = snapshot->config();
  const std::string folder = config.store.path.path;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  auto key = load_or_create_hash_key(folder + "/hash.key");
  if (!key) return fail(std::move(key).error().while_doing("opening the store `" + folder + "`"));
  key_ = *key;

  SequencerOptions options;
  options.journal.folder = folder + "/journal";
  options.journal.segment_bytes_max = config.journal.segment_bytes.count;
  options.journal.keep_bytes_max = config.journal.keep_bytes.count;
  options.journal.keep_us_max = std::chrono::microseconds{config.journal.keep_time}.count();
  options.journal.sync = sync_of(config.journal.fsync);
  options.log = [](std::string_view text) { log_line(text); };
  auto sequencer = Sequencer::open(std::move(options), clock_, files_);
  if (!sequencer) return fail(std::move(sequencer).error());
  sequencer_ = *std::move(sequencer);
  EventFeed& records = sequencer_->add_feed();
  engine_ = std::make_unique<Engine>(
      EngineOptions{rule_of(config.behavior), [](std::string_view text) { log_line(text); }},
      records, verdicts_, clock_);
  const std::size_t workers =
      config.workers != 0 ? config.workers : std::max(1U, std::thread::hardware_concurrency());
  gate_ = std::make_unique<Gate>(Gate::Parts{clock_, key_, *sequencer_, verdicts_}, workers);
  sequencer_->start();
  engine_->start();
  record_config(config);
  return gate_->start(std::move(snapshot));
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
  for (const std::string& address : gate_->addresses()) log_line("listening on " + address);
}

House::Reload House::take_next() {
  ConfigLoad loaded = load_();
  std::shared_ptr<const Snapshot> snapshot;
  if (loaded.config) {
    snapshot = build_snapshot(*std::move(loaded.config), tickets_, loaded.diagnostics);
  }
  Reload result;
  if (snapshot == nullptr) {
    result.report = loaded.diagnostics.text();
  } else if (gatehouse::Status applied = gate_->apply(snapshot); !applied) {
    result.report = line_of(applied.error());
  } else {
    result.taken = true;
    result.report = "revision " + snapshot->config().revision;
    record_config(snapshot->config());
  }
  log_line(result.taken ? "reloaded: " + result.report : "not reloaded: " + result.report);
  const std::lock_guard lock(mutex_);
  last_reload_ = result.taken ? "taken" : result.report;
  return result;
}

House::Reload House::reload() {
  std::promise<Reload> done;
  std::future<Reload> result = done.get_future();
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back([this, &done] { done.set_value(take_next()); });
  }
  const std::uint64_t one = 1;
  (void)!::write(wakeup_, &one, sizeof one);
  return result.get();
}

// The controlling thread's wait: signals, changed files, and what the admin asks for.
void House::wait_for_the_end() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int one : {SIGHUP, SIGTERM, SIGINT}) sigaddset(&signals, one);
  const int signal_fd = ::signalfd(-1, &signals, SFD_CLOEXEC);
  FileWatch watch;
  watch.watch(files_of(gate_->snapshot()->config()));
  for (bool settling = false, over = false; !over;) {
    pollfd waits[] = {{signal_fd, POLLIN, 0}, {wakeup_, POLLIN, 0}, {watch.fd(), POLLIN, 0}};
    const int ready = ::poll(waits, 3, settling ? static_cast<int>(kSettle.count()) : -1);
    bool reload_now = settling && ready == 0;
    if ((waits[0].revents & POLLIN) != 0) {
      signalfd_siginfo info{};
      if (::read(signal_fd, &info, sizeof info) != sizeof info) continue;
      over = info.ssi_signo != SIGHUP;
      reload_now = !over;
    }
    if ((waits[1].revents & POLLIN) != 0) {
      std::uint64_t ignored = 0;
      (void)!::read(wakeup_, &ignored, sizeof ignored);
      std::vector<std::function<void()>> requests;
      {
        const std::lock_guard lock(mutex_);
        requests.swap(requests_);
      }
      for (const auto& request : requests) request();
      watch.watch(files_of(gate_->snapshot()->config()));
    }
    if ((waits[2].revents & POLLIN) != 0 && watch.changed()) settling = true;
    if (reload_now) {
      settling = false;
      (void)take_next();
      watch.watch(files_of(gate_->snapshot()->config()));
    }
  }
  ::close(signal_fd);
}

void House::stop() {
  if (gate_ == nullptr) return;
  const auto deadline = gate_->snapshot() == nullptr ? std::chrono::milliseconds{0}
                                                     : gate_->snapshot()->config().limits.drain;
  log_line("draining");
  gate_->drain(deadline);
  sequencer_->stop();
  engine_->stop();
  gate_.reset();
  engine_.reset();
  sequencer_.reset();
  log_line("stopped");
}

House::Status House::status() const {
  Status status;
  status.ready = ready();
  status.started_us = started_us_;
  const auto snapshot = gate_->snapshot();
  if (snapshot != nullptr) status.revision = snapshot->config().revision;
  status.addresses = gate_->addresses();
  status.workers = gate_->workers();
  status.connections = gate_->connections();
  const std::lock_guard lock(mutex_);
  status.last_reload = last_reload_;
  return status;
}

}  // namespace gatehouse
