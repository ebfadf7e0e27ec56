#include "behavior/surprise.h"

#include <algorithm>

namespace gatehouse {
namespace {

constexpr std::int64_t kDiscount_q16 = (1 << 16) / 2;

Share clamped(Uint128 q62) {
  const Uint128 most = Share::kOne;
  return {static_cast<std::uint64_t>(std::clamp(q62, Uint128{1}, most))};
}

// (seen + rest × parent) / total, all above 0.
Share mixed(std::int64_t seen_q16, std::int64_t rest_q16, Share parent, std::int64_t total_q16) {
  const auto of = [](std::int64_t q16) {
    return static_cast<Uint128>(std::max<std::int64_t>(q16, 0));
  };
  const Uint128 sum = (of(seen_q16) << 62) + of(rest_q16) * parent.q62;
  return clamped(sum / std::max(of(total_q16), Uint128{1}));
}

Share predict(const Evidence& of, Weight strength, Share parent) {
  if (of.distinct == 0) {
    return mixed(of.count.q16, strength.q16, parent, of.total.q16 + strength.q16);
  }
  const std::int64_t seen = std::max<std::int64_t>(of.count.q16 - kDiscount_q16, 0);
  const std::int64_t fresh = strength.q16 + std::int64_t{of.distinct} * kDiscount_q16;
  return mixed(seen, fresh, parent, of.total.q16 + strength.q16);
}

// A group without what self put in.
Evidence without(Evidence group, const Scopes& scopes) {
  group.count.q16 = std::max<std::int64_t>(group.count.q16 - scopes.learnt_count.q16, 0);
  group.total.q16 =
      std::max<std::int64_t>(group.total.q16 - scopes.learnt_total.q16, group.count.q16);
  return group;
}

struct Shares {
  Share self;
  Share others;
};

Shares shares_of(const Scopes& scopes) {
  const Share base = scopes.all.base;
  const Share all = predict(without(scopes.all, scopes), kStrengthUsual, base);
  const Share others = predict(without(scopes.peers, scopes), kStrengthUsual, all);
  return {predict(scopes.self, scopes.strength, others), others};
}

}  // namespace

Surprise surprise_of_value(const Scopes& scopes) {
  const auto [self, others] = shares_of(scopes);
  const bool is_new = scopes.self.count == Weight{};
  return {.bits = log2_of(others) - log2_of(self),
          .self = self,
          .others = others,
          .is_new = is_new,
          .is_new_everywhere =
              is_new && scopes.peers.count == Weight{} && scopes.all.count == Weight{}};
}

Surprise surprise_of_amount(const Scopes& scopes) {
  const auto [self, others] = shares_of(scopes);
  const bool is_new = scopes.self.count == Weight{};
  return {.bits = -log2_of(self),
          .self = self,
          .others = others,
          .is_new = is_new,
          .is_new_everywhere = is_new && scopes.all.count == Weight{}};
}

std::int64_t strength_sample_q8(std::uint32_t distinct, Weight total) {
  const Int128 square_q24 = Int128{distinct} * distinct << 24;
  // Above the greatest strength it makes no difference, and sums must not run over.
  constexpr Int128 kMost = 1 << 17;
  return static_cast<std::int64_t>(
      std::min(square_q24 / std::max<std::int64_t>(total.q16, 1 << 16), kMost));
}

Weight strength_of(std::int64_t mean_q8) {
  constexpr std::int64_t kThird_q16 = (1 << 16) / 3;
  return std::clamp(Weight{(mean_q8 << 8) / 4 - kThird_q16}, kStrengthMin, kStrengthMax);
}

}  // namespace gatehouse
