#include "metrics/prometheus_text.h"

namespace gatehouse {
namespace {

void append_escaped(std::string& to, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\n') {
      to += "\\n";
    } else if (c == '\\' || (quotes && c == '"')) {
      to += '\\';
      to += c;
    } else {
      to += c;
    }
  }
}

}  // namespace

void PrometheusText::family(std::string_view name, std::string_view help, std::string_view type) {
  name_ = name;
  text_.append("# HELP ").append(name).append(" ");
  append_escaped(text_, help, false);
  text_.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

void PrometheusText::line(std::string_view suffix, Labels labels, std::string_view le,
                          std::string_view value) {
  text_.append(name_).append(suffix);
  char before = '{';
  const auto label = [&](std::string_view name, std::string_view of) {
    text_ += before;
    text_.append(name).append("=\"");
    append_escaped(text_, of, true);
    text_ += '"';
    before = ',';
  };
  for (const auto& [name, of] : labels) label(name, of);
  if (!le.empty()) label("le", le);
  if (before == ',') text_ += '}';
  text_.append(" ").append(value).append("\n");
}

void PrometheusText::sample(Labels labels, std::uint64_t value) {
  line("", labels, "", std::to_string(value));
}

void PrometheusText::sample(Labels labels, std::int64_t value) {
  line("", labels, "", std::to_string(value));
}

void PrometheusText::sample(Labels labels, const Histogram::Totals& totals) {
  std::uint64_t below = 0;
  for (std::size_t i = 0; i + 1 < Histogram::kBuckets; ++i) {
    below += totals.counts[i];
    line("_bucket", labels, seconds_text(Histogram::bound_of(i)), std::to_string(below));
  }
  const std::string count = std::to_string(totals.count());
  line("_bucket", labels, "+Inf", count);
  line("_sum", labels, "", seconds_text(totals.sum_us));
  line("_count", labels, "", count);
}

std::string seconds_text(std::uint64_t us) {
  std::string text = std::to_string(us / 1'000'000);
  std::string rest = std::to_string(1'000'000 + us % 1'000'000);  // a 1, then six digits
  rest[0] = '.';
  rest.erase(rest.find_last_not_of('0') + 1);
  if (rest.size() > 1) text += rest;
  return text;
}

}  // namespace gatehouse
