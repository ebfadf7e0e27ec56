// config/option: an option is declared once, next to the member that holds it.
//
// A struct of options has `static constexpr auto options()`, a tuple of these. The reader
// (config/reader), the reference page, the JSON Schema and the console's form (config/describe) all
// come from that one declaration; the default is the member's own. If a reader and a page can
// disagree, one day they will.
//
//   struct LimitsConfig {
//     std::uint32_t fields = 100;
//     static constexpr auto options() {
//       return std::tuple{option("fields", &LimitsConfig::fields, "Fields of a head.")
//                             .between(1U, 1000U)};
//     }
//   };
//
// A struct may also have `kNoun`, its word in messages ("upstream"), and a member `Origin at`,
// which the reader fills. An enum's words stand beside it: `template <> struct Words<Balance>`.
#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "config/units.h"

namespace gatehouse {

template <class Enum>
struct Word {
  std::string_view text;
  Enum value;
};

// Specialise with `static constexpr std::array list{Word{"release", Stage::release}, …};`.
template <class Enum>
struct Words;

template <class T>
concept Worded = std::is_enum_v<T> && requires { Words<T>::list; };

template <class T>
concept HasOptions = requires { T::options(); };

template <class T>
concept Ranged = (std::integral<T> && !std::same_as<T, bool>) || std::same_as<T, Duration> ||
                 std::same_as<T, Bytes> || std::same_as<T, ByteRate>;

struct Unbounded {};

template <class Value>
using Bound = std::conditional_t<Ranged<Value>, std::optional<Value>, Unbounded>;

template <class Config, class Value>
struct Option {
  std::string_view name;
  Value Config::* member;
  std::string_view help;  // one sentence with a full stop; says the unit if the type doesn't
  Bound<Value> low{};
  Bound<Value> high{};
  bool is_required = false;
  bool is_secret = false;
  bool is_zero_allowed = false;  // below `low`, where nought means "off" or "without limit"

  constexpr Option between(Value least, Value most) const
    requires Ranged<Value>
  {
    Option copy = *this;
    copy.low = least;
    copy.high = most;
    return copy;
  }
  constexpr Option or_zero() const
    requires Ranged<Value>
  {
    Option copy = *this;
    copy.is_zero_allowed = true;
    return copy;
  }
  constexpr Option required() const {
    Option copy = *this;
    copy.is_required = true;
    return copy;
  }
  // Its value is never printed, and a literal in the file is a warning.
  constexpr Option secret() const {
    Option copy = *this;
    copy.is_secret = true;
    return copy;
  }
  constexpr bool admits(const Value& value) const {
    if constexpr (Ranged<Value>) {
      if (is_zero_allowed && value == Value{}) return true;
      return (!low || *low <= value) && (!high || value <= *high);
    }
    return true;
  }
};

template <class Config, class Value>
constexpr Option<Config, Value> option(std::string_view name, Value Config::* member,
                                       std::string_view help) {
  return {name, member, help};
}

// Calls visit(option, default_value) for each option, in the order of declaration.
template <class Config, class Visit>
void for_each_option(Visit&& visit) {
  const Config defaults{};
  std::apply([&](const auto&... one) { (visit(one, defaults.*(one.member)), ...); },
             Config::options());
}

}  // namespace gatehouse
