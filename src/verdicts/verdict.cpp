#include "verdicts/verdict.h"

#include <array>

namespace gatehouse {
namespace {

constexpr std::array<std::string_view, 6> kLevels = {"allow",     "watch", "slow",
                                                     "challenge", "trap",  "block"};

}  // namespace

std::string_view to_text(VerdictLevel level) { return kLevels[static_cast<std::size_t>(level)]; }

std::optional<VerdictLevel> verdict_level(std::string_view text) {
  for (std::size_t i = 0; i < kLevels.size(); ++i) {
    if (kLevels[i] == text) return static_cast<VerdictLevel>(i);
  }
  return std::nullopt;
}

const Verdict* stricter(const Verdict* one, const Verdict* other) {
  if (one == nullptr || other == nullptr) return one == nullptr ? other : one;
  if (one->level == VerdictLevel::allow) return one;
  if (other->level == VerdictLevel::allow) return other;
  return other->level > one->level ? other : one;
}

}  // namespace gatehouse
