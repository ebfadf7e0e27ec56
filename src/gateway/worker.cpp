#include "gateway/worker.h"

#include <unistd.h>

#include <algorithm>

#include "http/http1_session.h"
#include "http/http2_session.h"

namespace gatehouse {

// A listener and its number at this worker.
struct Worker::Door final : Listener::Owner {
  Door(Worker& owner, std::uint16_t index, int fd)
      : worker(owner),
        number(index),
        port(SocketAddress::local_of(fd).port()),
        listener(owner.loop_, fd, *this) {}
  void on_accept(int fd, const SocketAddress& client) override { worker.accept(*this, fd, client); }
  void on_exhausted(int) override { worker.setup_.metrics.limits.reached(Limit::descriptors); }

  Worker& worker;
  const std::uint16_t number;
  const std::uint16_t port;
  Listener listener;
};

// A policy and the declaration that it was built from: it is kept while that is unchanged.
struct Worker::Standing {
  std::string name;
  PolicyConfig config;
  std::string content;
  std::unique_ptr<Policy> policy;
};

Worker::Worker(const WorkerSetup& setup)
    : setup_(setup),
      parts_{loop_,         setup.clock, setup.number, setup.events, verdicts_,
             setup.metrics, setup.key,   {},           {},           false},
      house_(
          loop_.timers(), [](void* self) { static_cast<Worker*>(self)->keep_house(); }, this),
      drain_(loop_.timers(), [](void* self) { static_cast<Worker*>(self)->cut_off(); }, this) {
  house_.arm_in(std::chrono::seconds{1});
}

Worker::~Worker() {
  if (mailbox_ != nullptr) mailbox_->close();
}

void Worker::apply(std::shared_ptr<const Snapshot> snapshot, std::map<std::string, int> fresh,
                   AddressBook addresses) {
  loop_.post([this, next = std::move(snapshot), fds = std::move(fresh),
              book = std::move(addresses)]() mutable { swap(std::move(next), fds, book); });
}

void Worker::set_addresses(std::string endpoint, std::vector<SocketAddress> addresses) {
  loop_.post([this, name = std::move(endpoint), list = std::move(addresses)] {
    for (const auto& pool : pools_) {
      const auto& endpoints = pool->spec().endpoints;
      for (std::size_t i = 0; i < endpoints.size(); ++i) {
        if (endpoints[i].text() == name) pool->set_addresses(i, list);
      }
    }
  });
}

void Worker::follow(VerdictFeed& feed) {
  VerdictMailbox& mailbox =
      feed.add_mailbox([this] { return loop_.post([this] { take_verdicts(); }); });
  loop_.post([this, &mailbox] {
    mailbox_ = &mailbox;
    take_verdicts();
  });
}

// A word that comes before the mailbox itself is made good by it.
void Worker::take_verdicts() {
  if (mailbox_ != nullptr) mailbox_->apply(verdicts_);
}

void Worker::drain(std::chrono::milliseconds deadline) {
  loop_.post([this, deadline] { begin_drain(deadline); });
}

Task<void> Worker::serve(ServerStream& stream, HeadError error) {
  LocalSnapshot& local = *current_;
  {
    Exchange exchange(parts_, local, stream);
    Task<void> running = exchange.run(error);
    co_await running;
  }
  if (!local.current && local.exchanges == 0) forget_unused();
}

void Worker::accept(Door& door, int fd, const SocketAddress& client) {
  Peer peer;
  peer.address = client.host();
  peer.address_hash = stable_hash(setup_.key, SubjectKind::address, peer.address);
  peer.port = client.port();
  peer.local_port = door.port;
  peer.listener = door.number;
  const ListenerRules* const rules = current_->listeners[door.number];
  const bool open = !draining_ && rules != nullptr;
  const std::optional<Limit> full =
      open ? setup_.connections.open(peer.address_hash) : std::nullopt;
  if (!open || full) {
    if (full) setup_.metrics.limits.reached(*full);
    setup_.metrics.connections_refused.add();
    ::close(fd);
    return;
  }
  peer.tls = rules->tls != nullptr;
  ssl_st* const tls = peer.tls ? rules->tls->accept() : nullptr;
  if (peer.tls && tls == nullptr) {
    setup_.connections.close(peer.address_hash);
    setup_.metrics.connections_refused.add();
    ::close(fd);
    return;
  }
  setup_.metrics.connections_accepted.add();
  auto connection = std::make_unique<Connection>(loop_, fd, tls, rules->tls);
  if (peer.tls) {
    greeting_.insert(connection.get());
    start(greet(std::move(connection), std::move(peer)));
  } else {
    open_session(std::move(connection), std::move(peer));
  }
}

// The TLS handshake, which is due within head_time.
Task<void> Worker::greet(std::unique_ptr<Connection> connection, Peer peer) {
  Timer late(
      loop_.timers(), [](void* self) { static_cast<Connection*>(self)->abort(); },
      connection.get());
  late.arm_in(current_->snapshot->limits().head_time);
  Task<bool> shaking = connection->handshake();
  const bool shaken = co_await shaking;
  if (!shaken && !late.armed()) setup_.metrics.limits.reached(Limit::handshake_time);
  late.disarm();
  greeting_.erase(connection.get());
  if (!shaken || draining_) {
    setup_.connections.close(peer.address_hash);
    end_if_drained();
    co_return;
  }
  peer.tls_version = connection->tls_version();
  peer.tls_cipher = connection->tls_cipher();
  peer.server_name = connection->server_name();
  open_session(std::move(connection), std::move(peer));
}

void Worker::open_session(std::unique_ptr<Connection> connection, Peer peer) {
  const Entry place{nullptr, peer.address_hash, peer.listener};
  if (connection->alpn() == "h2") {
    add(std::make_unique<Http2Session>(std::move(connection), std::string{}, std::move(peer),
                                       context()),
        place);
  } else {
    add(std::make_unique<Http1Session>(std::move(connection), std::move(peer), context()), place);
  }
}

bool Worker::takes_http2(const Peer& peer) const {
  const ListenerRules* const rules = current_->listeners[peer.listener];
  return rules == nullptr || rules->http2;
}

void Worker::on_http2_preface(Session& session, std::unique_ptr<Connection> connection,
                              std::string bytes) {
  const auto found = sessions_.find(&session);
  const Entry place{nullptr, found->second.address, found->second.door};
  Peer peer = static_cast<Http1Session&>(session).take_peer();
  bury(std::move(found->second.session));
  sessions_.erase(found);
  setup_.metrics.connections.add(-1);
  const ListenerRules* const rules = current_->listeners[peer.listener];
  if (rules == nullptr || draining_) {
    setup_.connections.close(place.address);
    end_if_drained();
    return;
  }
  add(std::make_unique<Http2Session>(std::move(connection), std::move(bytes), std::move(peer),
                                     context()),
      place);
}

void Worker::add(std::unique_ptr<Session> session, const Entry& place) {
  Session* const key = session.get();
  sessions_.emplace(key, Entry{std::move(session), place.address, place.door});
  setup_.metrics.connections.add(1);
  // Its handshake may have lasted longer than its listener.
  if (current_->listeners[place.door] == nullptr) key->drain();
}

void Worker::on_closed(Session& session) {
  const auto found = sessions_.find(&session);
  setup_.connections.close(found->second.address);
  bury(std::move(found->second.session));
  sessions_.erase(found);
  setup_.metrics.connections.add(-1);
  end_if_drained();
}

void Worker::bury(std::unique_ptr<Session> session) {
  if (graves_.empty()) loop_.defer(*this);
  graves_.push_back(std::move(session));
}

SessionContext Worker::context() {
  return {*this, *this, buffers_, *limits_.back(), &setup_.metrics.limits};
}

void Worker::swap(std::shared_ptr<const Snapshot> snapshot, const std::map<std::string, int>& fresh,
                  const AddressBook& addresses) {
  const auto same = std::find_if(limits_.begin(), limits_.end(),
                                 [&](const auto& known) { return *known == snapshot->limits(); });
  if (same == limits_.end()) {
    limits_.push_back(std::make_unique<SessionLimits>(snapshot->limits()));
  } else {
    std::iter_swap(same, limits_.end() - 1);  // the last is in force
  }
  auto local = std::make_unique<LocalSnapshot>();
  local->snapshot = std::move(snapshot);
  for (const UpstreamSpec& spec : local->snapshot->upstreams()) {
    local->upstreams.push_back(&pool_of(spec, addresses));
    local->upstream_slots.push_back(setup_.upstream_names.slot_of(spec.name));
  }
  for (const CompiledRoute& route : local->snapshot->routes()) {
    local->route_slots.push_back(setup_.route_names.slot_of(route.name));
    std::vector<Policy*>& chain = local->chains.emplace_back();
    for (const std::string& name : route.policies) {
      chain.push_back(policy_of(name, local->snapshot->policies().at(name)));
    }
  }
  if (current_ != nullptr) current_->current = false;
  current_ = local.get();
  snapshots_.push_back(std::move(local));
  take_doors(*current_->snapshot, fresh);
  setup_.metrics.config_swaps.add();
  forget_unused();
}

void Worker::take_doors(const Snapshot& snapshot, const std::map<std::string, int>& fresh) {
  for (const auto& [address, fd] : fresh) {
    const auto known = std::find(door_names_.begin(), door_names_.end(), address);
    const auto number = static_cast<std::uint16_t>(known - door_names_.begin());
    if (known == door_names_.end()) door_names_.push_back(address);
    doors_[address] = std::make_unique<Door>(*this, number, fd);
  }
  std::erase_if(doors_, [&](const auto& door) {
    return std::none_of(snapshot.listeners().begin(), snapshot.listeners().end(),
                        [&](const auto& rules) { return rules.address == door.first; });
  });
  for (const auto& local : snapshots_) fill_listeners(*local);
  for_sessions([this](const Entry& entry) {
    if (current_->listeners[entry.door] == nullptr) entry.session->drain();
  });
}

void Worker::fill_listeners(LocalSnapshot& local) {
  local.listeners.assign(door_names_.size(), nullptr);
  for (const ListenerRules& rules : local.snapshot->listeners()) {
    const auto found = std::find(door_names_.begin(), door_names_.end(), rules.address);
    if (found == door_names_.end()) continue;
    local.listeners[static_cast<std::size_t>(found - door_names_.begin())] = &rules;
  }
}

Policy* Worker::policy_of(const std::string& name, const PlannedPolicy& planned) {
  for (const auto& standing : policies_) {
    if (standing->name == name && standing->config == planned.config &&
        standing->content == planned.plan->content()) {
      return standing->policy.get();
    }
  }
  const PolicyParts parts{setup_.clock,     setup_.key,   setup_.keys,
                          setup_.passwords, setup_.rates, name};
  policies_.push_back(std::make_unique<Standing>(
      Standing{name, planned.config, planned.plan->content(), planned.plan->build(parts)}));
  return policies_.back()->policy.get();
}

Upstream& Worker::pool_of(const UpstreamSpec& spec, const AddressBook& addresses) {
  for (const auto& pool : pools_) {
    if (pool->spec().name == spec.name && pool->spec().declaration == spec.declaration &&
        !pool->retired()) {
      return *pool;
    }
  }
  pools_.push_back(std::make_unique<Upstream>(loop_, buffers_, spec, setup_.health));
  for (std::size_t i = 0; i < spec.endpoints.size(); ++i) {
    const auto known = addresses.find(spec.endpoints[i].text());
    if (known != addresses.end()) pools_.back()->set_addresses(i, known->second);
  }
  return *pools_.back();
}

// Drops snapshots without exchanges, then retires pools that no snapshot names, then those that are
// empty.
void Worker::forget_unused() {
  std::erase_if(snapshots_,
                [](const auto& local) { return !local->current && local->exchanges == 0; });
  for (const auto& pool : pools_) {
    const bool named = std::any_of(snapshots_.begin(), snapshots_.end(), [&](const auto& local) {
      return std::find(local->upstreams.begin(), local->upstreams.end(), pool.get()) !=
             local->upstreams.end();
    });
    if (!named && !pool->retired()) pool->retire();
  }
  std::erase_if(policies_, [&](const auto& standing) {
    return std::none_of(snapshots_.begin(), snapshots_.end(), [&](const auto& local) {
      return std::any_of(local->chains.begin(), local->chains.end(), [&](const auto& chain) {
        return std::find(chain.begin(), chain.end(), standing->policy.get()) != chain.end();
      });
    });
  });
  std::erase_if(pools_, [](const auto& pool) { return pool->retired() && pool->gone(); });
}

// Once a second: what may be late.
void Worker::keep_house() {
  const auto since_due = loop_.now() - house_due_;
  if (house_due_ != Monotonic{}) {
    setup_.metrics.loop_lag_us.set(since_due / std::chrono::microseconds{1});
  }
  setup_.metrics.buffers_in_use.set(static_cast<std::int64_t>(buffers_.lent()));
  verdicts_.remove_expired(setup_.clock.wall());
  Counter& dropped = setup_.metrics.events_dropped;
  dropped.add(setup_.events.dropped() - dropped.value());
  if (current_ != nullptr) {
    for (std::size_t i = 0; i < current_->upstreams.size(); ++i) {
      const Upstream::Counts counts = current_->upstreams[i]->counts();
      WorkerMetrics::Upstream& gauges = setup_.metrics.upstream(current_->upstream_slots[i]);
      gauges.connections.set(static_cast<std::int64_t>(counts.open));
      gauges.idle.set(static_cast<std::int64_t>(counts.idle));
      gauges.waiting.set(static_cast<std::int64_t>(counts.waiting));
      gauges.ejected.set(static_cast<std::int64_t>(counts.ejected));
    }
    forget_unused();
  }
  house_due_ = loop_.now() + std::chrono::seconds{1};
  house_.arm(house_due_);
}

void Worker::begin_drain(std::chrono::milliseconds deadline) {
  if (draining_) return;
  draining_ = true;
  parts_.draining = true;
  doors_.clear();
  for (Connection* const connection : greeting_) connection->abort();  // they asked for nothing yet
  for_sessions([](const Entry& entry) { entry.session->drain(); });
  drain_.arm_in(deadline);
  end_if_drained();
}

// The call may end sessions, which are then passed over.
void Worker::for_sessions(const std::function<void(const Entry&)>& call) {
  std::vector<Session*> all;
  all.reserve(sessions_.size());
  for (const auto& [session, entry] : sessions_) all.push_back(session);
  for (Session* const session : all) {
    const auto found = sessions_.find(session);
    if (found != sessions_.end()) call(found->second);
  }
}

// The deadline of the drain: nothing waits for anything any more.
void Worker::cut_off() {
  for (const auto& pool : pools_) pool->give_up();
  for_sessions([this](const Entry& entry) {
    setup_.metrics.limits.reached(Limit::drain_time);
    entry.session->abort();
  });
}

void Worker::end_if_drained() {
  if (!draining_ || !sessions_.empty() || !greeting_.empty()) return;
  drain_.disarm();
  loop_.stop();
}

}  // namespace gatehouse
