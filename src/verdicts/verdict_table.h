// verdicts/verdict_table: the standing verdicts, looked up by every request.
//
// Place    one per worker, touched by that worker alone; fed by its VerdictMailbox. The feed keeps
//          one more as the truth.
// Holds    one row a subject, the latest. An expired row is never found, and is removed by
//          remove_expired() or when room is needed.
// Full     at rows_max the row that expires soonest goes (an operator's rows last, ties by hash)
//          and is counted in evicted(); a row that would itself go at once is refused and counted.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "verdicts/verdict.h"

namespace gatehouse {

class VerdictTable {
 public:
  static constexpr std::size_t kRowsMax = 100'000;

  explicit VerdictTable(std::size_t rows_max = kRowsMax);
  VerdictTable(const VerdictTable&) = delete;
  VerdictTable& operator=(const VerdictTable&) = delete;
  ~VerdictTable();

  // The row of a subject, or nullptr when there is none or it has expired. Lives until the table is
  // next changed.
  const Verdict* find(const VerdictSubject& subject, WallTime now) const;

  // False when the table is full of rows that stand longer. `evicted`, if given, tells whose row
  // went.
  bool set(Verdict verdict, std::optional<VerdictSubject>* evicted = nullptr);
  bool clear(const VerdictSubject& subject);
  void clear_all();
  // At most `most` of them; how many.
  std::size_t remove_expired(WallTime now, std::size_t most = 100);

  std::size_t size() const;
  // Whether there is any row of a subject of that kind: most need no hash where there is none.
  bool holds(SubjectKind kind) const { return by_kind_[static_cast<std::size_t>(kind)] != 0; }
  bool empty() const { return count_ == 0; }
  // All rows, soonest to expire first.
  std::vector<Verdict> rows() const;
  std::uint64_t evicted() const { return evicted_; }
  std::uint64_t refused() const { return refused_; }

 private:
  struct Rows;
  void counted(SubjectKind kind, int change);

  const std::size_t rows_max_;
  const std::unique_ptr<Rows> rows_;
  std::size_t count_ = 0;
  std::array<std::uint32_t, static_cast<std::size_t>(SubjectKind::account) + 1> by_kind_{};
  std::uint64_t evicted_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace gatehouse
