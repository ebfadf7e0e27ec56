// gateway/connection_limits: how many client connections are open, in all and for each address,
// over all workers.
//
// Asked at accept and close, never by a request: a lock a shard is cheap enough there.
#pragma once

#include <array>
#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <mutex>
#include <optional>

#include "base/stable_hash.h"
#include "metrics/limit_counts.h"

namespace gatehouse {

class ConnectionLimits {
 public:
  void set(std::uint32_t total_max, std::uint32_t address_max) {
    total_max_ = total_max;
    address_max_ = address_max;
  }
  // The limit that forbids it, and nothing is counted; without one it is open until its close().
  [[nodiscard]] std::optional<Limit> open(const StableHash& address);
  void close(const StableHash& address);
  std::uint32_t total() const { return total_; }

 private:
  static constexpr std::size_t kShards = 64;
  struct Hash {
    std::size_t operator()(const StableHash& hash) const { return hash.high; }
  };
  struct Shard {
    std::mutex mutex;
    boost::unordered_flat_map<StableHash, std::uint32_t, Hash> open;
  };

  std::atomic<std::uint32_t> total_max_{20'000};
  std::atomic<std::uint32_t> address_max_{1'000};
  std::atomic<std::uint32_t> total_{0};
  std::array<Shard, kShards> shards_;
};

}  // namespace gatehouse
