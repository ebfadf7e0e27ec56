#include "behavior/models/buckets.h"

#include <algorithm>
#include <bit>

namespace gatehouse {

std::uint64_t bucket_of(std::uint32_t count) {
  if (count < 2) return 0;
  const auto octave = static_cast<std::uint32_t>(std::bit_width(count) - 1);
  const std::uint32_t half = count >> (octave - 1) & 1U;
  return std::min<std::uint64_t>(2 * octave - 1 + half, kBuckets - 1);
}

std::uint32_t bucket_least(std::uint64_t bucket) {
  if (bucket == 0) return 1;
  const std::uint64_t octave = (bucket + 1) / 2;
  const std::uint32_t power = std::uint32_t{1} << octave;
  return bucket % 2 == 1 ? power : power + power / 2;
}

Evidence read_buckets(const CountSource& counts, std::uint64_t bucket) {
  return {.count = counts.between(bucket, kBuckets - 1),
          .total = counts.total(),
          .distinct = 0,
          .base = {Share::kOne}};
}

}  // namespace gatehouse
