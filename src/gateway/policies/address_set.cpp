#include "gateway/policies/address_set.h"

#include <algorithm>

namespace gatehouse {
namespace {

template <class Number>
bool holds(const std::vector<Number>& first, const std::vector<Number>& last, const Number& one) {
  const auto after = std::upper_bound(first.begin(), first.end(), one);
  return after != first.begin() && one <= last[static_cast<std::size_t>(after - first.begin()) - 1];
}

}  // namespace

AddressSet::Wide AddressSet::wide(const IpAddress& address) {
  Wide number;
  for (std::size_t i = 0; i < 8; ++i) {
    number.high = number.high << 8 | address.bytes[i];
    number.low = number.low << 8 | address.bytes[i + 8];
  }
  return number;
}

AddressSet::AddressSet(std::span<const IpPrefix> networks) {
  struct Range {
    Wide first;
    Wide last;
    bool v4 = false;
  };
  std::vector<Range> ranges;
  ranges.reserve(networks.size());
  for (const IpPrefix& one : networks) {
    ranges.push_back({wide(one.network), wide(one.last()), one.is_v4()});
  }
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) {
    return a.v4 != b.v4 ? a.v4 < b.v4 : a.first < b.first;
  });
  std::vector<Range> merged;
  for (const Range& range : ranges) {
    if (!merged.empty() && merged.back().v4 == range.v4) {
      Range& before = merged.back();
      const Wide next{before.last.high, before.last.low + 1};
      if (range.first <= before.last || range.first == next) {
        before.last = std::max(before.last, range.last);
        continue;
      }
    }
    merged.push_back(range);
  }
  for (const Range& range : merged) {
    if (range.v4) {
      v4_first_.push_back(static_cast<std::uint32_t>(range.first.low));
      v4_last_.push_back(static_cast<std::uint32_t>(range.last.low));
    } else {
      v6_first_.push_back(range.first);
      v6_last_.push_back(range.last);
    }
  }
  v4_first_.shrink_to_fit();
  v4_last_.shrink_to_fit();
  v6_first_.shrink_to_fit();
  v6_last_.shrink_to_fit();
}

bool AddressSet::contains(const IpAddress& address) const {
  const Wide number = wide(address);
  if (address.is_v4()) return holds(v4_first_, v4_last_, static_cast<std::uint32_t>(number.low));
  return holds(v6_first_, v6_last_, number);
}

}  // namespace gatehouse
