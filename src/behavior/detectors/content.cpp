#include "behavior/detectors/content.h"

#include <fmt/format.h>

#include <algorithm>

#include "behavior/detectors/content_config.h"
#include "config/yaml.h"
#include "events/event_json.h"
#include "expr/words.h"

namespace gatehouse {
namespace {

constexpr std::string_view kFileMark = "--- # ";  // a document's begin to YAML, and a comment

std::int64_t us(Duration duration) { return duration.count() * 1000; }

MilliPoints points(std::uint32_t whole) { return {std::int64_t{whole} * 1000}; }

std::optional<Program> compiled(const ExpressionText& text, const Schema& schema, Kind expected,
                                const std::string& where, Diagnostics& out) {
  if (text.text.empty()) return std::nullopt;
  return compile(text.text, schema,
                 {.expected = Type(expected),
                  .begin = text.at.position(),
                  .is_exact = text.is_exact,
                  .during = "reading " + where},
                 out);
}

// "user.routes" into the kind; nothing, and a finding, when it isn't such a name.
std::optional<SubjectKind> kind_of(const std::string& name, const Origin& at, Diagnostics& out) {
  const std::size_t dot = name.find('.');
  const auto kind = fact_kind(std::string_view(name).substr(0, dot));
  const std::string_view word =
      dot == std::string::npos ? std::string_view{} : std::string_view(name).substr(dot + 1);
  if (kind && is_word(word) && !is_entity_fact(word)) return kind;
  out.error({"E0306", fmt::format("`{}` is no name of a feature", name),
             "write whose it is, a dot and a word of its own: `user.routes`, `address.failures`",
             at.position()});
  return std::nullopt;
}

class Reading {
 public:
  explicit Reading(Diagnostics& out) : out_(out) {}

  void features(const ContentConfig& config) {
    const Schema of_event = event_fact_schema();
    for (const auto& [name, one] : config.features) {
      const auto kind = kind_of(name, one.at, out_);
      if (!kind) continue;
      const bool needs_value = one.model == ModelKind::seen || one.model == ModelKind::distinct;
      if (needs_value && one.value == EventValue::none) {
        out_.error({"E0305", fmt::format("feature `{}` has no value to learn", name),
                    "set `value`: the part of the event", one.at.position()});
      }
      content_->features.push_back({.name = name,
                                    .of = *kind,
                                    .model = one.model,
                                    .value = one.value,
                                    .half_life_us = us(one.half_life),
                                    .window_us = us(one.window),
                                    .mature_age_us = us(one.mature_after),
                                    .mature_events = one.mature_events,
                                    .where = one.where.text});
      content_->where.push_back(compiled(one.where, of_event, Kind::boolean,
                                         fmt::format("`where` of feature `{}`", name), out_));
    }
    content_->is_read.resize(content_->features.size());
    schema_ = fact_schema(content_->features);
  }

  void detectors(const ContentConfig& config) {
    for (const auto& [name, one] : config.detectors) {
      const std::string where = fmt::format("detector `{}`", name);
      Detector detector{.name = name,
                        .family = one.family.empty() ? name : one.family,
                        .attack = one.attack,
                        .about = one.about,
                        .is_fact = one.fact,
                        .points = points(one.points),
                        .half_life_us = us(one.half_life),
                        .window_us = us(one.window),
                        .when = compiled(one.when, schema_, Kind::boolean, where, out_),
                        .share = compiled(one.share, schema_, Kind::number, where, out_),
                        .score = compiled(one.score, schema_, Kind::number, where, out_),
                        .reason = sentence(one.reason, one.at, where),
                        .reads = {}};
      reads(detector);
      content_->detectors.push_back(std::move(detector));
    }
  }

  void thresholds(const ThresholdsConfig& config) {
    const auto read = [this](const ThresholdConfig& one, RiskThreshold& into) {
      if (one.leave > one.enter) {
        out_.error({"E0305", "a level would be left above where it is entered",
                    "set `leave` to at most `enter`", one.at.position()});
      }
      into = {points(one.enter), points(one.leave)};
    };
    RiskThresholds& into = content_->thresholds;
    read(config.watch, into.watch);
    read(config.slow, into.slow);
    read(config.challenge, into.challenge);
    read(config.trap, into.trap);
    read(config.block, into.block);
  }

  std::unique_ptr<Content> take() {
    for (std::size_t i = 0; i < content_->features.size(); ++i) {
      if (content_->is_read[i] || out_.has_errors()) continue;
      out_.warning({"E0425",
                    fmt::format("no detector reads feature `{}`", content_->features[i].name),
                    "remove it: it is neither fed nor stored"});
    }
    return std::move(content_);
  }

 private:
  std::optional<std::uint16_t> read(Slot slot) {
    const FactPlace place = fact_place(slot);
    if (place.of != FactPlace::Of::feature) return std::nullopt;
    content_->is_read[place.index] = true;
    return place.index;
  }

  void reads(Detector& detector) {
    for (const auto& program : {detector.when, detector.share, detector.score}) {
      if (!program) continue;
      for (const Slot slot : program->slots()) {
        if (const auto index = read(slot)) detector.reads.push_back(*index);
      }
    }
    std::ranges::sort(detector.reads);
    const auto again = std::ranges::unique(detector.reads);
    detector.reads.erase(again.begin(), again.end());
  }

