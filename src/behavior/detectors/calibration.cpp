#include "behavior/detectors/calibration.h"

#include <algorithm>

namespace gatehouse {

std::uint64_t Calibration::bucket_of(double score) {
  constexpr double kLeast = -16, kSteps = 4;
  // A score that is no number is the least there is.
  const double step = (score - kLeast) * kSteps;
  if (!(step > 0)) return 0;
  return static_cast<std::uint64_t>(std::min(step, static_cast<double>(kBuckets - 1)));
}

void Calibration::note(std::uint64_t detector, double score) {
  const DeltaRow row{.value = bucket_of(score), .units = now_.units, .period = now_.period};
  scores_.try_emplace(detector, kBuckets).first->second.add({&row, 1}, Lesson::learn);
}

Share Calibration::weight(std::uint64_t detector, double score) const {
  constexpr Share kWhole{Share::kOne};
  const auto found = scores_.find(detector);
  if (found == scores_.end()) return kWhole;
  const CountTable& table = found->second;
  const Weight total = value_of(table.total(), table.period(), now_);
  if (total < kScoresMin) return kWhole;
  const Weight above =
      value_of(table.between(bucket_of(score), kBuckets - 1), table.period(), now_);
  // As if one more had been as high: what was never seen is rare, not impossible.
  const auto tail = static_cast<std::uint64_t>((above + Weight::whole(1)).q16);
  const auto all = static_cast<std::uint64_t>((total + Weight::whole(1)).q16);
  const std::int64_t bits_q32 = (log2_of(all) - log2_of(std::min(tail, all))).q32;
  constexpr std::int64_t kWholeBits_q32 = Bits::whole(kWholeBits).q32;
  return Share::of(static_cast<std::uint64_t>(std::min(bits_q32, kWholeBits_q32)),
                   static_cast<std::uint64_t>(kWholeBits_q32));
}

void Calibration::close_epoch() {
  for (auto& [detector, table] : scores_) table.close_epoch();
}

void Calibration::keep(std::span<const std::uint64_t> detectors) {
  std::erase_if(scores_, [detectors](const auto& one) {
    return std::ranges::find(detectors, one.first) == detectors.end();
  });
}

}  // namespace gatehouse
