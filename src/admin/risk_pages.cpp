#include "admin/risk_pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "admin/api_handlers.h"
#include "events/event_json.h"

namespace gatehouse {
namespace {

using Json = nlohmann::ordered_json;

AdminAnswer answer(const Json& json) {
  return {200, "application/json", json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n'};
}

// The shortest decimal that reads back as this: at most three digits behind the point.
Json points(MilliPoints milli) { return static_cast<double>(milli.value) / 1000.0; }
Json part(std::uint16_t q16) { return std::round(q16 / 65'535.0 * 1000.0) / 1000.0; }
Json time_or_null(std::int64_t us) { return us == 0 ? Json() : Json(time_text(us)); }
Json level_json(RiskLevel level) { return level ? Json(to_text(*level)) : Json(); }

std::int64_t behind_s(std::int64_t at_us, std::int64_t now_us) {
  return at_us == 0 ? 0 : std::max<std::int64_t>(0, (now_us - at_us) / 1'000'000);
}

Json factors_json(const PaidFactors& factors) {
  if (factors.points == 0) return {};
  return {{"points", factors.points},
          {"share", part(factors.share)},
          {"rarity", part(factors.rarity)},
          {"prevalence", part(factors.prevalence)}};
}

double ratio(MilliPoints part, MilliPoints whole) {
  if (whole.value == 0) return 0;
  const double exact = static_cast<double>(part.value) / static_cast<double>(whole.value);
  return std::round(exact * 1e6) / 1e6;
}

double rank_factor(std::size_t rank) {
  if (rank <= static_cast<std::size_t>(Ledger::kFullRanks)) return 1;
  return std::round(static_cast<double>(Ledger::kFullRanks) / static_cast<double>(rank) * 10'000) /
         10'000.0;
}

Json line_json(const WhyLine& line) {
  Json json = {{"at", time_or_null(line.at_us)},
               {"sequence", line.sequence == 0 ? Json() : Json(line.sequence)}};
  if (line.sequence != 0) {
    json["detector"] = line.detector;
    json["family"] = line.family;
    if (!line.attack.empty()) json["attack"] = line.attack;
  }
  json["reason"] = line.reason;
  if (line.sequence != 0) {
    json["times"] = line.times;
    json["factors"] = factors_json(line.factors);
    json["paid"] = points(line.paid);
    json["half_life_seconds"] = line.half_life_us / 1'000'000;
    json["decay"] = ratio(line.faded, line.paid);
    json["faded"] = points(line.faded);
    json["rank"] = line.rank;
    json["rank_factor"] = rank_factor(line.rank);
  }
  json["points"] = points(line.now);
  json["trusted_points"] = points(line.trusted);
  return json;
}

Json verdict_json(const std::optional<Verdict>& verdict, const std::string& name) {
  if (!verdict) return {};
  return {{"subject", name},
          {"kind", to_text(verdict->subject.kind)},
          {"hash", hash_text(verdict->subject.hash)},
          {"level", to_text(verdict->level)},
          {"expires", time_text(verdict->expires.time_since_epoch().count())},
          {"by_operator", verdict->by_operator},
          {"reason", verdict->reason}};
}

void add_lists(Json& json, const Why& why) {
  for (const WhyLine& line : why.lines) json["lines"].push_back(line_json(line));
  for (const RiskFall& fall : why.falls) {
    json["falls"].push_back({{"at", time_text(fall.at_us)}, {"level", level_json(fall.level)}});
  }
  if (why.next) {
    json["next_level"] = {{"level", to_text(why.next->level)},
                          {"enter", points(why.next->enter)},
                          {"has", points(why.next->has)}};
  }
  for (const WhyNot& one : why.not_fired) {
    json["not_fired"].push_back({{"detector", one.detector},
                                 {"why", to_text(one.why)},
                                 {"detail", one.detail},
                                 {"at", time_or_null(one.at_us)}});
  }
}

std::string name_of(const NotableRow& row) {
  if (row.name.empty()) return hash_name(row.place.subject);
  return fmt::format("{}:{}", to_text(row.place.subject.kind), row.name);
}

}  // namespace

AdminAnswer engine_behind() {
  return api_problem({"E0908", "the engine is behind and gave no answer within two seconds",
                      "ask again later; /metrics says how far it is"});
}

AdminAnswer why_answer(const WhyFound& found, const NamedSubject& subject,
                       const std::optional<Verdict>& verdict, std::int64_t now_us) {
  if (!found.why && !verdict) {
    return api_problem({"E0905", fmt::format("nothing is known of `{}`", subject.name),
                        found.has_content
                            ? "see `gatehouse notable` for who has points; names are written as "
                              "events show them"
                            : "there are no detectors, so nobody is scored"});
  }
  const Why why = found.why.value_or(Why{});
  Json json = {{"subject", subject.name},
               {"kind", to_text(subject.subject.kind)},
               {"hash", hash_text(subject.subject.hash)},
               {"at", time_or_null(found.at_us)},
               {"behind_seconds", behind_s(found.at_us, now_us)},
               {"first_seen", time_or_null(why.first_us)},
               {"last_seen", time_or_null(why.last_us)},
               {"sessions", why.sessions},
               {"points", points(why.total.all)},
               {"trusted_points", points(why.total.trusted)},
               {"level", level_json(why.level)},
               {"since", time_or_null(why.since_us)},
               {"shared_by", why.is_for_many ? Json(why.users) : Json()},
               {"lines", Json::array()},
               {"falls", Json::array()},
               {"next_level", Json()},
               {"not_fired", Json::array()}};
  add_lists(json, why);
  json["verdict"] = verdict_json(verdict, subject.name);
  return answer(json);
}

AdminAnswer notable_answer(const NotablePage& page, std::int64_t now_us) {
  Json json = {{"at", time_or_null(page.at_us)},
               {"behind_seconds", behind_s(page.at_us, now_us)},
               {"notable", Json::array()}};
  for (const NotableRow& row : page.rows) {
    json["notable"].push_back({{"subject", name_of(row)},
                               {"kind", to_text(row.place.subject.kind)},
                               {"hash", hash_text(row.place.subject.hash)},
                               {"points", points({row.place.milli})},
                               {"trusted_points", points(row.trusted)},
                               {"level", level_json(row.level)},
                               {"since", time_or_null(row.since_us)},
                               {"lines", row.lines},
                               {"reason", row.reason}});
  }
  if (page.last) {
    const NotablePlace& last = *page.last;
    json["next"] = fmt::format("{}.{}.{}.{}.{}", page.at_us, last.milli,
                               static_cast<unsigned>(last.subject.kind), last.subject.hash.low,
                               last.subject.hash.high);
  }
  return answer(json);
}

}  // namespace gatehouse
