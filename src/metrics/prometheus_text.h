// metrics/prometheus_text: writes the text format (version 0.0.4) that Prometheus reads.
//
//   text   := family*
//   family := "# HELP " name " " help "\n" "# TYPE " name " " type "\n" sample*
//   sample := name [ "{" label ("," label)* "}" ] " " value "\n"     label := name "=\"" value "\""
//
// Backslash, quote and line feed are escaped in a label's value, backslash and line feed in help.
// Labels come from the config, never from a request, so their number is bounded.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "metrics/histogram.h"

namespace gatehouse {

class PrometheusText {
 public:
  using Label = std::pair<std::string_view, std::string_view>;
  using Labels = std::initializer_list<Label>;

  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

  // Begins a family; the samples that follow are its own.
  void counter(std::string_view name, std::string_view help) { family(name, help, "counter"); }
  void gauge(std::string_view name, std::string_view help) { family(name, help, "gauge"); }
  void histogram(std::string_view name, std::string_view help) { family(name, help, "histogram"); }

  void sample(Labels labels, std::uint64_t value);
  void sample(Labels labels, std::int64_t value);
  // All buckets, so that a series never changes its form; bounds and sum in seconds.
  void sample(Labels labels, const Histogram::Totals& totals);

  const std::string& text() const { return text_; }
  std::string take() { return std::move(text_); }

 private:
  void family(std::string_view name, std::string_view help, std::string_view type);
  void line(std::string_view suffix, Labels labels, std::string_view le, std::string_view value);

  std::string text_;
  std::string name_;
};

// 1500 → "0.0015"
std::string seconds_text(std::uint64_t us);

}  // namespace gatehouse
