#include "app/why_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "app/api_client.h"
#include "app/terminal.h"
#include "config/units.h"

namespace gatehouse {
namespace {

constexpr std::int64_t kBehindTold = 10;  // seconds

std::string words(const ApiJson& json, const char* key) {
  return printable(json.at(key).is_string() ? json.at(key).get<std::string>() : "-");
}

// With all three decimals: so a reader can add the column up.
std::string points(const ApiJson& json, const char* key) {
  return fmt::format("{:.3f}", json.value(key, 0.0));
}

void tell_lag(const ApiJson& json) {
  const std::int64_t behind = json.value("behind_seconds", std::int64_t{0});
  if (behind < kBehindTold) return;
  fmt::print(stderr, "warning: the engine is {} seconds behind; this is as of {}\n", behind,
             words(json, "at"));
}

std::string head_of(const ApiJson& why) {
  const bool has_level = why.at("level").is_string();
  std::string out = words(why, "subject") + "  ";
  out += has_level ? fmt::format("{} since {}", words(why, "level"), words(why, "since"))
                   : std::string("at no level");
  out += fmt::format("\n{} points, {} of them trusted, as of {}\n", points(why, "points"),
                     points(why, "trusted_points"), words(why, "at"));
  if (why.at("shared_by").is_number()) {
    out += fmt::format("no verdict tells this level: {} users share the subject\n",
                       why.at("shared_by").get<int>());
  }
  const ApiJson& verdict = why.at("verdict");
  if (verdict.is_object()) {
    out += fmt::format(
        "verdict: {} until {}{}: {}\n", words(verdict, "level"), words(verdict, "expires"),
        verdict.value("by_operator", false) ? ", set by hand" : "", words(verdict, "reason"));
  }
  return out;
}

// "45 points x 0.5 share = 22.500, x 0.9 of time": only what is not whole is named.
std::string arithmetic(const ApiJson& line) {
  std::string out;
  const ApiJson& factors = line.at("factors");
  if (factors.is_object()) {
    out = fmt::format("{} points", factors.value("points", 0));
    for (const char* const name : {"share", "rarity", "prevalence"}) {
      const double part = factors.value(name, 1.0);
      if (part < 1) out += fmt::format(" x {} {}", part, name);
    }
    out += " = ";
  }
  out += points(line, "paid");
  if (const std::string faded = points(line, "faded"); faded != points(line, "paid")) {
    out += fmt::format("; x {} of time (half in {}) = {}", line.value("decay", 1.0),
                       to_text(Duration{std::chrono::seconds{line.value("half_life_seconds", 0)}}),
                       faded);
  }
  if (const double rank = line.value("rank_factor", 1.0); rank < 1) {
    out += fmt::format("; x {} as number {} = {}", rank, line.value("rank", 0),
                       points(line, "points"));
  }
  return out;
}

std::string lines_of(const ApiJson& why) {
  if (why.at("lines").empty()) return "\nno lines\n";
  std::string out = fmt::format("\n{:>10}  {:<27}  {}\n", "POINTS", "AT", "WHY");
  for (const ApiJson& line : why.at("lines")) {
    out += fmt::format("{:>10}  {:<27}  ", points(line, "points"), words(line, "at"));
    if (!line.contains("detector")) {
      out += words(line, "reason") + '\n';
      continue;
    }
    const std::string name = words(line, "detector");
    out += fmt::format("{}: {}", name.empty() ? "(no longer a detector)" : name,
                       words(line, "reason"));
    if (line.contains("attack")) out += fmt::format(" [{}]", words(line, "attack"));
    if (line.value("times", 1) > 1)
      out += fmt::format(", its family was found {} times", line.value("times", 1));
    if (line.value("trusted_points", 0.0) <= 0 && line.value("points", 0.0) > 0) {
      out += "; counts for `watch` alone";
    }
    out += fmt::format("\n{:>39}  {}\n", "", arithmetic(line));
  }
  return out + fmt::format("{:>10}  = the sum\n", points(why, "points"));
}

std::string falls_of(const ApiJson& why) {
  std::string out;
  for (const ApiJson& fall : why.at("falls")) {
    out += fmt::format("  {} at {}\n",
                       fall.at("level").is_string() ? words(fall, "level") : "no level",
                       words(fall, "at"));
  }
  if (!out.empty()) out = "\nif nothing more is found:\n" + out;
  const bool has_level = why.at("level").is_string();
  if (has_level) {
    out += fmt::format("by hand: gatehouse verdict set {} allow --for 1h\n", words(why, "subject"));
  }
  const ApiJson& next = why.at("next_level");
  if (next.is_object()) {
    out += fmt::format("\nnext: {} at {} {}points; it has {}\n", words(next, "level"),
                       points(next, "enter"), words(next, "level") == "watch" ? "" : "trusted ",
                       points(next, "has"));
  }
  return out;
}

std::string not_fired_of(const ApiJson& why) {
  if (why.at("not_fired").empty()) return {};
  std::string out = "\nnot fired:\n";
  for (const ApiJson& one : why.at("not_fired")) {
    out += fmt::format("  {}: {}: {}", words(one, "detector"), words(one, "why"),
                       words(one, "detail"));
    if (one.at("at").is_string()) out += fmt::format(" ({})", words(one, "at"));
    out += '\n';
  }
  return out;
}

}  // namespace

int explain_risk(const GatePlace& place, const WhyWords& asked, bool as_json) {
  int exit_code = kExitOk;
  const std::string target = fmt::format("/v1/entities/{}/why", url_encoded(asked.subject));
  const auto why = ask_api(place, "GET", target, ApiJson(), exit_code);
  if (!why) return exit_code;
  tell_lag(*why);
  if (as_json) return finish_output(print_out(why->dump(2) + '\n'));
  return finish_output(
      print_out(head_of(*why) + lines_of(*why) + falls_of(*why) + not_fired_of(*why)));
}

int list_notable_subjects(const GatePlace& place, const WhyWords& asked, bool as_json) {
  constexpr std::array kColumns{ApiColumn{"POINTS", "points"}, ApiColumn{"LEVEL", "level"},
                                ApiColumn{"SUBJECT", "subject"}, ApiColumn{"SINCE", "since"},
                                ApiColumn{"WHY", "reason"}};
  int exit_code = kExitOk;
  auto all = ask_api_list(place, "notable", asked.rows, exit_code);
  if (!all) return exit_code;
  tell_lag(*all);
  if (as_json) return finish_output(print_out(all->dump(2) + '\n'));
  for (ApiJson& row : all->at("notable")) row["points"] = points(row, "points");
  return finish_output(print_out(api_table(all->at("notable"), kColumns)));
}

}  // namespace gatehouse
