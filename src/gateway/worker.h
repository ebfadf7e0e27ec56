// gateway/worker: one loop on one thread, with everything that it alone may touch.
//
// Owns      its listeners, sessions, pools, verdict table, buffers, and its hold on the snapshot.
// Messages  apply(), set_addresses(), verdicts_changed(), drain() and stop() may be called from any
//           thread; they are posted to the loop. Nothing else crosses.
// Reload    a new snapshot takes over between two turns; exchanges under way keep the one they
//           began with. Pools whose declaration is unchanged and listeners whose address is
//           unchanged live on.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <thread>

#include "gateway/connection_limits.h"
#include "gateway/exchange.h"
#include "gateway/worker_parts.h"
#include "http/session.h"
#include "net/listener.h"
#include "verdicts/verdict_feed.h"

namespace gatehouse {

// What a worker shares with others, by reference; all of it outlives the worker.
struct WorkerSetup {
  std::uint16_t number = 0;
  const Clock& clock;
  const HashKey& key;
  EventQueue& events;
  WorkerMetrics& metrics;
  HealthBoard& health;
  ConnectionLimits& connections;
  SeriesNames& route_names;
  SeriesNames& upstream_names;
  KeySources* keys = nullptr;
  PasswordChecks* passwords = nullptr;
  RateTables* rates = nullptr;
};

// What a name stands for, by "host:port" as configured.
using AddressBook = std::map<std::string, std::vector<SocketAddress>>;

class Worker final : public LoopBound, private Handler, private SessionOwner, private Waiter {
 public:
  explicit Worker(const WorkerSetup& setup);
  ~Worker() override;

  void run() { loop_.run(); }

  // Any thread. `fresh` are descriptors for addresses that the worker doesn't listen on yet; it
  // owns them from here on.
  void apply(std::shared_ptr<const Snapshot> snapshot, std::map<std::string, int> fresh,
             AddressBook addresses);
  void set_addresses(std::string endpoint, std::vector<SocketAddress> addresses);
  // Any thread, once.
  void follow(VerdictFeed& feed);
  // Stops accepting, lets sessions end, aborts what is left at the deadline, then ends run().
  void drain(std::chrono::milliseconds deadline);

  Loop& loop() { return loop_; }

 private:
  struct Door;
  struct Standing;
  struct Entry {
    std::unique_ptr<Session> session;
    StableHash address;
    std::uint16_t door = 0;
  };

  // Handler
  Task<void> serve(ServerStream& stream, HeadError error) override;
  // SessionOwner
  void on_closed(Session& session) override;
  bool takes_http2(const Peer& peer) const override;
  void on_http2_preface(Session& session, std::unique_ptr<Connection> connection,
                        std::string bytes) override;
  // Waiter: the graves are emptied at the end of the turn.
  void wake() override { graves_.clear(); }

  void accept(Door& door, int fd, const SocketAddress& client);
  Task<void> greet(std::unique_ptr<Connection> connection, Peer peer);
  void open_session(std::unique_ptr<Connection> connection, Peer peer);
  void add(std::unique_ptr<Session> session, const Entry& place);
  void bury(std::unique_ptr<Session> session);
  SessionContext context();

  void swap(std::shared_ptr<const Snapshot> snapshot, const std::map<std::string, int>& fresh,
            const AddressBook& addresses);
  void take_doors(const Snapshot& snapshot, const std::map<std::string, int>& fresh);
  void fill_listeners(LocalSnapshot& local);
  Policy* policy_of(const std::string& name, const PlannedPolicy& planned);
  Upstream& pool_of(const UpstreamSpec& spec, const AddressBook& addresses);
  void forget_unused();
  void keep_house();
  void begin_drain(std::chrono::milliseconds deadline);
  void for_sessions(const std::function<void(const Entry&)>& call);
  void cut_off();
  void take_verdicts();
  void end_if_drained();

  const WorkerSetup setup_;
  Loop loop_;
  BufferPool buffers_;
  VerdictTable verdicts_;
  VerdictMailbox* mailbox_ = nullptr;
  WorkerParts parts_;
  std::vector<std::unique_ptr<SessionLimits>> limits_;  // never freed: sessions refer to them
  std::vector<std::string> door_names_;                 // by the worker's number of the listener
  std::map<std::string, std::unique_ptr<Door>> doors_;
  std::vector<std::unique_ptr<Upstream>> pools_;
  std::vector<std::unique_ptr<Standing>> policies_;
  std::vector<std::unique_ptr<LocalSnapshot>> snapshots_;
  LocalSnapshot* current_ = nullptr;
  std::map<Session*, Entry> sessions_;
  std::vector<std::unique_ptr<Session>> graves_;
  std::set<Connection*> greeting_;  // in their handshake
  Timer house_;
  Monotonic house_due_{};
  Timer drain_;
  bool draining_ = false;
};

}  // namespace gatehouse
