#include "expr/pattern.h"

#include <re2/re2.h>

#include <utility>

namespace gatehouse {

struct Pattern::Compiled {
  re2::RE2 expression;
};

Pattern::Pattern(std::unique_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
Pattern::~Pattern() = default;

std::expected<std::unique_ptr<const Pattern>, std::string> Pattern::compile(std::string_view text) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMemoryBytesMax);
  auto compiled = std::unique_ptr<const Compiled>(
      new Compiled{re2::RE2(re2::StringPiece(text.data(), text.size()), options)});
  if (!compiled->expression.ok()) return std::unexpected(compiled->expression.error());
  return std::unique_ptr<const Pattern>(new Pattern(std::move(compiled)));
}

bool Pattern::matches(std::string_view text) const {
  return compiled_->expression.Match({text.data(), text.size()}, 0, text.size(),
                                     re2::RE2::UNANCHORED, nullptr, 0);
}

}  // namespace gatehouse
