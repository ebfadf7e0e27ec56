// behavior/why: what makes up a subject's risk, line by line, and why the rest made none of it.
//
// Place    read from a scorer at a moment of its records' time; the engine's thread asks between
//          two batches. Changes nothing.
// Sum      the lines' points, as they stand here in thousandths, are the total; their trusted
//          parts the trusted total.
// Knows    what scorer, ledger and unpaid keep. Of a condition that was simply false nothing is
//          kept: such a detector is `quiet`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "behavior/scorer.h"

namespace gatehouse {

struct WhyLine {
  std::string detector = {};  // empty: the content has it no more
  std::string family = {};
  std::string attack = {};
  std::string reason = {};
  std::uint64_t sequence = 0;  // of the record; 0: the line of what is older and small
  std::int64_t at_us = 0;
  std::int64_t half_life_us = 0;
  std::uint32_t times = 1;
  PaidFactors factors = {};
  MilliPoints paid = {};     // then
  MilliPoints faded = {};    // what time has left of it
  std::size_t rank = 0;      // 1: worth most; from the fifth on it weighs 4 / rank
  MilliPoints now = {};      // what it adds to the total
  MilliPoints trusted = {};  // and to the trusted total
};

enum class NotFired : std::uint8_t {
  storm,     // it fired for very many at once
  family,    // its family had paid as much
  weight,    // its share, rarity and prevalence left nothing of its points
  immature,  // what it reads has not learnt enough
  quiet,     // nothing that it looks for was seen
};
std::string_view to_text(NotFired why);

struct WhyNot {
  std::string detector = {};
  NotFired why = NotFired::quiet;
  std::string detail = {};
  std::int64_t at_us = 0;  // 0: of no moment
};

// A level to which it falls by then if nothing more is found.
struct RiskFall {
  std::int64_t at_us = 0;
  RiskLevel level = {};
};

struct RiskNext {
  VerdictLevel level = VerdictLevel::watch;
  MilliPoints enter = {};  // of which points: all for `watch`, the trusted ones for the rest
  MilliPoints has = {};
};

struct Why {
  Subject subject = {};
  std::string name = {};
  std::int64_t at_us = 0;
  std::int64_t first_us = 0;
  std::int64_t last_us = 0;
  std::uint32_t sessions = 0;
  int users = 0;             // with whom an address, device or app was seen
  bool is_for_many = false;  // so that no verdict tells the level
  LedgerTotal total = {};
  RiskLevel level = {};
  std::int64_t since_us = 0;           // 0: it is at no level
  std::vector<WhyLine> lines = {};     // oldest first
  std::vector<WhyNot> not_fired = {};  // in order of name
  std::vector<RiskFall> falls = {};    // soonest first
  std::optional<RiskNext> next = {};
};

// Nothing: the scorer knows of no such subject.
std::optional<Why> why(const Scorer& scorer, const Subject& subject, std::int64_t at_us);

}  // namespace gatehouse
