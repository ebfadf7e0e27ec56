// behavior/detectors/prevalence: for how many different entities a detector fires, and what that
// makes of its points.
//
// Place    scorer counts every entity that is seen and every one that a detector fires for, and
//          weighs contributions. What is read stands as at the last closed epoch.
// Weight   log2(1 / share) / 6 of the points, at most all, at least an eighth: a detector that
//          fires for one entity in 64 or fewer counts whole, for one in eight half. Below
//          kPopulationMin entities there is no share worth the name, and all count whole.
// Storm    over kStormEntities entities within kStormUs: true until the window ends.
// Holds    two HyperLogLogs each (see models/distinct), of 30 days and of five minutes, by place in
//          the content. Their error of 6.5% moves a weight by less than 2%.
#pragma once

#include <cstdint>
#include <map>
#include <span>

#include "base/stable_hash.h"
#include "behavior/models/distinct.h"

namespace gatehouse {

// 65,536 is the whole.
struct Part {
  std::int64_t q16 = 1 << 16;
};

class Prevalence {
 public:
  static constexpr std::int64_t kWindowUs = 30LL * 24 * 3600 * 1'000'000;
  static constexpr std::int64_t kStormUs = 300'000'000;
  static constexpr std::uint32_t kStormEntities = 50;
  static constexpr std::uint32_t kPopulationMin = 50;

  explicit Prevalence(SlabPool& pool) : pool_(pool) {}
  Prevalence(const Prevalence&) = delete;
  Prevalence& operator=(const Prevalence&) = delete;
  ~Prevalence();

  void saw(SubjectKind kind, std::uint64_t entity, std::int64_t at_us);
  // By the detector's stable hash; whether it is a storm by now.
  bool fired(std::uint64_t detector, std::uint64_t entity, std::int64_t at_us);
  Part weight(std::uint64_t detector, SubjectKind kind) const;
  void close_epoch();
  // Forgets all other detectors.
  void keep(std::span<const std::uint64_t> detectors);

 private:
  struct Counted {
    DistinctWindow open;
    std::uint32_t before = 0;  // of the window that ended last
    std::uint32_t shown = 0;
  };
  struct Fired {
    Counted entities;
    DistinctWindow storm;
  };
  void count(Counted& into, std::uint64_t entity, std::int64_t at_us);
  void show(Counted& one) const;
  void end(Fired& one);

  SlabPool& pool_;
  std::map<SubjectKind, Counted> seen_;
  std::map<std::uint64_t, Fired> fired_;
};

}  // namespace gatehouse
