#include "expr/faults.h"
#include "base/utf8.h"

#include <algorithm>
#include <utility>

namespace gatehouse {

SourcePosition Places::of(TextSpan span) const {
  if (!is_exact_) return begin_;
  const std::string_view before = text_.substr(0, span.offset);
  const std::size_t newline = before.rfind('\n');
  const std::size_t line_begin = newline == before.npos ? 0 : newline + 1;
  const std::size_t line_end = std::min(text_.find('\n', span.offset), text_.size());
  const std::size_t length = std::min<std::size_t>(span.length, line_end - span.offset);
  SourcePosition at = begin_;
  at.line += static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n'));
  at.column += static_cast<std::uint32_t>(count_characters(before.substr(line_begin)));
  at.length = static_cast<std::uint32_t>(count_characters(text_.substr(span.offset, length)));
  at.length = std::max(at.length, 1U);
  return at;
}

void Faults::tell(const char* code, TextSpan at, Fault fault) {
  if (++count_ > kFaultsMax) return;
  Error error{.code = code,
              .what = std::move(fault.what),
              .help = std::move(fault.help),
              .at = places_.of(at),
              .label = std::move(fault.label)};
  if (!during_.empty()) error.during.push_back(during_);
  out_.error(std::move(error));
}

std::string shown(std::string_view text) {
  constexpr std::size_t kShownBytesMax = 60;
  std::string short_text(text.substr(0, kShownBytesMax));
  if (text.size() > kShownBytesMax) {
    while (first_not_utf8(short_text) < short_text.size()) short_text.pop_back();
    short_text += "…";
  }
  std::replace(short_text.begin(), short_text.end(), '\n', ' ');
  return short_text;
}

std::string joined(const std::vector<std::string>& words, std::string_view last) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i != 0) text += i + 1 == words.size() ? last : std::string_view(", ");
    text += words[i];
  }
  return text;
}

}  // namespace gatehouse
