// behavior/notable: who has most points, found in steps short enough to stand between two batches.
//
// Place    the engine's thread asks step() until it says that all was looked at, then page().
// Order    by total at one moment, most first, then by kind and hash; a page goes on behind a place
//          of that order, at the first page's moment, so that fading moves nobody.
// Cost     a step looks at kStepRows rows of one of the entities' 64 partitions.
// Holds    as many rows as the page may have, and one.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "behavior/scorer.h"
#include "verdicts/verdict.h"

namespace gatehouse {

struct NotablePlace {
  std::int64_t milli = 0;
  VerdictSubject subject = {};

  // Before another one: more points.
  friend bool operator<(const NotablePlace& one, const NotablePlace& other) {
    if (one.milli != other.milli) return one.milli > other.milli;
    return one.subject < other.subject;
  }
};

struct NotableQuestion {
  std::size_t rows_max = 100;
  // Of the page before.
  std::optional<NotablePlace> after = {};
  std::int64_t at_us = 0;  // 0: the moment of the first step
};

struct NotableRow {
  NotablePlace place = {};
  std::string name = {};
  MilliPoints trusted = {};
  RiskLevel level = {};
  std::int64_t since_us = 0;
  std::size_t lines = 0;
  std::string reason = {};
};

struct NotablePage {
  std::int64_t at_us = 0;
  std::vector<NotableRow> rows = {};
  std::optional<NotablePlace> last = {};  // that was looked at, if there is a next page
};

class NotableSearch {
 public:
  static constexpr std::size_t kStepRows = 2048;

  explicit NotableSearch(const NotableQuestion& question) : question_(question) {}

  // True: all was looked at.
  bool step(const Scorer& scorer, std::int64_t now_us);
  // Who went meanwhile is left out.
  NotablePage page(const Scorer& scorer) const;

 private:
  void look(const Memory& memory, const EntityRow& row, const EntityState& state);

  NotableQuestion question_;
  std::size_t partition_ = 0;
  std::size_t slot_ = 0;
  std::set<NotablePlace> found_;
};

}  // namespace gatehouse
