// expr/faults: what is wrong with one expression, told with its place in a person's file.
//
// Full    after kFaultsMax the expression's further faults aren't told.
#pragma once

#include <string>
#include <string_view>

#include "base/diagnostics.h"
#include "expr/ast.h"

namespace gatehouse {

// From places in the text of an expression to places in the file that it stands in; all of them
// are `begin` where the text is not exactly what stands in the file.
class Places {
 public:
  Places(std::string_view text, SourcePosition begin, bool is_exact)
      : text_(text), begin_(std::move(begin)), is_exact_(is_exact) {}

  std::string_view text() const { return text_; }
  SourcePosition of(TextSpan span) const;

 private:
  std::string_view text_;
  SourcePosition begin_;
  bool is_exact_;
};

struct Fault {
  std::string what;
  std::string help = {};
  std::string label = {};
};

class Faults {
 public:
  static constexpr std::size_t kFaultsMax = 50;

  // `during`: what was being done, or nothing.
  Faults(const Places& places, std::string during, Diagnostics& out)
      : places_(places), during_(std::move(during)), out_(out) {}

  void tell(const char* code, TextSpan at, Fault fault);
  bool any() const { return count_ != 0; }

 private:
  const Places& places_;
  const std::string during_;
  Diagnostics& out_;
  std::size_t count_ = 0;
};

// A piece of the text, short enough for a message.
std::string shown(std::string_view text);

// "a", "a and b", "a, b and c"
std::string joined(const std::vector<std::string>& words, std::string_view last = " and ");

}  // namespace gatehouse
