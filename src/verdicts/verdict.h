// verdicts/verdict: what the gate does about a subject, until when, and why.
//
// A level is a rung: a stricter one includes the care of those below. `allow` is not the lowest
// rung but an operator's word that overrules all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/stable_hash.h"

namespace gatehouse {

enum class VerdictLevel : std::uint8_t { allow, watch, slow, challenge, trap, block };

inline constexpr std::size_t kVerdictLevels = 6;

std::string_view to_text(VerdictLevel level);
std::optional<VerdictLevel> verdict_level(std::string_view text);

inline constexpr std::size_t kVerdictReasonBytesMax = 200;

// The subject's hash already has its kind mixed in (base/stable_hash).
struct VerdictSubject {
  SubjectKind kind = SubjectKind::none;
  StableHash hash;
  auto operator<=>(const VerdictSubject&) const = default;
};

struct Verdict {
  VerdictSubject subject;
  VerdictLevel level = VerdictLevel::watch;
  bool by_operator = false;
  // The fuse: from here on the row is void even if nobody removes it.
  WallTime expires{};
  std::string reason = {};
  WallTime since = {};  // when it was set; a sign-in after it passes a challenge

  bool operator==(const Verdict&) const = default;
};

// Of two that apply to one request the one that counts; either may be absent. An operator's allow
// wins, else the stricter, else the first.
const Verdict* stricter(const Verdict* one, const Verdict* other);

}  // namespace gatehouse
