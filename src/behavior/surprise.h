// behavior/surprise: how much a value speaks against somebody, in bits.
//
// Place    facts gathers the evidence of three scopes, detectors read the bits.
// Values   predictive probability by a Pitman-Yor process with discount .5 (Teh, "A hierarchical
//          Bayesian language model based on Pitman-Yor processes", 2006): self backs off to peers,
//          peers to all, all to the base. bits = log2(share for others / share for self): above 0
//          when the event is likelier somebody else's. Others are the groups less what self put
//          into them. A value that self never used costs log2((n + strength) / (strength + D / 2)),
//          whether others know it or not: the other half is told by is_new_everywhere.
// Amounts  the share of windows with at least as much, backed off in the same way without discount;
//          bits = -log2 of it. So 7 bits are one window in 128.
// Strength of self: how many events of others weigh as much as self's own. From peers: D distinct
//          values of n events mean a strength of about D² / 4n - 1/3, since D grows with
//          2 sqrt(n (strength + 1/3)) at a discount of .5.
// Error    integers throughout; a share is rounded down by less than 2^-61.
#pragma once

#include "base/fixed_math.h"
#include "behavior/evidence.h"

namespace gatehouse {

inline constexpr Weight kStrengthMin = {(1 << 16) / 4};
inline constexpr Weight kStrengthMax = Weight::whole(32);
inline constexpr Weight kStrengthUsual = Weight::whole(1);

struct Scopes {
  Evidence self = {};  // what was learnt and the session's own
  Evidence peers = {};
  Evidence all = {};
  // Of self, what was learnt: so much of the groups is its own.
  Weight learnt_count = {};
  Weight learnt_total = {};
  Weight strength = kStrengthUsual;
};

struct Surprise {
  Bits bits;
  Share self;    // the share that self gives the value
  Share others;  // the one that others give it
  bool is_new = false;
  bool is_new_everywhere = false;
};

Surprise surprise_of_value(const Scopes& scopes);
Surprise surprise_of_amount(const Scopes& scopes);

// Of one entity's distinct values and events: what it adds to the mean of its group.
std::int64_t strength_sample_q8(std::uint32_t distinct, Weight total);
// Of a group's mean of samples.
Weight strength_of(std::int64_t mean_q8);

}  // namespace gatehouse
