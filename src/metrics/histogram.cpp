#include "metrics/histogram.h"

#include <numeric>

namespace gatehouse {

std::uint64_t Histogram::Totals::count() const {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

void Histogram::add_to(Totals& totals) const {
  for (std::size_t i = 0; i < kBuckets; ++i) totals.counts[i] += counts_[i].value();
  totals.sum_us += sum_us_.value();
}

}  // namespace gatehouse
