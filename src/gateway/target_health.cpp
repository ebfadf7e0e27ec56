#include "gateway/target_health.h"

namespace gatehouse {

bool TargetHealth::failed(Monotonic now, const Rule& rule) {
  if (rule.failures == 0) return false;
  const std::int64_t began = window_began_.load(std::memory_order_relaxed);
  const bool fresh = failures_.load(std::memory_order_relaxed) == 0 ||
                     Monotonic{Monotonic::duration{began}} + rule.window < now;
  if (fresh) {
    window_began_.store(ticks(now), std::memory_order_relaxed);
    failures_.store(1, std::memory_order_relaxed);
    return rule.failures == 1;
  }
  if (failures_.fetch_add(1, std::memory_order_relaxed) + 1 < rule.failures) return false;
  failures_.store(0, std::memory_order_relaxed);
  return true;
}

TargetHealth* HealthBoard::of(const std::string& upstream, const std::string& target) {
  const std::lock_guard lock(mutex_);
  const std::string key = upstream + '\n' + target;
  const auto found = targets_.find(key);
  if (found != targets_.end()) return found->second.get();
  if (targets_.size() >= kTargetsMax) return nullptr;
  return targets_.emplace(key, std::make_unique<TargetHealth>()).first->second.get();
}

}  // namespace gatehouse
