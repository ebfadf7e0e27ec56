// metrics/histogram: how long things took, in buckets of microseconds that never change.
//
// Buckets  two to each doubling, from 32 us to 67 s: 32, 48, 64, 96, … A bound belongs to its
//          bucket. What took longer is in the last one. A quantile read from it is at most half
//          as large again as the true one.
// Writers  one thread; any thread reads (metrics/counter).
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "metrics/counter.h"

namespace gatehouse {

class Histogram {
 public:
  static constexpr unsigned kFirstDoubling = 5;  // 2^5 us
  static constexpr unsigned kLastDoubling = 26;
  static constexpr std::size_t kBuckets = 2 * (kLastDoubling - kFirstDoubling) + 2;

  // Several histograms added up, by whoever gathers.
  struct Totals {
    std::array<std::uint64_t, kBuckets> counts{};
    std::uint64_t sum_us = 0;

    std::uint64_t count() const;
  };

  void record(std::uint64_t us) {
    counts_[bucket_of(us)].add();
    sum_us_.add(us);
  }
  void add_to(Totals& totals) const;

  static constexpr std::size_t bucket_of(std::uint64_t us) {
    if (us <= std::uint64_t{1} << kFirstDoubling) return 0;
    const std::uint64_t below = us - 1;
    const auto doubling = static_cast<unsigned>(std::bit_width(below)) - 1;
    if (doubling >= kLastDoubling) return kBuckets - 1;
    return 1 + 2 * (doubling - kFirstDoubling) + ((below >> (doubling - 1)) & 1);
  }
  // The largest value in the bucket; the last has none.
  static constexpr std::uint64_t bound_of(std::size_t bucket) {
    const std::uint64_t doubled = std::uint64_t{1} << (kFirstDoubling + bucket / 2);
    return bucket % 2 == 0 ? doubled : doubled / 2 * 3;
  }

 private:
  std::array<Counter, kBuckets> counts_;
  Counter sum_us_;
};

}  // namespace gatehouse
