// behavior/models/buckets: how much, in 32 steps of half an octave.
//
// 1, 2, 3, 4-5, 6-7, 8-11, 12-15, 16-23, … 49,152-65,535, and all above. A histogram over them fits
// an exact list, so what pace and distinct learn needs no sketch.
#pragma once

#include <cstdint>

#include "behavior/evidence.h"

namespace gatehouse {

inline constexpr std::uint64_t kBuckets = 32;
inline constexpr CountShape kBucketShape{.exact_max = kBuckets, .has_small_values = true};

// Of 0 as of 1.
std::uint64_t bucket_of(std::uint32_t count);
// The least count in the bucket.
std::uint32_t bucket_least(std::uint64_t bucket);

// How many windows had at least as much: the evidence of a histogram. Before any window was seen,
// every amount is as likely as any.
Evidence read_buckets(const CountSource& counts, std::uint64_t bucket);

}  // namespace gatehouse
