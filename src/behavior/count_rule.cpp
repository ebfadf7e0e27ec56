#include "behavior/count_rule.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <concepts>
#include <numeric>

namespace gatehouse {
namespace {

// Takes `word` and then a number off the front of the text.
template <std::integral T>
bool take(std::string_view& text, std::string_view word, T& number) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

// "10 s", "1.5 s", "2 min".
std::string span_text(std::int64_t us) {
  if (us % 60'000'000 == 0) return fmt::format("{} min", us / 60'000'000);
  if (us % 1'000'000 == 0) return fmt::format("{} s", us / 1'000'000);
  return fmt::format("{} ms", us / 1000);
}

}  // namespace

std::string to_text(const CountRule& rule) {
  return fmt::format("{}-{} limit={} window_us={} block_us={}", rule.status_min, rule.status_max,
                     rule.limit, rule.window_us, rule.block_us);
}

std::optional<CountRule> count_rule(std::string_view text) {
  CountRule rule;
  const bool is_whole = take(text, "", rule.status_min) && take(text, "-", rule.status_max) &&
                        take(text, " limit=", rule.limit) &&
                        take(text, " window_us=", rule.window_us) &&
                        take(text, " block_us=", rule.block_us);
  const bool is_sane = rule.limit > 0 && rule.window_us > 0 && rule.block_us > 0;
  return is_whole && is_sane && text.empty() ? std::optional(rule) : std::nullopt;
}

std::string count_rule_reason(const CountRule& rule, std::uint32_t count) {
  const std::string status = rule.status_min == rule.status_max
                                 ? fmt::format("{}", rule.status_min)
                                 : fmt::format("{} to {}", rule.status_min, rule.status_max);
  return fmt::format("{} answers with status {} within {}", count, status,
                     span_text(rule.window_us));
}

AddressCounts::AddressCounts(std::int64_t window_us, std::size_t addresses_max)
    : slice_us_(std::max<std::int64_t>(1, window_us / kSlices)),
      partition_max_(std::max<std::size_t>(1, addresses_max / kPartitions)) {}

std::uint32_t AddressCounts::add(const StableHash& address, std::int64_t at_us) {
  Partition& partition = partition_of(address);
  Entry& found = entry(partition, address, at_us);
  const std::int64_t slice = at_us / slice_us_;
  const std::int64_t passed = std::min<std::int64_t>(slice - found.slice, kSlices);
  for (std::int64_t i = 1; i <= passed; ++i) {
    found.counts[static_cast<std::size_t>((found.slice + i) % kSlices)] = 0;
  }
  found.slice = std::max(found.slice, slice);
  ++found.counts[static_cast<std::size_t>(found.slice % kSlices)];
  return std::accumulate(found.counts.begin(), found.counts.end(), 0U);
}

// The address's entry, its age renewed.
AddressCounts::Entry& AddressCounts::entry(Partition& partition, const StableHash& address,
                                           std::int64_t at_us) {
  const auto known = partition.entries.find(address);
  if (known != partition.entries.end()) {
    partition.by_age.erase({known->second.last_us, address});
    partition.by_age.insert({at_us, address});
    known->second.last_us = at_us;
    return known->second;
  }
  if (partition.entries.size() >= partition_max_) {
    partition.entries.erase(partition.by_age.begin()->second);
    partition.by_age.erase(partition.by_age.begin());
    ++evicted_;
  }
  partition.by_age.insert({at_us, address});
  return partition.entries.emplace(address, Entry{.last_us = at_us, .slice = at_us / slice_us_})
      .first->second;
}

void AddressCounts::forget(const StableHash& address) {
  Partition& partition = partition_of(address);
  const auto known = partition.entries.find(address);
  if (known == partition.entries.end()) return;
  partition.by_age.erase({known->second.last_us, address});
  partition.entries.erase(known);
}

std::size_t AddressCounts::size() const {
  std::size_t sum = 0;
  for (const Partition& partition : partitions_) sum += partition.entries.size();
  return sum;
}

}  // namespace gatehouse
