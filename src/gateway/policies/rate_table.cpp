#include "gateway/policies/rate_table.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace gatehouse {
namespace {

// What one of the rate costs, in sixteenths of a nanosecond, rounded up.
std::uint64_t cost(const RateRule& rule) {
  const auto per = static_cast<std::uint64_t>(std::max<std::int64_t>(rule.per.count(), 1)) * 16;
  const std::uint64_t count = std::max<std::uint64_t>(rule.count, 1);
  return std::max<std::uint64_t>(per / count + (per % count != 0 ? 1 : 0), 1);
}

}  // namespace

RateTable::RateTable(const RateRule& rule, std::size_t keys, Monotonic begin)
    : each_(cost(rule)),
      burst_(each_ * std::max<std::uint64_t>(rule.burst, 1)),
      begin_(begin),
      sets_(std::bit_ceil(std::max<std::size_t>(keys + keys / 2, 1) / kWays + 1)),
      locks_(std::make_unique<std::mutex[]>(kLocks)) {}

RateAnswer RateTable::take(const StableHash& key, Monotonic now) {
  // Each worker's clock may be behind the table's beginning, by a turn of its loop.
  const auto since = std::max<std::int64_t>((now - begin_) / std::chrono::nanoseconds{1}, 0);
  const Ticks ticks = static_cast<Ticks>(since) * kTicksInNs + 1;
  Set& set = sets_[key.low & (sets_.size() - 1)];
  const std::uint64_t name = key.high == 0 ? 1 : key.high;  // 0 names a slot that nobody used
  RateAnswer answer;
  Slot* const slot = find(set, name);
  if (slot != nullptr && take(*slot, name, ticks, answer)) return answer;
  return add(set, name, ticks);
}

RateTable::Slot* RateTable::find(Set& set, std::uint64_t key) {
  for (Slot& slot : set.slots) {
    if (slot.key.load(std::memory_order_relaxed) == key) return &slot;
  }
  return nullptr;
}

bool RateTable::take(Slot& slot, std::uint64_t key, Ticks now, RateAnswer& answer) {
  Ticks time = slot.time.load(std::memory_order_acquire);
  while (true) {
    if (time == kTaken || time == 0) return false;
    if (slot.key.load(std::memory_order_relaxed) != key) return false;
    const Ticks next = std::max(time, now) + each_;
    if (next - now > burst_) {
      answer = answer_of(false, time, now);
      return true;
    }
    if (slot.time.compare_exchange_weak(time, next, std::memory_order_acq_rel,
                                        std::memory_order_acquire)) {
      answer = answer_of(true, next, now);
      return true;
    }
  }
}

RateAnswer RateTable::add(Set& set, std::uint64_t key, Ticks now) {
  const auto number = static_cast<std::size_t>(&set - sets_.data());
  const std::lock_guard lock(locks_[number % kLocks]);
  RateAnswer answer;
  Slot* const known = find(set, key);
  if (known != nullptr && take(*known, key, now, answer)) return answer;
  for (Slot& slot : set.slots) {
    Ticks time = slot.time.load(std::memory_order_acquire);
    if (time > now) continue;
    // Whoever uses the old key this moment has made the time another, or finds it taken.
    if (!slot.time.compare_exchange_strong(time, kTaken, std::memory_order_acq_rel)) continue;
    slot.key.store(key, std::memory_order_relaxed);
    slot.time.store(now + each_, std::memory_order_release);
    return answer_of(true, now + each_, now);
  }
  full_.fetch_add(1, std::memory_order_relaxed);
  answer.known = false;
  return answer;
}

RateAnswer RateTable::answer_of(bool admitted, Ticks time, Ticks now) const {
  const auto ns = [](Ticks ticks) {
    return std::chrono::nanoseconds{
        static_cast<std::int64_t>((ticks + kTicksInNs - 1) / kTicksInNs)};
  };
  RateAnswer answer;
  answer.admitted = admitted;
  const Ticks owed = time > now ? time - now : 0;
  answer.left = owed >= burst_ ? 0 : (burst_ - owed) / each_;
  if (answer.left == 0) answer.wait = ns(owed + each_ - burst_);
  answer.reset = ns(owed);
  return answer;
}

RateTables::Hold::Hold(Hold&& other) noexcept
    : tables_(std::exchange(other.tables_, nullptr)),
      name_(std::move(other.name_)),
      table_(std::exchange(other.table_, nullptr)) {}

RateTables::Hold::~Hold() {
  if (tables_ != nullptr) tables_->close(name_);
}

RateTables::Hold RateTables::open(const std::string& name, const RateRule& rule, std::size_t keys) {
  const std::lock_guard lock(mutex_);
  Standing& standing = tables_[name];
  if (standing.table == nullptr) {
    standing.table = std::make_unique<RateTable>(rule, keys, clock_.monotonic());
  }
  ++standing.holds;
  return {*this, name, *standing.table};
}

std::size_t RateTables::size() const {
  const std::lock_guard lock(mutex_);
  return tables_.size();
}

void RateTables::close(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = tables_.find(name);
  if (--found->second.holds == 0) tables_.erase(found);
}

}  // namespace gatehouse
