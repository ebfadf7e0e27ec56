// behavior/detectors/content: detectors and the features that they read, from YAML to something
// that runs.
//
//   features:
//     user.routes: { model: seen, value: route }
//     address.tries: { model: distinct, value: sign_in_user, window: 5m,
//                      where: event.sign_in == "failed" }
//   detectors:
//     new_route:
//       when: user.routes.new && user.routes.surprise > 6.0
//       about: user
//       points: 30
//       reason: "first use of {event.route}, {user.routes.surprise} bits"
//   thresholds:
//     watch: { enter: 40, leave: 25 }
//
// Place    the journal's content records carry the text; scorer runs what was read. Immutable.
// Names    a feature is the kind of entity that it is learnt of, a dot and a word of its own.
// Files    a content may come from several; no name and no thresholds may stand in two. Put
//          together as one text, each begins with a line `--- # its name`, so that a fault found
//          later still names its file and line.
// Errors   diagnostics, all of one text in one run; a text with an error gives nothing.
// Full     kFeaturesMax features, kDetectorsMax detectors, kContentBytesMax bytes.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/diagnostics.h"
#include "behavior/detectors/facts.h"
#include "behavior/feature.h"
#include "behavior/risk_levels.h"
#include "expr/program.h"

namespace gatehouse {

inline constexpr std::size_t kContentBytesMax = 256 * 1024;

// A sentence with facts in it: "first use of {event.route}".
struct Sentence {
  using Part = std::variant<std::string, Slot>;
  std::vector<Part> parts;

  // At most kNameBytesMax bytes. A fact that isn't there is "?".
  std::string text(Environment& facts) const;
};

struct Detector {
  std::string name;
  std::string family;
  std::string attack;  // ATT&CK
  SubjectKind about = SubjectKind::user;
  bool is_fact = false;  // needs no maturity, is never weighed by prevalence, never muted
  MilliPoints points;
  std::int64_t half_life_us = 0;
  std::int64_t window_us = 0;  // within which the family pays once
  std::optional<Program> when;
  std::optional<Program> share;  // 0 to 1: how much of the points
  std::optional<Program> score;  // what the points are weighed by (calibration)
  Sentence reason;
  std::vector<std::uint16_t> reads;  // features that conditions and shares ask, by place
};

struct Content {
  static constexpr std::size_t kFeaturesMax = 128;
  static constexpr std::size_t kDetectorsMax = 512;

  std::vector<Feature> features;              // in order of name
  std::vector<std::optional<Program>> where;  // beside them
  std::vector<bool> is_read;                  // beside them: by a condition, share or reason
  std::vector<Detector> detectors;            // in order of name
  RiskThresholds thresholds;
};

struct ContentFile {
  std::string name;
  std::string text;
};

// One text of all, each named without its folders; empty without any.
std::string join_content(std::span<const ContentFile> files);

std::shared_ptr<const Content> read_content(std::span<const ContentFile> files,
                                            Diagnostics& diagnostics);
// Of one file's text, or one that was joined.
std::shared_ptr<const Content> read_content(std::string_view text, const std::string& file,
                                            Diagnostics& diagnostics);

}  // namespace gatehouse
