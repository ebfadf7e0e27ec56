// behavior/detectors/content_config: the options of features and detectors, as content writes them.
//
// Place    content reads them with config/reader; the reference page lists them.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "behavior/feature.h"
#include "config/option.h"
#include "config/reader.h"
#include "config/scalar.h"

namespace gatehouse {

template <>
struct Words<ModelKind> {
  static constexpr std::array list{Word{"seen", ModelKind::seen}, Word{"hours", ModelKind::hours},
                                   Word{"pace", ModelKind::pace},
                                   Word{"distinct", ModelKind::distinct}};
};

template <>
struct Words<EventValue> {
  static constexpr std::array list{
      Word{"none", EventValue::none},
      Word{"method", EventValue::method},
      Word{"host", EventValue::host},
      Word{"api", EventValue::api},
      Word{"route", EventValue::route},
      Word{"path", EventValue::path},
      Word{"query_names", EventValue::query_names},
      Word{"upstream", EventValue::upstream},
      Word{"status", EventValue::status},
      Word{"error_code", EventValue::error_code},
      Word{"user_agent", EventValue::user_agent},
      Word{"sign_in_user", EventValue::sign_in_user},
      Word{"address", EventValue::address},
      Word{"network", EventValue::network},
      Word{"user", EventValue::user},
      Word{"app", EventValue::app},
      Word{"token", EventValue::token},
      Word{"device", EventValue::device},
  };
};

template <>
struct Words<SubjectKind> {
  static constexpr std::array list{
      Word{"user", SubjectKind::user},       Word{"app", SubjectKind::app},
      Word{"token", SubjectKind::token},     Word{"device", SubjectKind::device},
      Word{"address", SubjectKind::address}, Word{"api", SubjectKind::api}};
};

struct FeatureConfig {
  static constexpr std::string_view kNoun = "feature";
  ModelKind model = ModelKind::seen;
  EventValue value = EventValue::none;
  Duration half_life{std::chrono::days{14}};
  Duration window{std::chrono::minutes{1}};
  Duration mature_after{std::chrono::days{7}};
  std::uint32_t mature_events = 30;
  ExpressionText where;
  Origin at;

  static constexpr auto options() {
    using C = FeatureConfig;
    using namespace std::chrono_literals;
    return std::tuple{
        option("model", &C::model, "What is learnt of the value.").required(),
        option("value", &C::value, "The part of the event; `hours` and `pace` need none."),
        option("half_life", &C::half_life, "After which an event counts half.")
            .between(Duration{10min}, Duration{730 * 24h}),
        option("window", &C::window, "Length of the windows of `pace` and `distinct`.")
            .between(Duration{1s}, Duration{30 * 24h}),
        option("mature_after", &C::mature_after, "How long an entity must be known.")
            .between(Duration{0}, Duration{90 * 24h}),
        option("mature_events", &C::mature_events, "How much must have been learnt.")
            .between(0U, 1'000'000U),
        option("where", &C::where, "Which events count; without it all."),
    };
  }
};

struct DetectorConfig {
  static constexpr std::string_view kNoun = "detector";
  ExpressionText when;
  SubjectKind about = SubjectKind::user;
  std::uint32_t points = 0;
  ExpressionText share;
  ExpressionText score;
  std::string family;
  std::string reason;
  std::string attack;
  bool fact = false;
  Duration half_life{std::chrono::hours{24}};
  Duration window{std::chrono::hours{1}};
  Origin at;

  static constexpr auto options() {
    using C = DetectorConfig;
    using namespace std::chrono_literals;
    return std::tuple{
        option("when", &C::when, "The condition over the facts of an event.").required(),
        option("about", &C::about, "Whose risk it raises."),
        option("points", &C::points, "At most so many.").required().between(1U, 1'000U),
        option("share", &C::share, "A number from 0 to 1: how much of the points."),
        option("score", &C::score, "A number; how rare one so high is weighs the points."),
        option("family", &C::family, "Detectors of one family pay once; without it, its own name."),
        option("reason", &C::reason, "A sentence with facts in it: `{event.route}`.").required(),
        option("attack", &C::attack, "The ATT&CK technique: `T1078`."),
        option("fact", &C::fact, "Needs no mature model, and is never weighed or muted."),
        option("half_life", &C::half_life, "After which its points are half.")
            .between(Duration{1min}, Duration{90 * 24h}),
        option("window", &C::window, "Within which the family pays its most once.")
            .between(Duration{1s}, Duration{30 * 24h}),
    };
  }
};

struct ThresholdConfig {
  static constexpr std::string_view kNoun = "threshold";
  std::uint32_t enter = 0;
  std::uint32_t leave = 0;
  Origin at;

  static constexpr auto options() {
    using C = ThresholdConfig;
    return std::tuple{
        option("enter", &C::enter, "Points at which the level is entered; 0: never.")
            .between(0U, 100'000U),
        option("leave", &C::leave, "Points below which it is left.").between(0U, 100'000U),
    };
  }
};

struct ThresholdsConfig {
  static constexpr std::string_view kNoun = "thresholds";
  ThresholdConfig watch{40, 25, {}};
  ThresholdConfig slow{60, 40, {}};
  ThresholdConfig challenge{80, 50, {}};
  ThresholdConfig trap{};
  ThresholdConfig block{110, 60, {}};
  Origin at;

  static constexpr auto options() {
    using C = ThresholdsConfig;
    return std::tuple{
        option("watch", &C::watch,
               "Reads all points; the others those of mature models and facts."),
        option("slow", &C::slow, "Requests are delayed."),
        option("challenge", &C::challenge, "A new sign-in is asked for."),
        option("trap", &C::trap, "A decoy answers."),
        option("block", &C::block, "Requests are refused."),
    };
  }
};

struct ContentConfig {
  std::map<std::string, FeatureConfig> features;
  std::map<std::string, DetectorConfig> detectors;
  std::optional<ThresholdsConfig> thresholds;

  static constexpr auto options() {
    using C = ContentConfig;
    return std::tuple{
        option("features", &C::features, "What is learnt, by name: `user.routes`."),
        option("detectors", &C::detectors, "What raises a risk, by name."),
        option("thresholds", &C::thresholds, "Where levels are entered and left."),
    };
  }
};

}  // namespace gatehouse
