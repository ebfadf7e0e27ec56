// expr/program: an expression, checked and compiled once, then evaluated by any thread.
//
// Place     conditions and limits at the gate, filters of events, detectors, alert rules.
// Reads     a Schema, which says what may be named, while it compiles; an Environment, which gives
//           the values, while it is evaluated. docs/expressions.md is the language's page.
// Holds     the tree, constants, sets and regular expressions; nothing of it changes, and copies
//           share it. Comparisons, `in`, has() and startsWith allocate nothing; what makes a text
//           or a list takes it from the Scratch's arena.
// Full      kExpression… bound the text; steps and arena bound an evaluation.
// Errors    while compiling: diagnostics E0430 to E0438, all of an expression that can be told in
//           one run. While evaluating: a value of kind error. Nothing throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "base/diagnostics.h"
#include "base/error.h"
#include "expr/ast.h"
#include "expr/schema.h"
#include "expr/type.h"
#include "expr/value.h"

namespace gatehouse {

inline constexpr std::size_t kExpressionBytesMax = 65'536;
inline constexpr std::size_t kExpressionNodesMax = 8192;
inline constexpr std::size_t kExpressionDepthMax = 128;
inline constexpr std::size_t kExpressionMacrosMax = 4;  // one within another

// Gives the values of slots when they are asked for; a slot may be asked more than once. The kind
// must be that of the slot's type, or absent, or an error; a dyn slot's may be any.
class Environment {
 public:
  virtual Value get(Slot slot) = 0;

 protected:
  ~Environment() = default;
};

// What one evaluation may spend: memory, taken from an arena that somebody resets later, and steps:
// items that a macro or `in` looks at, and text that functions read. Made anew for each evaluation.
class Scratch {
 public:
  static constexpr std::uint32_t kStepsMax = 50'000;

  explicit Scratch(Arena& arena, std::uint32_t steps = kStepsMax) : arena_(arena), left_(steps) {}

  Arena& arena() { return arena_; }
  std::uint32_t steps_left() const { return left_; }
  bool spend(std::size_t steps) {
    if (steps > left_) {
      left_ = 0;
      return false;
    }
    left_ -= static_cast<std::uint32_t>(steps);
    return true;
  }

 private:
  Arena& arena_;
  std::uint32_t left_;
};

struct CompileOptions {
  Type expected{Kind::boolean};  // dyn takes every result
  // Where in a person's file the text begins; each further line of it begins in the same column.
  SourcePosition begin = {{}, 1, 1, 0};
  bool is_exact = true;  // false: the file has it in other characters, so faults stand at `begin`
  std::string during = {};  // "reading policy `x`", for the faults
  bool folds = true;        // off only to compare with
};

class Program {
 public:
  // The value, or an error. Where `expected` was not dyn, a value of that kind.
  Value evaluate(Environment& environment, Scratch& scratch) const;

  // An error that evaluate() returned, in words and with its place. Not for the request path.
  Error explain(const Value& error) const;

  std::string_view text() const;
  const Type& type() const;
  const Ast& ast() const;
  std::span<const Slot> slots() const;  // those that it may read, in order

 private:
  struct Code;
  friend std::optional<Program> compile(std::string_view text, const Schema& schema,
                                        const CompileOptions& options, Diagnostics& out);
  explicit Program(std::shared_ptr<const Code> code) : code_(std::move(code)) {}

  std::shared_ptr<const Code> code_;
};

// Nothing where a fault was found; all that were found are in `out`. The schema isn't kept.
std::optional<Program> compile(std::string_view text, const Schema& schema,
                               const CompileOptions& options, Diagnostics& out);

}  // namespace gatehouse
