// behavior/groups: what groups of peers, and everybody together, were seen to do.
//
// Place    committed deltas come in, surprise reads. One CountTable a feature and group; group 0
//          is everybody.
// Epochs   what is committed within a minute of event time is read after it: on_time() is told of
//          every record's time.
// Strength of a feature is the mean over its group's commits of what each member's own counts say
//          (see surprise), decayed with the feature's half-life. It is no lesson: taking a session
//          back does not take back its part in it.
// Holds    kTablesMax tables, of kValuesOfAll values for everybody and kValuesOfGroup for a group.
// Full     at kTablesMax a further group has no table: its members are compared with everybody
//          alone; counted in refused().
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "behavior/count_table.h"
#include "behavior/feature.h"
#include "behavior/surprise.h"

namespace gatehouse {

// A group by the low half of its name's stable hash.
using GroupId = std::uint64_t;
inline constexpr GroupId kEverybody = 0;

class Groups {
 public:
  static constexpr std::size_t kTablesMax = 1024;
  static constexpr std::size_t kValuesOfAll = 20'000;
  static constexpr std::size_t kValuesOfGroup = 2'000;
  static constexpr std::int64_t kEpochUs = 60'000'000;

  Groups() = default;
  Groups(const Groups&) = delete;
  Groups& operator=(const Groups&) = delete;

  // Rows of one feature, for the group (if it is one) and for everybody.
  void add(FeatureId feature, GroupId group, std::span<const DeltaRow> rows, Lesson lesson);
  // What a member's own counts say of the strength, as it commits.
  void sample(FeatureId feature, GroupId group, std::int64_t strength_q8, const DecayMoment& when);

  // Closes the open epoch when `at_us` lies behind it.
  void on_time(std::int64_t at_us);

  // nullptr: nothing is known.
  const CountTable* table(FeatureId feature, GroupId group) const;
  Weight strength(FeatureId feature, GroupId group, const DecayMoment& now) const;

  std::size_t tables() const { return tables_.size(); }
  std::uint64_t refused() const { return refused_; }
  std::uint64_t epochs() const { return epochs_; }
  std::size_t bytes() const;

 private:
  struct Table {
    explicit Table(std::size_t values_max) : counts(values_max) {}
    CountTable counts;
    DecayedSum samples, strength_q8;              // of the open epoch and before
    DecayedSum shown_samples, shown_strength_q8;  // as at the last close
    bool is_waiting = false;
  };
  Table* find_or_make(FeatureId feature, GroupId group);
  const Table* find(FeatureId feature, GroupId group) const;
  void wait(Table& table);

  std::map<std::pair<FeatureId, GroupId>, std::unique_ptr<Table>> tables_;
  std::vector<Table*> waiting_;
  std::int64_t epoch_ = INT64_MIN;
  std::uint64_t refused_ = 0;
  std::uint64_t epochs_ = 0;
};

}  // namespace gatehouse
