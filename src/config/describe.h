// config/describe: the declarations of a struct of options as data, for pages and schemas.
//
// The reference page, the JSON Schema and the console's forms are made from these rows; there is no
// second list.
#pragma once

#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/gate_config.h"
#include "config/option.h"
#include "config/reader.h"
#include "config/scalar.h"

namespace gatehouse {

enum class Shape : std::uint8_t {
  scalar,  // one value; `type` names it
  word,    // one of `allowed`
  map,     // the settings in `inner`
  list,    // of scalars, or of maps of `inner`
  names,   // any names, each with a scalar or a map of `inner`
  open,    // settings that another part reads
};

struct OptionPage {
  std::string name;
  Shape shape = Shape::scalar;
  std::string type;  // of the scalar, the list's or the names' scalar; "word"; empty for maps
  std::string default_text;
  std::string help;
  bool required = false;
  bool secret = false;
  bool zero_allowed = false;  // below `least`
  std::string least;          // empty where there is no bound
  std::string most;
  std::vector<std::string> allowed;
  std::vector<OptionPage> inner;
};

template <HasOptions Config>
std::vector<OptionPage> describe();

namespace detail {

template <class T>
void fill_type(OptionPage& page) {
  if constexpr (requires { typename detail::Element<T>::Maybe; }) {
    fill_type<typename detail::Element<T>::Maybe>(page);
  } else if constexpr (requires { typename detail::Element<T>::List; }) {
    fill_type<typename detail::Element<T>::List>(page);
    page.shape = Shape::list;
  } else if constexpr (requires { typename detail::Element<T>::Map; }) {
    fill_type<typename detail::Element<T>::Map>(page);
    page.shape = Shape::names;
  } else if constexpr (ReadsItself<T> || std::same_as<T, Node>) {
    page.shape = Shape::open;
  } else if constexpr (HasOptions<T>) {
    page.shape = Shape::map;
    page.inner = describe<T>();
  } else if constexpr (Worded<T>) {
    page.shape = Shape::word;
    page.type = "word";
    for (const auto& word : Words<T>::list) page.allowed.emplace_back(word.text);
  } else {
    page.type = std::string{Scalar<T>::kType};
  }
}

}  // namespace detail

// A row for each option of Config, in the order of declaration.
template <HasOptions Config>
std::vector<OptionPage> describe() {
  std::vector<OptionPage> pages;
  for_each_option<Config>([&]<class Value>(const auto& option, const Value& value) {
    OptionPage page;
    page.name = std::string{option.name};
    page.help = std::string{option.help};
    page.required = option.is_required;
    page.secret = option.is_secret;
    page.zero_allowed = option.is_zero_allowed;
    // What must be written has no default worth reading.
    if (!option.is_required) page.default_text = detail::default_text(value);
    if constexpr (Ranged<Value>) {
      if (option.low) page.least = detail::default_text(*option.low);
      if (option.high) page.most = detail::default_text(*option.high);
    }
    detail::fill_type<Value>(page);
    pages.push_back(std::move(page));
  });
  return pages;
}

// describe<GateConfig>(), made in one place.
std::vector<OptionPage> describe_gate_config();

}  // namespace gatehouse
