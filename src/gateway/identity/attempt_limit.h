// gateway/identity/attempt_limit: how many refused tokens or passwords an address may show before
// its further ones are not even checked.
//
// Place    one a policy and worker: the kernel deals connections out, so an address may fail that
//          often on each worker; the policy's page says so.
// Holds    kSets sets of kWays addresses, in 64 KiB that never grow.
// Full     in a full set the address that is nearest to being forgiven is forgotten: who has many
//          addresses is not held back by this, and nobody else is held back for it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/stable_hash.h"

namespace gatehouse {

class AttemptLimit {
 public:
  static constexpr std::size_t kSets = 1'024;
  static constexpr std::size_t kWays = 4;

  // `count` refusals at once, and then as many in each `per` (GCRA); 0 is no limit.
  AttemptLimit(std::uint64_t count, std::chrono::milliseconds per);

  // Nothing: what is shown may be checked; else how long to wait until it may.
  std::optional<std::chrono::seconds> wait_for(const StableHash& address, Monotonic now) const;
  void refused(const StableHash& address, Monotonic now);
  // Takes one refusal back: of what was counted before its check and then held.
  void forgive(const StableHash& address);

 private:
  struct Way {
    std::uint64_t address = 0;
    Monotonic full{};  // when all that it may spend is there again
  };
  using Set = std::array<Way, kWays>;

  const Set& set_of(const StableHash& address) const { return sets_[address.low % kSets]; }

  const Monotonic::duration each_;  // what one refusal costs
  const Monotonic::duration most_;  // what may be owed
  std::vector<Set> sets_;           // none: no limit
};

}  // namespace gatehouse
