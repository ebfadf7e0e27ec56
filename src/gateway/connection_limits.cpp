#include "gateway/connection_limits.h"

namespace gatehouse {

std::optional<Limit> ConnectionLimits::open(const StableHash& address) {
  if (total_.fetch_add(1) >= total_max_) {
    total_.fetch_sub(1);
    return Limit::connections;
  }
  Shard& shard = shards_[address.low % kShards];
  const std::lock_guard lock(shard.mutex);
  std::uint32_t& count = shard.open[address];
  if (count < address_max_) {
    ++count;
    return std::nullopt;
  }
  total_.fetch_sub(1);
  return Limit::connections_per_address;
}

void ConnectionLimits::close(const StableHash& address) {
  total_.fetch_sub(1);
  Shard& shard = shards_[address.low % kShards];
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.open.find(address);
  if (--found->second == 0) shard.open.erase(found);
}

}  // namespace gatehouse
