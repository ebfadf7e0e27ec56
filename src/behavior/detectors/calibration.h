// behavior/detectors/calibration: how rare a detector's score is among all that it has given.
//
// Place    a detector with a `score` has it counted for every event that has one, whether its
//          condition holds or not; its points are weighed by how far out in the tail the score is.
// Weight   -log2(share of scores at least as high) / 10: one in 1,024 counts whole, one in 32 half.
//          A score that everybody gives is worth nothing, however great the number looks. Below
//          kScoresMin scores, whole: nothing is known yet.
// Read     as at the last closed epoch; scores fade with a half-life of 30 days.
// Holds    256 buckets of a quarter each, from -16 to 48, for each detector of the content.
// Error    a score is taken for the least of its bucket: a quarter of a bit too few.
#pragma once

#include <cstdint>
#include <map>
#include <span>

#include "base/fixed_math.h"
#include "behavior/count_table.h"
#include "behavior/decay.h"

namespace gatehouse {

class Calibration {
 public:
  static constexpr Weight kScoresMin = Weight::whole(100);
  static constexpr std::int64_t kWholeBits = 10;

  void set_moment(std::int64_t at_us) { now_ = decay_.at(at_us); }
  void note(std::uint64_t detector, double score);
  Share weight(std::uint64_t detector, double score) const;
  void close_epoch();
  // Forgets all other detectors.
  void keep(std::span<const std::uint64_t> detectors);

  static std::uint64_t bucket_of(double score);

 private:
  static constexpr std::size_t kBuckets = 256;

  const Decay decay_{30LL * 24 * 3600 * 1'000'000};
  DecayMoment now_;
  std::map<std::uint64_t, CountTable> scores_;
};

}  // namespace gatehouse
