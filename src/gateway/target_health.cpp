#include "gateway/target_health.h"

namespace gatehouse {

bool TargetHealth::failed(Monotonic now, const Rule& rule) {
  if (rule.failures == 0) return false;
  const auto length =
      static_cast<std::uint64_t>(Monotonic::duration{rule.window / kPieces}.count());
  const std::uint64_t number = static_cast<std::uint64_t>(ticks(now)) / length;
  Piece& mine = pieces_[number % pieces_.size()];
  std::uint64_t seen = mine.load(std::memory_order_relaxed);
  std::uint64_t next = 0;
  do {
    next = seen >> 32 == number ? seen + 1 : number << 32 | 1;
  } while (!mine.compare_exchange_weak(seen, next, std::memory_order_relaxed));

  std::uint64_t failures = 0;
  for (const Piece& piece : pieces_) {
    const std::uint64_t held = piece.load(std::memory_order_relaxed);
    if (number - (held >> 32) <= kPieces) failures += held & 0xffff'ffff;
  }
  if (failures < rule.failures) return false;
  for (Piece& piece : pieces_) piece.store(0, std::memory_order_relaxed);
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
