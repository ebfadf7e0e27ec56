// gateway/policies/rate_table: how much each of many keys has used of a rate, exact over all
// workers.
//
// Place    one a limiter (RateTables finds it again after a reload), asked once for each request.
//          One of the named exceptions to "nothing shared on the request path".
// Rule     GCRA, the generic cell rate algorithm (ITU-T I.371 annex A; as a limiter of one number a
//          key: Brandur Leach, "Rate Limiting, Cells, and GCRA", 2015). The number is the time at
//          which all that was used will be made good; it is kept in sixteenths of a nanosecond,
//          rounded so that never more passes than the rate says.
// Holds    slots of 16 bytes in sets of kWays: 64 bits of the key's hash, and that time. A key that
//          is known costs one compare-and-swap of 64 bits; only a new one takes its set's lock.
//
//   1. A slot whose time is past equals one that was never used: a new key may take it.
//   2. The time of a slot never stands still or goes back, and is `kTaken` while its key changes:
//      who read time and then key, and swaps that time, swaps it for that key.
//   3. A key stands in at most one slot of its set: only who holds the set's lock adds one.
//
// Full     a new key in a set without a free slot is admitted and counted in full().
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/stable_hash.h"

namespace gatehouse {

struct RateRule {
  std::uint64_t count = 1;
  std::chrono::nanoseconds per{std::chrono::seconds{1}};
  std::uint64_t burst = 1;  // that may come at once; at least 1

  bool operator==(const RateRule&) const = default;
};

struct RateAnswer {
  bool admitted = true;
  bool known = true;                  // false: there was no room for the key
  std::uint64_t left = 0;             // that would pass now
  std::chrono::nanoseconds wait{0};   // until one passes; 0: now
  std::chrono::nanoseconds reset{0};  // until the whole burst may come
};

class RateTable {
 public:
  static constexpr std::size_t kWays = 16;

  // For `keys` at a time, and half as many again.
  RateTable(const RateRule& rule, std::size_t keys, Monotonic begin);
  RateTable(const RateTable&) = delete;
  RateTable& operator=(const RateTable&) = delete;

  // Any thread.
  RateAnswer take(const StableHash& key, Monotonic now);

  std::uint64_t full() const { return full_.load(std::memory_order_relaxed); }
  std::size_t bytes() const { return sets_.size() * sizeof(Set); }

 private:
  using Ticks = std::uint64_t;  // since `begin_`; 0: never used
  static constexpr Ticks kTicksInNs = 16;
  static constexpr Ticks kTaken = UINT64_MAX;
  static constexpr std::size_t kLocks = 256;

  struct Slot {
    std::atomic<std::uint64_t> key{0};
    std::atomic<Ticks> time{0};
  };
  struct alignas(64) Set {
    Slot slots[kWays];
  };

  Slot* find(Set& set, std::uint64_t key);
  // Nothing: the slot is another key's by now.
  bool take(Slot& slot, std::uint64_t key, Ticks now, RateAnswer& answer);
  RateAnswer add(Set& set, std::uint64_t key, Ticks now);
  RateAnswer answer_of(bool admitted, Ticks time, Ticks now) const;

  const Ticks each_;   // what one costs
  const Ticks burst_;  // what may be owed
  const Monotonic begin_;
  std::vector<Set> sets_;  // a power of two of them
  std::unique_ptr<std::mutex[]> locks_;
  std::atomic<std::uint64_t> full_{0};
};

// Owns the tables by what they count, each for as long as somebody holds it: workers build their
// policies anew from the same declaration and find what was counted.
class RateTables {
 public:
  class Hold {
   public:
    Hold() = default;
    Hold(Hold&& other) noexcept;
    Hold& operator=(Hold&&) = delete;
    ~Hold();
    RateTable* get() const { return table_; }

   private:
    friend class RateTables;
    Hold(RateTables& tables, const std::string& name, RateTable& table)
        : tables_(&tables), name_(name), table_(&table) {}

    RateTables* tables_ = nullptr;
    std::string name_;
    RateTable* table_ = nullptr;
  };

  explicit RateTables(const Clock& clock) : clock_(clock) {}
  RateTables(const RateTables&) = delete;
  RateTables& operator=(const RateTables&) = delete;

  // Any thread, never for a request. `name` tells what is counted: policy, rate and kind of key.
  Hold open(const std::string& name, const RateRule& rule, std::size_t keys);
  std::size_t size() const;

 private:
  struct Standing {
    std::unique_ptr<RateTable> table;
    std::size_t holds = 0;
  };
  void close(const std::string& name);

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Standing> tables_;
};

}  // namespace gatehouse
