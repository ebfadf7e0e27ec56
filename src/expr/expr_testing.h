// expr/expr_testing: a schema, an environment and a printer for the tests of this room.
//
// Holds    slots of every type with fixed values. `absent.*` have none, `failing` gives an error.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/diagnostics.h"
#include "expr/constants.h"
#include "expr/program.h"

namespace gatehouse::testing {

class ExprRig final : public Environment {
 public:
  ExprRig();

  const Schema& schema() const { return schema_; }
  void set(std::string_view name, Value value);
  Value get(Slot slot) override {
    ++reads;
    return values_[slot];
  }

  // The value as text, or "error: " and the reason; of what doesn't compile, the first fault.
  std::string evaluate(std::string_view text, bool folds = true);
  std::string faults(std::string_view text, Type expected = {});
  std::optional<Program> compiled(std::string_view text, bool folds = true);
  std::string run(const Program& program);

  Arena arena;
  ConstantPool pool;
  std::uint32_t steps = Scratch::kStepsMax;
  int reads = 0;

 private:
  void add(std::string name, Type type, Value value);

  Schema schema_;
  std::vector<Value> values_;
};

std::string show(const Value& value);
std::string_view name_of(Reason reason);

}  // namespace gatehouse::testing
