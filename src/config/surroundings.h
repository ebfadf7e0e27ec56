// config/surroundings: what a config may ask of the machine, handed in so that a test can hold it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/error.h"

namespace gatehouse {

class Surroundings {
 public:
  virtual std::optional<std::string> variable(const std::string& name) const = 0;
  // The bytes of a plain file of at most `bytes_max`; an Error whose `what` ends a sentence that
  // begins with the path: "does not exist".
  [[nodiscard]] virtual Result<std::string> file(const std::string& path,
                                                 std::size_t bytes_max) const = 0;

 protected:
  ~Surroundings() = default;  // never owned through this type
};

class SystemSurroundings final : public Surroundings {
 public:
  std::optional<std::string> variable(const std::string& name) const override;
  [[nodiscard]] Result<std::string> file(const std::string& path,
                                         std::size_t bytes_max) const override;
};

}  // namespace gatehouse
