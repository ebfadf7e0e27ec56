// behavior/doorkeeper: how often a name that nobody has proved was seen, without keeping the name.
//
// Place    before state is made for an unverified name or address: it gets none until it was seen
//          three times. Verified ones never knock.
// Holds    kCells counters up to 3, four for each name by different bits of its hash, of this
//          generation and of the one before: 128 KiB, whatever comes. (Count-min with conservative
//          update: Cormode, Muthukrishnan 2005; Estan, Varghese 2002; as a doorkeeper: Einziger,
//          Friedman, Manes, "TinyLFU", 2017.)
// Fades    a new generation begins after generation_us of event time, or when kNamesMax names are
//          new in this one: knocks count for one to two generations. A flood of names therefore
//          makes it forget sooner; it never makes it let in more.
// Error    never counts too few of what both generations hold. A name is let in too early when
//          others fill all of its four cells in one of them: with probability
//          2 (1 - e^(-4 kNamesMax / kCells))^4 < 0.04%, each name being seen twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/stable_hash.h"

namespace gatehouse {

class Doorkeeper {
 public:
  static constexpr std::size_t kCells = std::size_t{1} << 18;
  static constexpr std::size_t kNamesMax = 8192;
  static constexpr std::uint32_t kKnocks = 3;
  static constexpr std::int64_t kGenerationUs = 3'600'000'000;

  explicit Doorkeeper(std::int64_t generation_us = kGenerationUs);

  // Counts one sight of the name; is it the third (or later)?
  bool knock(const StableHash& name, std::int64_t at_us);

  std::uint64_t generations() const { return generations_; }

 private:
  void turn_generation();

  const std::int64_t generation_us_;
  std::vector<std::uint8_t> cells_;  // two in a byte; each: this generation 2 bits, the former 2
  std::int64_t began_us_ = INT64_MIN;
  std::size_t names_ = 0;  // about how many are new in this generation
  std::uint64_t generations_ = 0;
};

}  // namespace gatehouse
