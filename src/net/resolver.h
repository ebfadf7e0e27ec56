// net/resolver: names of targets become addresses, and stay fresh, on a thread of its own.
//
// Place    upstreams watch their targets' names; whoever is called posts the answer to its loops.
// Holds    one entry a watch, at most kWatchesMax, each with at most kAddressesMax addresses; at
//          most kQueriesMax queries are under way at once, the others wait for their turn.
// Fresh    a name is asked again when nine tenths of its TTL are over; the TTL is first held
//          between ttl_min and ttl_max. /etc/hosts counts before any server; `localhost` and what
//          ends in it is this machine's loopback, without asking (RFC 6761).
// Errors   the last good answer stays; a failure is told at once when it begins and then at most
//          each kFailureTold. It is asked again after ttl_min, then ever later up to ttl_max.
// Full     watch() refuses; addresses beyond kAddressesMax are left out and counted.
// Threads  watch() and unwatch() from any thread. Answers come on the resolver's thread, which
//          they must not hold up.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "net/socket_address.h"

namespace gatehouse {

struct ResolverOptions {
  std::vector<std::string> servers = {};  // "host:port", host a literal; empty: the system's
  std::chrono::milliseconds ttl_min{1'000};
  std::chrono::milliseconds ttl_max{60'000};
  std::chrono::milliseconds timeout{2'000};  // of one try at one server; doubles with each round
  int tries = 3;                             // rounds over all servers

  bool operator==(const ResolverOptions&) const = default;
};

// What is known of a name: its addresses in a fixed order, without doubles.
struct Resolution {
  std::vector<SocketAddress> addresses = {};  // the last good answer; empty if there was none yet
  std::string failure = {};                   // why they could not be renewed; empty: they were
};

class Resolver {
 public:
  static constexpr std::size_t kWatchesMax = 1'000;
  static constexpr std::size_t kAddressesMax = 64;
  static constexpr int kQueriesMax = 64;
  static constexpr std::chrono::seconds kFailureTold{30};

  using Id = std::uint64_t;
  // Called for the first answer, for each change, and for failures and their end.
  using OnResolution = std::move_only_function<void(const Resolution&)>;

  // Fails for a server that is no literal address with a port, and for want of descriptors.
  [[nodiscard]] static Result<std::unique_ptr<Resolver>> start(const ResolverOptions& options);
  // Ends the thread; nobody is called any more.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // A literal address, or `localhost`, is answered without a query, and once. Fails at kWatchesMax.
  [[nodiscard]] Result<Id> watch(const std::string& name, std::uint16_t port, OnResolution call);
  // After it returns the call is neither running nor made again. A call may watch and unwatch.
  void unwatch(Id id);

  // Addresses that did not fit, over all answers.
  std::uint64_t addresses_left_out() const;
  // How long an answer with that TTL is used before it is asked for again.
  static std::chrono::milliseconds fresh_for(std::chrono::seconds ttl,
                                             const ResolverOptions& options);

 private:
  class Worker;
  explicit Resolver(std::unique_ptr<Worker> worker);
  std::unique_ptr<Worker> worker_;
};

}  // namespace gatehouse
