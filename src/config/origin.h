// config/origin: where in a person's files something was written.
//
// Holds    the file's name once for all that came from it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"

namespace gatehouse {

// Where something was written. It does not count when values are compared: a config whose lines
// moved is the same config.
struct Origin {
  std::shared_ptr<const std::string> file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t length = 0;

  SourcePosition position() const { return {file ? *file : std::string{}, line, column, length}; }
  bool operator==(const Origin&) const { return true; }
};

}  // namespace gatehouse