  Sentence sentence(std::string_view text, const Origin& at, const std::string& where) {
    Sentence sentence;
    while (!text.empty()) {
      const std::size_t open = text.find('{');
      if (open != 0) sentence.parts.emplace_back(std::string(text.substr(0, open)));
      if (open == std::string_view::npos) break;
      const std::size_t close = text.find('}', open);
      const std::string_view name =
          text.substr(open + 1, close == std::string_view::npos ? close : close - open - 1);
      const auto slot = schema_.find(name);
      if (close == std::string_view::npos || !slot) {
        out_.error(Error{"E0421", fmt::format("there is no fact `{}`", name),
                         "write a fact as in `when`, between braces", at.position()}
                       .while_doing("reading `reason` of " + where));
        return {};
      }
      read(*slot);
      sentence.parts.emplace_back(*slot);
      text = text.substr(close + 1);
    }
    return sentence;
  }

  Diagnostics& out_;
  std::unique_ptr<Content> content_ = std::make_unique<Content>();
  Schema schema_;
};

std::string value_text(const Value& value) {
  switch (value.kind()) {
    case Kind::text:
      return std::string(value.text());
    case Kind::integer:
      return std::to_string(value.integer());
    case Kind::number:
      return fmt::format("{:.1f}", value.number());
    case Kind::boolean:
      return value.boolean() ? "yes" : "no";
    case Kind::duration:
      return to_text(Duration{value.nanoseconds() / 1'000'000});
    case Kind::address:
      return value.address().text();
    case Kind::timestamp:
      return time_text(value.seconds() * 1'000'000);
    case Kind::dyn:
    case Kind::absent:
    case Kind::error:
    case Kind::null:
    case Kind::unsigned_integer:
    case Kind::bytes:
    case Kind::prefix:
    case Kind::list:
    case Kind::map:
      return "?";
  }
  return "?";
}

std::vector<ContentFile> split(std::string_view text, const std::string& file) {
  std::vector<ContentFile> files;
  if (!text.starts_with(kFileMark)) return {{file, std::string(text)}};
  while (!text.empty()) {
    text.remove_prefix(kFileMark.size());
    const std::size_t name = std::min(text.find('\n'), text.size());
    const std::size_t end = text.find(fmt::format("\n{}", kFileMark), name);
    const std::size_t next = end == std::string_view::npos ? text.size() : end + 1;
    const std::size_t begin = std::min(name + 1, next);
    files.push_back(
        {std::string(text.substr(0, name)), std::string(text.substr(begin, next - begin))});
    text.remove_prefix(next);
  }
  return files;
}

void stands_twice(std::string_view what, const Origin& first, const Origin& second,
                  Diagnostics& out) {
  const SourcePosition other = first.position();
  out.error({.code = "E0202",
             .what = fmt::format("two files have {}", what),
             .help = "remove one of them",
             .at = second.position(),
             .label = fmt::format("first at {}:{}", other.file, other.line)});
}

template <class Part>
void add(std::map<std::string, Part>& from, std::string_view noun,
         std::map<std::string, Part>& into, Diagnostics& out) {
  for (auto& [name, part] : from) {
    const auto [known, is_new] = into.try_emplace(name, part);
    if (!is_new) {
      stands_twice(fmt::format("a {} `{}`", noun, name), known->second.at, part.at, out);
    }
  }
}

void add(ContentConfig from, ContentConfig& into, Diagnostics& out) {
  add(from.features, "feature", into.features, out);
  add(from.detectors, "detector", into.detectors, out);
  if (!from.thresholds) return;
  if (into.thresholds) {
    return stands_twice("`thresholds`", into.thresholds->at, from.thresholds->at, out);
  }
  into.thresholds = std::move(from.thresholds);
}

}  // namespace

std::string Sentence::text(Environment& facts) const {
  std::string text;
  for (const Part& part : parts) {
    if (const auto* const words = std::get_if<std::string>(&part)) {
      text += *words;
    } else {
      text += value_text(facts.get(std::get<Slot>(part)));
    }
  }
  // What a client sent must not drive a terminal or break a line of a log.
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
  }
  return text;
}

std::string join_content(std::span<const ContentFile> files) {
  std::string text;
  for (const ContentFile& file : files) {
    text +=
        fmt::format("{}{}\n{}", kFileMark, file.name.substr(file.name.rfind('/') + 1), file.text);
    if (!text.ends_with('\n')) text += '\n';
  }
  return text;
}

std::shared_ptr<const Content> read_content(std::string_view text, const std::string& file,
                                            Diagnostics& diagnostics) {
  const auto files = split(text, file);
  return read_content(files, diagnostics);
}

std::shared_ptr<const Content> read_content(std::span<const ContentFile> files,
                                            Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  ContentConfig config;
  for (const ContentFile& file : files) {
    const std::optional<Node> node = parse_yaml(file.text, file.name, diagnostics);
    if (!node) continue;
    add(read_options<ContentConfig>(*node, diagnostics, "the content"), config, diagnostics);
  }
  if (config.features.size() > Content::kFeaturesMax ||
      config.detectors.size() > Content::kDetectorsMax) {
    diagnostics.error({"E0302", "the content has too many features or detectors",
                       fmt::format("keep to {} features and {} detectors", Content::kFeaturesMax,
                                   Content::kDetectorsMax)});
    return nullptr;
  }
  Reading reading(diagnostics);
  reading.features(config);
  reading.detectors(config);
  reading.thresholds(config.thresholds.value_or(ThresholdsConfig{}));
  auto content = reading.take();
  if (diagnostics.errors() != before) return nullptr;
  return std::shared_ptr<const Content>(std::move(content));
}

}  // namespace gatehouse
