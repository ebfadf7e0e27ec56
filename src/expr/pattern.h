// expr/pattern: a regular expression of matches(), compiled with the program that it stands in.
//
// Full    RE2 takes time in proportion to the text, whoever sends it; its memory is bounded by
//         kMemoryBytesMax, and a pattern that needs more is a fault when it is compiled.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gatehouse {

class Pattern {
 public:
  static constexpr std::size_t kMemoryBytesMax = 1 << 20;

  // What RE2 says of it, if it is none.
  [[nodiscard]] static std::expected<std::unique_ptr<const Pattern>, std::string> compile(
      std::string_view text);

  ~Pattern();
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;

  // Somewhere in the text; ^ and $ bind it to the ends.
  bool matches(std::string_view text) const;

 private:
  struct Compiled;

  explicit Pattern(std::unique_ptr<const Compiled> compiled);

  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace gatehouse
