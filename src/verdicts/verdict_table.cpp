#include "verdicts/verdict_table.h"

#include <boost/unordered/unordered_flat_map.hpp>
#include <compare>
#include <set>
#include <type_traits>
#include <utility>

namespace gatehouse {
namespace {

// The hash is a keyed one already: its low half is as good as any mix of it.
struct SubjectHash {
  using is_avalanching = std::true_type;
  std::size_t operator()(const VerdictSubject& subject) const {
    return subject.hash.low ^ static_cast<std::uint64_t>(subject.kind);
  }
};

// The order in which rows go.
struct Turn {
  bool by_operator = false;
  WallTime expires{};
  VerdictSubject subject = {};
  auto operator<=>(const Turn&) const = default;
};

Turn turn_of(const Verdict& verdict) {
  return {
      .by_operator = verdict.by_operator, .expires = verdict.expires, .subject = verdict.subject};
}

}  // namespace

struct VerdictTable::Rows {
  boost::unordered_flat_map<VerdictSubject, Verdict, SubjectHash> by_subject;
  std::set<Turn> turns;
};

VerdictTable::VerdictTable(std::size_t rows_max)
    : rows_max_(rows_max), rows_(std::make_unique<Rows>()) {}

VerdictTable::~VerdictTable() = default;

const Verdict* VerdictTable::find(const VerdictSubject& subject, WallTime now) const {
  const auto row = rows_->by_subject.find(subject);
  if (row == rows_->by_subject.end() || row->second.expires <= now) return nullptr;
  return &row->second;
}

bool VerdictTable::set(Verdict verdict, std::optional<VerdictSubject>* evicted) {
  if (verdict.reason.size() > kVerdictReasonBytesMax) {
    verdict.reason.resize(kVerdictReasonBytesMax);
  }
  clear(verdict.subject);
  if (rows_->by_subject.size() >= rows_max_) {
    const Turn next = rows_->turns.empty() ? Turn{} : *rows_->turns.begin();
    if (rows_->turns.empty() || turn_of(verdict) < next) {
      ++refused_;
      return false;
    }
    clear(next.subject);
    ++evicted_;
    if (evicted != nullptr) *evicted = next.subject;
  }
  rows_->turns.insert(turn_of(verdict));
  const VerdictSubject subject = verdict.subject;
  rows_->by_subject.emplace(subject, std::move(verdict));
  counted(subject.kind, 1);
  return true;
}

bool VerdictTable::clear(const VerdictSubject& subject) {
  const auto row = rows_->by_subject.find(subject);
  if (row == rows_->by_subject.end()) return false;
  rows_->turns.erase(turn_of(row->second));
  counted(row->first.kind, -1);
  rows_->by_subject.erase(row);
  return true;
}

void VerdictTable::clear_all() {
  rows_->by_subject.clear();
  rows_->turns.clear();
  count_ = 0;
  by_kind_ = {};
}

void VerdictTable::counted(SubjectKind kind, int change) {
  count_ += static_cast<std::size_t>(change);
  by_kind_[static_cast<std::size_t>(kind)] += static_cast<std::uint32_t>(change);
}

std::size_t VerdictTable::remove_expired(WallTime now, std::size_t most) {
  std::size_t count = 0;
  for (const bool by_operator : {false, true}) {
    auto turn = rows_->turns.lower_bound({.by_operator = by_operator, .expires = WallTime::min()});
    for (; turn != rows_->turns.end() && turn->by_operator == by_operator && turn->expires <= now &&
           count < most;
         ++count) {
      rows_->by_subject.erase(turn->subject);
      counted(turn->subject.kind, -1);
      turn = rows_->turns.erase(turn);
    }
  }
  return count;
}

std::size_t VerdictTable::size() const { return count_; }

std::vector<Verdict> VerdictTable::rows() const {
  std::vector<Verdict> all;
  all.reserve(size());
  for (const Turn& turn : rows_->turns) all.push_back(rows_->by_subject.at(turn.subject));
  return all;
}

}  // namespace gatehouse
