// gateway/policies/address_set: many addresses and networks, asked whether one of them holds an
// address.
//
// Place    built while a policy is checked, immutable, shared by all workers.
// Holds    the networks as ranges, sorted and merged: 8 bytes for one of IPv4, 32 for one of IPv6.
//          An IPv4 address that is written as IPv6 is the IPv4 address (base/ip_address).
// Costs    a binary search; nothing is allocated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/ip_address.h"

namespace gatehouse {

class AddressSet {
 public:
  AddressSet() = default;  // holds nobody
  explicit AddressSet(std::span<const IpPrefix> networks);

  bool contains(const IpAddress& address) const;
  bool empty() const { return v4_first_.empty() && v6_first_.empty(); }
  std::size_t ranges() const { return v4_first_.size() + v6_first_.size(); }
  std::size_t bytes() const { return v4_first_.size() * 8 + v6_first_.size() * 32; }

 private:
  struct Wide {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    auto operator<=>(const Wide&) const = default;
  };
  static Wide wide(const IpAddress& address);

  // By their first addresses, with their last at the same place: a search touches only the first.
  std::vector<std::uint32_t> v4_first_;
  std::vector<std::uint32_t> v4_last_;
  std::vector<Wide> v6_first_;
  std::vector<Wide> v6_last_;
};

}  // namespace gatehouse
