// behavior/count_rule: too many refusals or failures from one address within a window.
//
// Reads    final events with a status in [status_min, status_max] that the gate refused or served.
//          What it answered because of a verdict is no evidence, or a block would feed itself.
// Holds    for each address sixteen integer counts, one for each sixteenth of the window in event
//          time: an answer counts for between fifteen and sixteen sixteenths of it.
// Full     64 partitions by the address's hash, kAddressesMax in all: in a full one the address
//          whose last count is oldest goes (ties by hash) and is counted in evicted().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/stable_hash.h"
#include "events/event.h"

namespace gatehouse {

struct CountRule {
  std::uint16_t status_min = 401;
  std::uint16_t status_max = 403;
  std::uint32_t limit = 20;
  std::int64_t window_us = 10'000'000;
  std::int64_t block_us = 60'000'000;

  bool operator==(const CountRule&) const = default;
};

// The rule as a config record carries it: "401-403 limit=20 window_us=… block_us=…".
std::string to_text(const CountRule& rule);
std::optional<CountRule> count_rule(std::string_view text);

// Why an address is blocked: "20 answers with status 401 to 403 within 10 s".
std::string count_rule_reason(const CountRule& rule, std::uint32_t count);

class AddressCounts {
 public:
  static constexpr std::size_t kAddressesMax = 65'536;
  static constexpr std::size_t kPartitions = 64;
  static constexpr int kSlices = 16;

  explicit AddressCounts(std::int64_t window_us, std::size_t addresses_max = kAddressesMax);

  // Counts one more at `at_us`, which never goes back; how many are in the window now.
  std::uint32_t add(const StableHash& address, std::int64_t at_us);
  void forget(const StableHash& address);

  std::size_t size() const;
  std::uint64_t evicted() const { return evicted_; }

 private:
  struct Entry {
    std::int64_t last_us = 0;
    std::int64_t slice = 0;  // the newest
    std::array<std::uint32_t, kSlices> counts{};
  };
  struct Partition {
    std::map<StableHash, Entry> entries;
    std::set<std::pair<std::int64_t, StableHash>> by_age;
  };

  Partition& partition_of(const StableHash& address) {
    return partitions_[address.low % kPartitions];
  }
  Entry& entry(Partition& partition, const StableHash& address, std::int64_t at_us);

  const std::int64_t slice_us_;
  const std::size_t partition_max_;
  std::array<Partition, kPartitions> partitions_;
  std::uint64_t evicted_ = 0;
};

}  // namespace gatehouse
