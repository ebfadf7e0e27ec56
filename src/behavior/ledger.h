// behavior/ledger: an entity's risk: what it was found doing, in thousandths of a point.
//
// Place    detectors pay contributions in; levels reads totals; `why` shows the lines. The ledger
//          is the risk: there is no score beside it.
// Decays   each row from its own moment: points × 2^-((t - at) / half-life), computed from there,
//          never step by step, so that it makes no difference who looks when.
// Total    rows in order of what they are worth now; the first kFullRanks count whole, the k-th
//          kFullRanks / k of itself, so that many small things don't add up to one great thing.
//          Each line is an integer after all factors, and the total is the sum of the lines; so is
//          the trusted total that of their trusted parts.
// Family   rows of one family within its window are one row, worth the most of them.
// Trusted  of each row the part that mature models or plain facts gave; `watch` reads all points,
//          every stricter level the trusted ones alone.
// Holds    kRowsMax rows of 72 bytes in one slab block, growing with need.
// Full     the row that is worth least is folded into one line "older, small", which counts on.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/fixed_math.h"
#include "behavior/names.h"
#include "behavior/slab_pool.h"

namespace gatehouse {

// What made its points when it was paid; of each, 65,535 is the whole. 0 points: not known any
// more.
struct PaidFactors {
  std::uint16_t points = 0;      // whole ones, as the detector has them
  std::uint16_t share = 0;       // what the detector's own share said
  std::uint16_t rarity = 0;      // calibration: how rare a score so high is
  std::uint16_t prevalence = 0;  // for how few it fires
  bool operator==(const PaidFactors&) const = default;
};

struct Contribution {
  std::uint64_t detector = 0;  // of its name, the low half of the stable hash
  std::uint64_t family = 0;
  PaidFactors factors = {};
  std::uint64_t sequence = 0;  // of the record
  std::int64_t at_us = 0;
  std::int64_t half_life_us = 0;
  std::int64_t window_us = 0;  // when the family's window began
  std::int32_t milli = 0;
  std::int32_t trusted_milli = 0;
  std::uint32_t reason = kNoName;
  std::uint32_t times = 1;  // how often the family paid within the window

  MilliPoints worth(std::int64_t at_us) const;
};
static_assert(sizeof(Contribution) == 72);

struct LedgerTotal {
  MilliPoints all;
  MilliPoints trusted;
  bool operator==(const LedgerTotal&) const = default;
};

class Ledger {
 public:
  static constexpr std::size_t kRowsMax = 64;
  static constexpr std::int64_t kFullRanks = 4;
  static constexpr std::int64_t kOlderHalfLifeUs = 24LL * 3600 * 1'000'000;

  struct Line {
    const Contribution* row = nullptr;  // nullptr: older, small
    MilliPoints now;
    MilliPoints trusted = {};  // the part of the trusted total, by the rank among those
  };
  // Of the greatest worth first. The rows live until the ledger is next paid into or freed.
  struct Lines {
    std::array<Line, kRowsMax + 1> all{};
    std::size_t size = 0;
    std::span<const Line> each() const { return std::span(all).first(size); }
  };

  // `root` is where the rows are, 0 for none. Takes over one user of `reason`. False when the
  // family had paid as much already: then only `times` has changed.
  static bool pay(SlabPool& pool, Names& names, SlabPool::Handle& root, const Contribution& row,
                  std::int64_t family_window_us);
  static void free(SlabPool& pool, Names& names, SlabPool::Handle& root);

  static LedgerTotal total(const SlabPool& pool, SlabPool::Handle root, std::int64_t at_us);
  static Lines lines(const SlabPool& pool, SlabPool::Handle root, std::int64_t at_us);
  static std::span<const Contribution> rows(const SlabPool& pool, SlabPool::Handle root);
  // Takes out what is worth nothing by now; the block goes when nothing is left.
  static void sweep(SlabPool& pool, Names& names, SlabPool::Handle& root, std::int64_t at_us);
};

}  // namespace gatehouse
