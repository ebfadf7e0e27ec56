// gateway/gate: the data plane as a whole: its workers, its listeners, and the snapshot in force.
//
// Place    the app builds it between the sequencer's queues and the verdict feed, and tells it to
//          start, to take another snapshot, to drain.
// Threads  start(), apply() and drain() from one controlling thread; the readers (ready, addresses,
//          metrics) from any.
// Reload   whole or not at all: what can fail (new listeners) is opened before any worker hears of
//          it.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "events/sequencer.h"
#include "gateway/identity/key_sources.h"
#include "gateway/identity/password_checks.h"
#include "gateway/policies/rate_table.h"
#include "gateway/worker.h"
#include "net/resolver.h"
#include "verdicts/verdict_feed.h"

namespace gatehouse {

class Gate {
 public:
  struct Parts {
    const Clock& clock;
    const HashKey& key;
    Sequencer& sequencer;
    VerdictFeed& verdicts;
    KeySources::Log log = [](std::string_view) {};  // of what happens off the request path
  };

  // Makes the queues and mailboxes of `workers` workers; nothing runs yet.
  Gate(const Parts& parts, std::size_t workers);
  ~Gate();
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  // Opens the listeners, starts the workers, and hands them the snapshot.
  [[nodiscard]] Status start(const std::shared_ptr<const Snapshot>& snapshot);
  [[nodiscard]] Status apply(const std::shared_ptr<const Snapshot>& snapshot);
  // Not ready any more; then stops accepting and waits for what is under way, at most `deadline`.
  void drain(std::chrono::milliseconds deadline);

  bool ready() const { return ready_; }
  std::shared_ptr<const Snapshot> snapshot() const;
  // Where it listens: configured address → bound one, in the config's order.
  std::vector<std::string> addresses() const;
  std::size_t workers() const { return workers_.size(); }
  std::vector<const WorkerMetrics*> metrics() const;
  const SeriesNames& route_names() const { return route_names_; }
  const SeriesNames& upstream_names() const { return upstream_names_; }
  const KeySources& keys() const { return keys_; }
  std::uint32_t connections() const { return connections_.total(); }

 private:
  struct Member;
  struct Listeners {
    std::vector<std::map<std::string, int>> fresh;  // by worker: address → descriptor
    std::map<std::string, SocketAddress> bound;     // of all that the snapshot names
  };

  // What is opened is handed out or closed.
  [[nodiscard]] Result<Listeners> open_listeners(const Snapshot& snapshot) const;
  static void close(const Listeners& listeners);
  void hand_out(const std::shared_ptr<const Snapshot>& snapshot, Listeners listeners);
  [[nodiscard]] Status watch_names(const Snapshot& snapshot);
  void on_addresses(const std::string& endpoint, const std::vector<SocketAddress>& addresses);

  const Parts parts_;
  HealthBoard health_;
  ConnectionLimits connections_;
  SeriesNames route_names_{WorkerMetrics::kRoutesMax};
  SeriesNames upstream_names_{WorkerMetrics::kUpstreamsMax};
  KeySources keys_;           // outlives the workers, whose policies hold on to it
  PasswordChecks passwords_;  // so do these
  RateTables rates_;
  std::vector<std::unique_ptr<Member>> workers_;
  std::atomic<bool> ready_{false};

  mutable std::mutex mutex_;  // guards what follows; never taken by a worker
  std::shared_ptr<const Snapshot> snapshot_;
  std::map<std::string, SocketAddress> bound_;
  AddressBook book_;

  ResolverOptions resolver_options_;
  std::unique_ptr<Resolver> resolver_;
  std::map<std::string, Resolver::Id> watched_;
};

}  // namespace gatehouse
