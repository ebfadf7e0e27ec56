// behavior/unpaid: what was found of somebody and paid nothing, and why.
//
// Place    scorer notes it where it turns a finding away; why reads it. No judgement reads it.
// Holds    kRowsMax rows of 56 bytes: of an entity and a detector the latest finding.
// Full     a row's place follows from both hashes, among kWays; there the oldest goes, counted in
//          pushed_out(). Who asks then hears nothing of it; nothing else changes.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/stable_hash.h"

namespace gatehouse {

enum class UnpaidWhy : std::uint8_t {
  storm,   // it fired for very many at once
  family,  // a finding of its family had paid as much
  weight,  // its share, rarity and prevalence left nothing of its points
};

struct Unpaid {
  StableHash entity = {};
  std::uint64_t detector = 0;
  std::uint64_t sequence = 0;  // of the record; 0: the row is free
  std::int64_t at_us = 0;
  std::uint32_t times = 0;  // that it was turned away for this
  UnpaidWhy why = {};
};

class UnpaidFindings {
 public:
  static constexpr std::size_t kRowsMax = 8192;
  static constexpr std::size_t kWays = 4;

  void note(const StableHash& entity, std::uint64_t detector, std::uint64_t sequence,
            std::int64_t at_us, UnpaidWhy why);
  std::optional<Unpaid> find(const StableHash& entity, std::uint64_t detector) const;
  // As for an erasure.
  void forget(const StableHash& entity);
  std::uint64_t pushed_out() const { return pushed_out_; }

 private:
  static std::size_t first_of(const StableHash& entity, std::uint64_t detector);

  std::vector<Unpaid> rows_;  // none until the first is noted
  std::uint64_t pushed_out_ = 0;
};

}  // namespace gatehouse
