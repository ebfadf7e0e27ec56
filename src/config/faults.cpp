#include "config/faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/nearest.h"
#include "config/scalar.h"

namespace gatehouse {
namespace detail {
namespace {

constexpr std::string_view kWholeConfig = "the config";
constexpr std::uint32_t kWholeLine = 1 << 20;

std::string joined(const std::vector<std::string_view>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i != 0) text += i + 1 == words.size() ? " or " : ", ";
    text += fmt::format("`{}`", words[i]);
  }
  return text;
}

// The second half of a mend: what happens when the line goes.
std::string or_remove(const Subject& subject) {
  if (subject.default_text.empty() || subject.is_required) return {};
  return fmt::format(", or remove the line to use {}", subject.default_text);
}

// A quoted number looks like one, and is text.
std::string found(const Node& node, std::string_view expected) {
  const bool quotes_matter =
      expected == Scalar<std::uint32_t>::kExpected || expected == Scalar<bool>::kExpected;
  const bool is_quoted = node.is_scalar() && node.quoted && !node.secret;
  return (quotes_matter && is_quoted ? "the text " : "") + node.display();
}

}  // namespace

std::string within(std::string_view name, const std::string& where) {
  if (where == kWholeConfig) return fmt::format("`{}`", name);
  return fmt::format("`{}` of {}", name, where);
}

void unknown_key(const NodeEntry& entry, const std::string& where,
                 const std::vector<std::string_view>& known, Diagnostics& out) {
  const std::string_view near = out.is_full() ? std::string_view{} : nearest(entry.name, known);
  out.error({.code = "E0203",
             .what = fmt::format("unknown key `{}` in {}", entry.name, where),
             .help = near.empty() ? fmt::format("remove it; the keys are {}", joined(known))
                                  : fmt::format("did you mean `{}`?", near),
             .at = entry.at.position(),
             .label = where.starts_with("policy ") ? "not a setting of this kind of policy"
                                                   : "not a setting of this part"});
}

void missing_key(const Node& node, const std::string& where, std::string_view name,
                 std::string_view help, Diagnostics& out) {
  out.error({.code = "E0201",
             .what = fmt::format("{} has no `{}`", where, name),
             .help = fmt::format("add `{}`: {}", name, help),
             .at = node.at.position()});
}

// NOLINTNEXTLINE(readability-function-size): each is a part of the one message.
void wrong_kind(const Node& node, const Subject& subject, std::string_view expected,
                std::string_view example, std::string fault, Diagnostics& out) {
  const std::string_view shown =
      subject.default_text.find_first_of("123456789") == std::string::npos
          ? example
          : std::string_view{subject.default_text};
  std::string help = shown.empty() ? fmt::format("write {}", expected)
                                   : fmt::format("write {} such as `{}`", expected, shown);
  if (expected == Scalar<bool>::kExpected) help = "write true or false";
  if (expected == "a list" && node.is_scalar() && !node.secret) {
    help = fmt::format("write `{}: [{}]`", subject.name, node.text);
  }
  out.error({.code = node.is_null() ? "E0303" : "E0301",
             .what = node.is_null() ? fmt::format("`{}` has no value", subject.name)
                                    : fmt::format("`{}` is {}, not {}", subject.name,
                                                  found(node, expected), expected),
             .help = std::move(help),
             .at = node.at.position(),
             .label = std::move(fault)});
}

void unknown_word(const Node& node, const Subject& subject,
                  const std::vector<std::string_view>& words, Diagnostics& out) {
  const std::string_view near =
      node.is_scalar() && !node.secret ? nearest(node.text, words) : std::string_view{};
  out.error({.code = "E0304",
             .what = fmt::format("`{}` is {}, not {}", subject.name, node.display(), joined(words)),
             .help = near.empty() ? fmt::format("write one of them{}", or_remove(subject))
                                  : fmt::format("did you mean `{}`?", near),
             .at = node.at.position()});
}

void out_of_range(const Node& node, const Subject& subject, std::string_view bound, bool too_low,
                  Diagnostics& out) {
  const std::string value = node.secret ? "a secret value" : node.text;
  out.error({.code = "E0302",
             .what = fmt::format("`{}` is {}, the {} is {}", subject.name, value,
                                 too_low ? "least" : "most", bound),
             .help = fmt::format("set {} to {} or {}{}", subject.name, bound,
                                 too_low ? "more" : "less", or_remove(subject)),
             .at = node.at.position()});
}

void empty_list(const Node& node, const Subject& subject, Diagnostics& out) {
  out.error({.code = "E0309",
             .what = fmt::format("`{}` of {} is an empty list", subject.name, subject.where),
             .help = "add one",
             .at = node.at.position()});
}

void hide_value(const Node& node, Diagnostics& out) {
  SourcePosition span = node.at.position();
  // Of a folded or an anchored scalar the end isn't known.
  if (span.length <= 1) span.length = kWholeLine;
  out.hide(std::move(span));
}

void literal_secret(const Node& node, const Subject& subject, Diagnostics& out) {
  hide_value(node, out);
  out.warning({.code = "E0504",
               .what = fmt::format("`{}` of {} is a secret and stands in the file itself",
                                   subject.name, subject.where),
               .help = fmt::format("write `{}: ${{env:NAME}}` or `{}: ${{file:/path}}`",
                                   subject.name, subject.name),
               .at = node.at.position()});
}

void not_a_map(const Node& node, const std::string& where, Diagnostics& out) {
  out.error({.code = "E0301",
             .what = fmt::format("{} is {}, not a map of settings", where, node.display()),
             .help = "write its settings as `key: value`, one a line",
             .at = node.at.position()});
}

}  // namespace detail
}  // namespace gatehouse
