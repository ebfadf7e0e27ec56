// gateway/upstream: a named pool of targets as one worker sees it: gives streams, not connections.
//
// Place    an exchange asks open_stream() and later releases or aborts the stream. One object a
//          worker and upstream; it outlives reloads while its declaration is unchanged.
// Holds    per target at most connections_max connections, of which keep_idle may rest for
//          keep_idle_time; at most waiters_max exchanges wait, each for wait_time.
// Full     when targets are at their caps and the queue is full: no_capacity, at once. Who waits
//          comes before who arrives, and waits wait_time in all.
// Names    until an endpoint's name was resolved for the first time an exchange waits for that,
//          too.
// Picks    round robin, or the less busy of two random targets (Mitzenmacher 2001). Ejected targets
//          are passed over; at most half are ejected, and when all are out all are used.
#pragma once

#include <boost/intrusive/list.hpp>
#include <memory>
#include <string>
#include <vector>

#include "gateway/target_health.h"
#include "http/http1_client.h"
#include "net/socket_address.h"
#include "net/tls.h"

namespace gatehouse {

struct UpstreamSpec {
  struct Endpoint {
    std::string host;
    std::uint16_t port = 0;
    std::string text() const { return host + ':' + std::to_string(port); }
    bool operator==(const Endpoint&) const = default;
  };
  std::string name;
  std::vector<Endpoint> endpoints;
  bool least_requests = false;
  std::shared_ptr<const TlsClient> tls;  // null: plain
  std::chrono::milliseconds connect_time{2'000};
  std::chrono::milliseconds total_time{0};
  Http1Client::Limits client;
  std::size_t connections_max = 256;
  std::size_t waiters_max = 1'024;
  std::chrono::milliseconds wait_time{1'000};
  std::size_t keep_idle = 64;
  std::chrono::milliseconds keep_idle_time{30'000};
  bool retry = true;
  TargetHealth::Rule eject;
  std::string declaration;  // equal text: the pool is carried over a reload
};

class Upstream final : public LoopBound {
 public:
  struct Counts {
    std::size_t open = 0;
    std::size_t idle = 0;
    std::size_t waiting = 0;
    std::size_t ejected = 0;
  };
  // A stream, or why there is none. `target` names who was tried, for the event.
  struct Opened {
    ClientStream* stream = nullptr;
    StreamError error = StreamError::none;
    std::string_view target;
  };

  Upstream(Loop& loop, BufferPool& buffers, UpstreamSpec spec, HealthBoard& health);
  ~Upstream();

  const UpstreamSpec& spec() const { return spec_; }

  // `fresh`: a newly opened connection, whatever rests in the pool; `avoid`: the target that was in
  // vain, passed over where another has room. The arena and the returned stream belong to one
  // exchange, which ends the stream by release(), after an abort() as well; what its error() says
  // then decides about ejection.
  Task<Opened> open_stream(Arena& arena, Method method, bool fresh, std::string_view avoid = {});
  // The addresses that an endpoint's name stands for now; those gone are drained. None: it can't be
  // resolved.
  void set_addresses(std::size_t endpoint, const std::vector<SocketAddress>& addresses);

  // Closes what rests and lets the rest go as it ends; gone() when nothing is left.
  void retire();
  bool retired() const { return retired_; }
  bool gone() const;
  // Ends every wait for a connection, now and from here on: the gate's time to drain is over.
  void give_up();
  Counts counts() const;

 private:
  struct Target;
  class Pooled;
  // An exchange that waits for a connection.
  struct Queued : public boost::intrusive::list_base_hook<> {
    explicit Queued(Loop& loop)
        : signal(loop),
          timer(
              loop.timers(), [](void* self) { static_cast<Queued*>(self)->signal.set(); }, this) {}
    Signal signal;
    Timer timer;
    bool granted = false;
  };
  // A connection that is being opened.
  struct Opening : public boost::intrusive::list_base_hook<> {
    Opening(Loop& loop, Connection& opened)
        : connection(opened),
          timer(loop.timers(), [](void* self) { static_cast<Opening*>(self)->on_late(); }, this) {}
    void on_late() {
      late = true;
      connection.abort();
    }
    Connection& connection;
    Timer timer;
    bool late = false;
  };

  Target* choose(std::string_view avoid);
  bool usable(const Target& target, Monotonic now) const;
  bool unresolved() const;
  std::size_t room() const;
  Pooled* take_idle(Target& target, Arena& arena, Method method);
  Task<Opened> connect(Target& target, Arena& arena, Method method);
  std::unique_ptr<Connection> dial(const Target& target, StreamError& error);
  Task<bool> wait_for_room(Monotonic deadline, bool again);
  void wake_waiter();
  void failed(Target& target);
  void discard(Pooled& pooled);
  void sweep();

  Loop& loop_;
  BufferPool& buffers_;
  const UpstreamSpec spec_;
  HealthBoard& health_;
  std::vector<std::unique_ptr<Target>> targets_;
  std::vector<std::unique_ptr<Target>> leaving_;
  std::vector<bool> known_;  // endpoint has been resolved at least once
  boost::intrusive::list<Queued> waiters_;
  std::size_t granted_ = 0;  // waiters that were woken and have not run yet
  boost::intrusive::list<Opening> openings_;
  std::size_t closing_ = 0;  // connections that go at the end of this turn
  std::size_t turn_ = 0;
  std::uint64_t random_;
  bool retired_ = false;
  bool given_up_ = false;
  Timer sweep_;
};

}  // namespace gatehouse
