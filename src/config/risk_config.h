// config/risk_config: what a verdict may do at the gate, in general and on one route.
//
// Place  `behavior` says how, for all routes; a route's `risk` changes it there: `off`, `observe`,
//        `enforce` or a map. The nearer word counts: the route's on a level, the route's
//        `mode`, the general one on a level, `behavior.mode`.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/diagnostics.h"
#include "config/node.h"
#include "config/option.h"
#include "config/scalar.h"

namespace gatehouse {

enum class BehaviorMode : std::uint8_t { observe, enforce };

template <>
struct Words<BehaviorMode> {
  static constexpr std::array list{Word{"observe", BehaviorMode::observe},
                                   Word{"enforce", BehaviorMode::enforce}};
};

// What answers in place of a backend: plausible, made up, always the same for a path.
struct DecoyConfig {
  static constexpr std::string_view kNoun = "decoy";
  static constexpr std::size_t kExamplesMax = 16;
  static constexpr std::size_t kExampleBytesMax = 16'384;
  std::vector<std::string> examples;
  Origin at;

  static constexpr auto options() {
    using C = DecoyConfig;
    return std::tuple{
        option("examples", &C::examples,
               "Texts of JSON whose shape the answers take; without any a general one."),
    };
  }
  bool operator==(const DecoyConfig&) const = default;
};

// One for each level that does something; C has a member of each name.
template <class C>
constexpr auto level_options() {
  return std::tuple{
      option("watch", &C::watch, "Whether `watch` marks the request, in place of `mode`."),
      option("slow", &C::slow, "Whether `slow` delays the request, in place of `mode`."),
      option("challenge", &C::challenge,
             "Whether `challenge` asks for a new sign-in, in place of `mode`."),
      option("trap", &C::trap, "Whether `trap` answers with a decoy, in place of `mode`."),
      option("block", &C::block, "Whether `block` refuses the request, in place of `mode`."),
  };
}

struct RiskConfig {
  static constexpr std::string_view kNoun = "risk";
  std::optional<BehaviorMode> watch, slow, challenge, trap, block;
  Duration slow_time{1'000};
  std::uint32_t slowed_max = 1'000;
  std::uint32_t trapped_max = 100;
  std::vector<std::string> challenge_amr{"mfa", "otp", "hwk", "sc", "fpt", "face"};
  std::string mark;
  Origin at;

  static constexpr auto options() {
    using C = RiskConfig;
    using namespace std::chrono_literals;
    return std::tuple_cat(
        level_options<C>(),
        std::tuple{
            option("slow_time", &C::slow_time, "Delay of a request that is slowed.")
                .between(Duration{10ms}, Duration{30s}),
            option("slowed_max", &C::slowed_max,
                   "Requests that each worker delays at once; what is over is refused.")
                .between(1U, 100'000U),
            option("trapped_max", &C::trapped_max,
                   "Requests that each worker answers with a decoy at once; what is over is "
                   "refused.")
                .between(1U, 100'000U),
            option("challenge_amr", &C::challenge_amr,
                   "Methods of which one in a new token's `amr` passes a challenge."),
            option("mark", &C::mark,
                   "Field that tells the backend the level; without it none does."),
        });
  }
  bool operator==(const RiskConfig&) const = default;
};

enum class RouteRiskMode : std::uint8_t { observe, enforce, off };

template <>
struct Words<RouteRiskMode> {
  static constexpr std::array list{Word{"observe", RouteRiskMode::observe},
                                   Word{"enforce", RouteRiskMode::enforce},
                                   Word{"off", RouteRiskMode::off}};
};

struct RouteRiskConfig {
  static constexpr std::string_view kNoun = "risk";
  std::optional<RouteRiskMode> mode;
  std::optional<BehaviorMode> watch, slow, challenge, trap, block;
  std::optional<Duration> slow_time;
  std::optional<DecoyConfig> decoy;
  Origin at;

  static constexpr auto options() {
    using C = RouteRiskConfig;
    return std::tuple_cat(
        std::tuple{option("mode", &C::mode,
                          "`off`, `observe` or `enforce`, in place of `behavior.mode`.")},
        level_options<C>(),
        std::tuple{
            option("slow_time", &C::slow_time, "Delay in place of `behavior.risk.slow_time`."),
            option("decoy", &C::decoy, "What `trap` answers here; without it something general."),
        });
  }
  // A word alone is the mode.
  static RouteRiskConfig read(const Node& node, const std::string& where, Diagnostics& diagnostics);
  bool operator==(const RouteRiskConfig&) const = default;
};

}  // namespace gatehouse
