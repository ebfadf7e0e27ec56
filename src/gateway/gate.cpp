#include "gateway/gate.h"

#include <unistd.h>

#include <algorithm>
#include <future>
#include <set>

namespace gatehouse {

struct Gate::Member {
  explicit Member(EventQueue& queue) : events(queue) {}

  EventQueue& events;
  WorkerMetrics metrics;
  Worker* worker = nullptr;  // lives on the thread's own stack
  std::thread thread;
};

Gate::Gate(const Parts& parts, std::size_t workers)
    : parts_(parts), keys_(parts.log), rates_(parts.clock) {
  for (std::size_t i = 0; i < workers; ++i) {
    workers_.push_back(std::make_unique<Member>(parts_.sequencer.add_queue()));
  }
}

Gate::~Gate() { drain(std::chrono::milliseconds{0}); }

Status Gate::start(const std::shared_ptr<const Snapshot>& snapshot) {
  auto listeners = open_listeners(*snapshot);
  if (!listeners) return fail(std::move(listeners).error());
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    Member& member = *workers_[i];
    std::promise<Worker*> built;
    std::future<Worker*> worker = built.get_future();
    member.thread = std::thread([this, &member, i, &built] {
      Worker own({static_cast<std::uint16_t>(i), parts_.clock, parts_.key, member.events,
                  member.metrics, health_, connections_, route_names_, upstream_names_, &keys_,
                  &passwords_, &rates_});
      built.set_value(&own);
      own.run();
    });
    member.worker = worker.get();
    member.worker->follow(parts_.verdicts);
  }
  if (Status watching = watch_names(*snapshot); !watching) {
    close(*listeners);
    return watching;
  }
  hand_out(snapshot, *std::move(listeners));
  ready_ = true;
  return {};
}

Status Gate::apply(const std::shared_ptr<const Snapshot>& snapshot) {
  auto listeners = open_listeners(*snapshot);
  if (!listeners) return fail(std::move(listeners).error());
  if (Status watching = watch_names(*snapshot); !watching) {
    close(*listeners);
    return watching;
  }
  hand_out(snapshot, *std::move(listeners));
  return {};
}

// One descriptor a worker for each address that is not listened on yet; on failure none stays open.
Result<Gate::Listeners> Gate::open_listeners(const Snapshot& snapshot) const {
  Listeners listeners;
  listeners.fresh.resize(workers_.size());
  const std::lock_guard lock(mutex_);
  for (const ListenerRules& rules : snapshot.listeners()) {
    const auto known = bound_.find(rules.address);
    if (known != bound_.end()) {
      listeners.bound.insert(*known);
      continue;
    }
    SocketAddress address = rules.bind;
    for (auto& descriptors : listeners.fresh) {
      auto fd = Listener::open(address);
      if (!fd) {
        close(listeners);
        return fail(std::move(fd).error());
      }
      descriptors.emplace(rules.address, *fd);
      address = SocketAddress::local_of(*fd);  // port 0: the others share the one that was given
    }
    listeners.bound.emplace(rules.address, address);
  }
  return listeners;
}

void Gate::close(const Listeners& listeners) {
  for (const auto& descriptors : listeners.fresh) {
    for (const auto& [address, fd] : descriptors) ::close(fd);
  }
}

void Gate::hand_out(const std::shared_ptr<const Snapshot>& snapshot, Listeners listeners) {
  connections_.set(snapshot->config().limits.connections,
                   snapshot->config().limits.connections_per_address);
  AddressBook book;
  {
    const std::lock_guard lock(mutex_);
    snapshot_ = snapshot;
    bound_ = std::move(listeners.bound);
    book = book_;
  }
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    workers_[i]->worker->apply(snapshot, std::move(listeners.fresh[i]), book);
  }
}

Status Gate::watch_names(const Snapshot& snapshot) {
  const ResolverConfig& config = snapshot.config().resolver;
  ResolverOptions options;
  for (const Endpoint& server : config.servers) options.servers.push_back(to_text(server));
  options.ttl_min = config.ttl_min;
  options.ttl_max = config.ttl_max;
  keys_.set_resolver(options);
  if (resolver_ == nullptr || options != resolver_options_) {
    auto resolver = Resolver::start(options);
    if (!resolver) return fail(std::move(resolver).error());
    resolver_ = *std::move(resolver);  // the old one ends; last answers stay in the book
    resolver_options_ = options;
    watched_.clear();
  }
  std::set<std::string> wanted;
  for (const UpstreamSpec& upstream : snapshot.upstreams()) {
    for (const auto& endpoint : upstream.endpoints) {
      if (SocketAddress::parse(endpoint.host, endpoint.port)) continue;
      const std::string name = endpoint.text();
      wanted.insert(name);
      if (watched_.contains(name)) continue;
      auto id = resolver_->watch(endpoint.host, endpoint.port, [this, name](const Resolution& now) {
        on_addresses(name, now.addresses);  // the last good ones; none says that it has no answer
      });
      if (!id) return fail(std::move(id).error());
      watched_.emplace(name, *id);
    }
  }
  std::erase_if(watched_, [&](const auto& one) {
    if (wanted.contains(one.first)) return false;
    resolver_->unwatch(one.second);
    return true;
  });
  return {};
}

void Gate::on_addresses(const std::string& endpoint, const std::vector<SocketAddress>& addresses) {
  const std::lock_guard lock(mutex_);
  book_[endpoint] = addresses;
  for (const auto& member : workers_) {
    if (member->worker != nullptr) member->worker->set_addresses(endpoint, addresses);
  }
}

void Gate::drain(std::chrono::milliseconds deadline) {
  ready_ = false;
  resolver_.reset();
  for (const auto& member : workers_) {
    if (member->worker != nullptr) member->worker->drain(deadline);
  }
  for (const auto& member : workers_) {
    if (member->thread.joinable()) member->thread.join();
    member->worker = nullptr;
  }
}

std::shared_ptr<const Snapshot> Gate::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

std::vector<std::string> Gate::addresses() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> all;
  if (snapshot_ == nullptr) return all;
  for (const ListenerRules& rules : snapshot_->listeners()) {
    all.push_back(bound_.at(rules.address).to_text());
  }
  return all;
}

std::vector<const WorkerMetrics*> Gate::metrics() const {
  std::vector<const WorkerMetrics*> all;
  for (const auto& member : workers_) all.push_back(&member->metrics);
  return all;
}

}  // namespace gatehouse
