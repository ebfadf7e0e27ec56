// config/reader: a Node read into a struct of options, every fault reported, none fatal.
//
// Place    GateConfig is read with it, and a policy reads the node that was kept for it.
// Reads    structs of options, lists, maps from name to value, std::optional, enums with Words, and
//          every Scalar. A struct with `static T read(const Node&, const std::string& where,
//          Diagnostics&)` reads itself.
// Errors   an unknown key names the nearest known one; a value that is wrong leaves the default, so
//          that the rest is still checked.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diagnostics.h"
#include "config/faults.h"
#include "config/node.h"
#include "config/option.h"
#include "config/scalar.h"

namespace gatehouse {

template <class T>
concept ReadsItself = requires(const Node& node, const std::string& where, Diagnostics& out) {
  { T::read(node, where, out) } -> std::same_as<T>;
};

namespace detail {

template <class T>
std::string default_text(const T& value) {
  if constexpr (Worded<T>) {
    for (const auto& word : Words<T>::list) {
      if (word.value == value) return std::string{word.text};
    }
  } else if constexpr (IsScalar<T>) {
    return Scalar<T>::text(value);
  }
  return {};
}

template <class T>
std::string noun_of(std::string_view name) {
  if constexpr (requires { T::kNoun; }) return std::string{T::kNoun};
  return std::string{name};
}

template <class T>
struct Element {};
template <class T>
struct Element<std::vector<T>> {
  using List = T;
};
template <class T>
struct Element<std::map<std::string, T>> {
  using Map = T;
};
template <class T>
struct Element<std::optional<T>> {
  using Maybe = T;
};

template <HasOptions Config>
Config read_struct(const Node& node, const std::string& where, Diagnostics& out);
template <class T>
bool read_value(const Node& node, const Subject& subject, T& into, Diagnostics& out);

template <class T>
bool read_list(const Node& node, const Subject& subject, std::vector<T>& into, Diagnostics& out) {
  if (!node.is_list()) {
    wrong_kind(node, subject, "a list", "", "", out);
    return false;
  }
  into.clear();
  for (const Node& item : node.items) {
    T value{};
    if constexpr (HasOptions<T> || ReadsItself<T>) {
      const std::string where =
          noun_of<T>(subject.name) + ' ' + std::to_string(&item - node.items.data() + 1);
      if (read_value(item, {subject.name, where, {}}, value, out)) into.push_back(std::move(value));
    } else if (read_value(item, subject, value, out)) {
      into.push_back(std::move(value));
    }
  }
  return true;
}

template <class T>
bool read_map(const Node& node, const Subject& subject, std::map<std::string, T>& into,
              Diagnostics& out) {
  if (!node.is_map()) {
    wrong_kind(node, subject, "a map of names", "", "", out);
    return false;
  }
  into.clear();
  for (const NodeEntry& entry : node.entries) {
    T value{};
    const std::string where = HasOptions<T> || ReadsItself<T>
                                  ? noun_of<T>(subject.name) + " `" + entry.name + '`'
                                  : subject.where;
    if (!read_value(entry.value, {entry.name, where, {}}, value, out)) continue;
    if constexpr (HasOptions<T> || ReadsItself<T>) {
      if constexpr (requires { value.at = entry.at; }) value.at = entry.at;
    }
    into.emplace(entry.name, std::move(value));
  }
  return true;
}

template <class T>
bool read_word(const Node& node, const Subject& subject, T& into, Diagnostics& out) {
  std::vector<std::string_view> words;
  for (const auto& word : Words<T>::list) {
    if (node.is_scalar() && word.text == node.text) {
      into = word.value;
      return true;
    }
    words.push_back(word.text);
  }
  unknown_word(node, subject, words, out);
  return false;
}

template <class T>
bool read_scalar(const Node& node, const Subject& subject, T& into, Diagnostics& out) {
  using S = Scalar<T>;
  std::optional<T> value = node.is_scalar() ? S::parse(node) : std::nullopt;
  if (value) {
    into = *std::move(value);
    return true;
  }
  std::string fault;
  if constexpr (requires { S::fault(node); }) {
    if (node.is_scalar() && !node.secret) fault = S::fault(node);
  }
  wrong_kind(node, subject, S::kExpected, S::kExample, std::move(fault), out);
  return false;
}

template <class T>
bool read_value(const Node& node, const Subject& subject, T& into, Diagnostics& out) {
  if (node.missing) return false;
  if constexpr (std::same_as<T, Node>) {
    into = node;
    return true;
  } else if constexpr (requires { typename Element<T>::Maybe; }) {
    into.emplace();
    if (read_value(node, subject, *into, out)) return true;
    into.reset();
    return false;
  } else if constexpr (ReadsItself<T>) {
    into = T::read(node, subject.where, out);
    return true;
  } else if constexpr (HasOptions<T>) {
    into = read_struct<T>(node, subject.where, out);
    return true;
  } else if constexpr (requires { typename Element<T>::List; }) {
    return read_list(node, subject, into, out);
  } else if constexpr (requires { typename Element<T>::Map; }) {
    return read_map(node, subject, into, out);
  } else if constexpr (Worded<T>) {
    return read_word(node, subject, into, out);
  } else {
    return read_scalar(node, subject, into, out);
  }
}

template <class Config, class Value>
void read_option(const Node& node, const Option<Config, Value>& option, const std::string& where,
                 Config& into, Diagnostics& out) {
  const NodeEntry* const entry = node.find(option.name);
  if (entry == nullptr) {
    if (option.is_required) missing_key(node, where, option.name, option.help, out);
    return;
  }
  Value value = into.*(option.member);
  // A nested struct is named by its key and what it is in; lists and maps name their elements.
  const std::string inner = within(option.name, where);
  const bool nested = requires { typename Element<Value>::Maybe; } || HasOptions<Value>;
  const Subject subject{option.name, nested ? inner : where, default_text(value),
                        option.is_required};
  Node guarded;
  if (option.is_secret) {
    guarded = entry->value;
    if (guarded.is_scalar() && !guarded.secret) literal_secret(guarded, subject, out);
    guarded.secret = true;  // whatever else is wrong with it, no message shows it
  }
  const Node& given = option.is_secret ? guarded : entry->value;
  if (!read_value(given, subject, value, out)) return;
  if constexpr (requires { typename Element<Value>::List; }) {
    if (option.is_required && given.items.empty()) empty_list(given, subject, out);
  }
  if (!option.admits(value)) {
    if constexpr (Ranged<Value>) {
      const bool too_low = option.low && value < *option.low;
      out_of_range(given, subject, default_text(too_low ? *option.low : *option.high), too_low,
                   out);
    }
    return;
  }
  into.*(option.member) = std::move(value);
}

template <HasOptions Config>
Config read_struct(const Node& node, const std::string& where, Diagnostics& out) {
  Config config{};
  if constexpr (requires { config.at = node.at; }) config.at = node.at;
  if (!node.is_map() && !node.is_null()) {
    not_a_map(node, where, out);
    return config;
  }
  std::vector<std::string_view> known;
  std::apply([&](const auto&... one) { (known.push_back(one.name), ...); }, Config::options());
  for (const NodeEntry& entry : node.entries) {
    if (std::find(known.begin(), known.end(), entry.name) == known.end()) {
      unknown_key(entry, where, known, out);
    }
  }
  std::apply([&](const auto&... one) { (read_option(node, one, where, config, out), ...); },
             Config::options());
  return config;
}

}  // namespace detail

// `where` is what messages call the node: "the config", "policy `fair-use`".
template <HasOptions Config>
Config read_options(const Node& node, Diagnostics& diagnostics, const std::string& where) {
  return detail::read_struct<Config>(node, where, diagnostics);
}

}  // namespace gatehouse
