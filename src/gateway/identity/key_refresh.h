// gateway/identity/key_refresh: when a key set is asked for again; times in, decisions out.
//
// Place    one a source, on the keys' thread.
// Rules    after a success: as long as the answer says (max-age), held between `least` and `most`;
//          without a word, `most`. After a failure: a second, doubling up to kPauseMax. An unknown
//          `kid` brings it forward, but never nearer than `least` to the last try.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/clock.h"

namespace gatehouse {

class KeyRefresh {
 public:
  using Time = std::chrono::milliseconds;
  static constexpr Time kPauseMin{1'000};
  static constexpr Time kPauseMax{60'000};

  KeyRefresh(Time least, Time most) : least_(least), most_(std::max(least, most)) {}

  bool is_due(Monotonic now) const { return !under_way_ && now >= due_; }
  void began(Monotonic now) {
    under_way_ = true;
    last_ = now;
  }
  void succeeded(Monotonic now, std::optional<Time> max_age) {
    under_way_ = false;
    pause_ = kPauseMin;
    due_ = now + std::clamp(max_age.value_or(most_), least_, most_);
  }
  void failed(Monotonic now) {
    under_way_ = false;
    due_ = now + pause_;
    pause_ = std::min(pause_ * 2, kPauseMax);
  }
  // Somebody asked for a key that isn't there.
  void missed() {
    if (!under_way_ && last_) due_ = std::min(due_, *last_ + least_);
  }

 private:
  const Time least_;
  const Time most_;
  Time pause_ = kPauseMin;
  Monotonic due_{};
  std::optional<Monotonic> last_;
  bool under_way_ = false;
};

}  // namespace gatehouse
