// gateway/identity/token_cache: tokens that were found good, so that each is checked once.
//
// Place    one a policy and worker. The key is the token's keyed digest; an entry counts only for
//          the version of the key set that it was checked with, and until its token expires.
// Holds    at most `entries` and about `bytes` of memory.
// Full     the one that was not asked for since the hand last passed goes (clock, second chance); a
//          token that is larger than all of it is not kept.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/stable_hash.h"
#include "gateway/identity/token.h"

namespace gatehouse {

class TokenCache {
 public:
  TokenCache(std::size_t entries_max, std::size_t bytes_max)
      : entries_max_(entries_max), bytes_max_(bytes_max) {}

  // Null when it isn't known, has expired, or was checked with other keys; the latter two go.
  std::shared_ptr<const VerifiedToken> find(const StableHash& digest, std::uint64_t version,
                                            WallTime now);
  void add(const StableHash& digest, std::uint64_t version,
           std::shared_ptr<const VerifiedToken> token);

  std::size_t size() const { return slots_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Slot {
    StableHash digest;
    std::uint64_t version = 0;
    std::shared_ptr<const VerifiedToken> token;
    std::size_t bytes = 0;
    bool asked_for = false;
  };
  struct ByLow {
    std::size_t operator()(const StableHash& hash) const {
      return static_cast<std::size_t>(hash.low);  // keyed already: nobody can choose it
    }
  };

  void remove(std::size_t slot);
  void make_room(std::size_t bytes);

  const std::size_t entries_max_;
  const std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::size_t hand_ = 0;
  std::vector<Slot> slots_;
  boost::unordered_flat_map<StableHash, std::size_t, ByLow> by_digest_;
};

}  // namespace gatehouse
