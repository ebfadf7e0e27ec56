#include "admin/api_handlers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "admin/api_token.h"
#include "config/units.h"
#include "events/event_json.h"
#include "store/question.h"
#include "verdicts/subject_name.h"

namespace gatehouse {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kPageRows = 100;
constexpr std::size_t kPageRowsMax = 1000;
constexpr std::int64_t kLongestUs = 365LL * 24 * 3600 * 1'000'000;  // records keep longer
constexpr std::int64_t kTokenUs = 90LL * 24 * 3600 * 1'000'000;
constexpr std::int64_t kTokenLongestUs = 10 * kLongestUs;
constexpr std::uint64_t kByHandMax = 10'000;  // that stand at a time
constexpr std::size_t kTokenNameBytesMax = 60;

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

ApiOutcome answer(const Json& json, std::uint16_t status = 200) {
  return {.answer = {status, "application/json", text_of(json)}};
}

ApiOutcome problem(const Error& error) { return {.answer = api_problem(error)}; }
ApiOutcome not_understood(std::string what, std::string help) {
  return problem({"E0904", std::move(what), std::move(help)});
}
ApiOutcome not_there(std::string what) { return problem({"E0905", std::move(what), {}}); }

Json time_or_null(std::int64_t us) { return us == 0 ? Json() : Json(time_text(us)); }

std::string parameter(const ApiCall& call, const std::string& name) {
  const auto found = call.request.parameters.find(name);
  return found == call.request.parameters.end() ? std::string() : found->second;
}

Result<std::size_t> page_rows(const ApiCall& call) {
  const std::string text = parameter(call, "limit");
  if (text.empty()) return kPageRows;
  const auto rows = parse_whole(text);
  if (rows && *rows >= 1 && *rows <= kPageRowsMax) return static_cast<std::size_t>(*rows);
  return fail({"E0904", fmt::format("`{}` is no number of rows", text), "write 1 to 1000"});
}

// Numbers with dots between, as `next` gave them; all 0 without a cursor.
template <std::size_t N>
Result<std::array<std::uint64_t, N>> cursor(const ApiCall& call) {
  std::array<std::uint64_t, N> numbers{};
  const std::string text = parameter(call, "cursor");
  if (text.empty()) return numbers;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::size_t i = 0; i < N; ++i) {
    const auto [next, bad] = std::from_chars(at, end, numbers[i]);
    const bool is_last = i + 1 == N;
    if (bad != std::errc{} || (is_last ? next != end : next == end || *next != '.')) {
      return fail({"E0904", fmt::format("`{}` is no cursor", text),
                   "take `next` of the page before as it is"});
    }
    at = next + 1;
  }
  return numbers;
}

// A text of the body; nothing if it is not there or no text.
std::optional<std::string> body_text(const ApiCall& call, const char* name) {
  const auto found = call.request.body->find(name);
  if (found == call.request.body->end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

std::optional<Error> unknown_key(const ApiCall& call, std::span<const std::string_view> known) {
  for (const auto& [key, value] : call.request.body->items()) {
    if (std::ranges::find(known, key) != known.end()) continue;
    return Error{"E0904", fmt::format("there is no key `{}`", key),
                 fmt::format("there are {}", fmt::join(known, ", "))};
  }
  return std::nullopt;
}

// The end that `for` or `until` names.
Result<std::int64_t> end_of(const ApiCall& call, std::int64_t longest_us) {
  const auto length = body_text(call, "for");
  const auto until = body_text(call, "until");
  if (length.has_value() == until.has_value()) {
    return fail({"E0904", "an end is wanted, once", "write `for`, as in `1h`, or `until`, a time"});
  }
  const std::int64_t now = call.request.now_us;
  std::optional<std::int64_t> end;
  if (length) {
    const auto duration = parse_duration(*length);
    if (duration && std::chrono::microseconds{*duration}.count() <= longest_us) {
      end = now + std::chrono::microseconds{*duration}.count();
    }
  } else {
    end = parse_time(*until);
  }
  if (!end || *end <= now || *end - now > longest_us) {
    return fail({"E0904", fmt::format("`{}` is no end", length ? *length : *until),
                 fmt::format("write a length such as `1h`, or a time ahead; {} days at most",
                             longest_us / (24LL * 3600 * 1'000'000))});
  }
  return *end;
}

bool is_printable(std::string_view text) {
  return std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

Json verdict_json(const Verdict& row, const std::string& name) {
  return {{"subject", name},
          {"kind", to_text(row.subject.kind)},
          {"hash", hash_text(row.subject.hash)},
          {"level", to_text(row.level)},
          {"expires", time_text(row.expires.time_since_epoch().count())},
          {"by_operator", row.by_operator},
          {"reason", row.reason}};
}

Json token_json(const TokenRow& row, std::int64_t now_us) {
  Json scopes = Json::array();
  for (std::string_view rest = row.scopes; !rest.empty();) {
    const std::string_view one = rest.substr(0, rest.find(' '));
    scopes.push_back(one);
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
  }
  return {{"id", row.id},
          {"name", row.name},
          {"scopes", std::move(scopes)},
          {"created_at", time_text(row.created_us)},
          {"created_by", row.created_by},
          {"expires_at", time_text(row.expires_us)},
          {"revoked_at", time_or_null(row.revoked_us)},
          {"used_at", time_or_null(row.used_us)},
          {"stands", row.stands(now_us)}};
}

// The captured subject, and what stands on it.
Result<NamedSubject> subject_of(const ApiCall& call) {
  return parse_subject(call.request.captured, call.view.key());
}

using Names = std::map<VerdictSubject, std::string>;
Result<Names> names_by_hand(const ApiCall& call) {
  GH_TRY(const auto rows, call.tables.standing(call.request.now_us));
  Names names;
  for (const HandVerdict& one : rows) names[{one.kind, one.hash}] = one.subject;
  return names;
}

Result<std::optional<TokenRow>> captured_token(const ApiCall& call) {
  const auto id = parse_whole(call.request.captured);
  if (!id || *id > static_cast<std::uint64_t>(INT64_MAX)) return std::optional<TokenRow>();
  return call.tables.token(static_cast<std::int64_t>(*id));
}

// The place of a row in the order of VerdictFeed::rows().
std::array<std::uint64_t, 5> place_of(const Verdict& row) {
  return {
      row.by_operator ? 1U : 0U, static_cast<std::uint64_t>(row.expires.time_since_epoch().count()),
      static_cast<std::uint64_t>(row.subject.kind), row.subject.hash.low, row.subject.hash.high};
}

// The scopes that are asked for, in the table's order; each has to be the caller's own.
Result<std::string> scopes_of(const ApiCall& call) {
  const auto found = call.request.body->find("scopes");
  if (found == call.request.body->end() || !found->is_array() || found->empty()) {
    return fail({"E0904", "scopes are wanted",
                 fmt::format("name some of {}", fmt::join(api_scopes(), ", "))});
  }
  for (const nlohmann::json& one : *found) {
    const std::string name = one.is_string() ? one.get<std::string>() : one.dump();
    if (std::ranges::find(api_scopes(), name) == api_scopes().end()) {
      return fail({"E0904", fmt::format("`{}` is no scope", name),
                   fmt::format("name some of {}", fmt::join(api_scopes(), ", "))});
    }
  }
  std::string scopes;
  for (const std::string_view scope : api_scopes()) {
    const auto names_it = [scope](const nlohmann::json& one) {
      return one.get_ref<const std::string&>() == scope;
    };
    if (std::none_of(found->begin(), found->end(), names_it)) continue;
    if (!call.caller.may(scope)) {
      return fail({"E0902",
                   fmt::format("a token can't give the scope `{}`, which it has not", scope),
                   "ask with a token that has it, or through the socket"});
    }
    scopes.append(scopes.empty() ? "" : " ").append(scope);
  }
  return scopes;
}

}  // namespace

AdminAnswer api_problem(const Error& error) {
  struct Row {
    std::string_view code;
    std::uint16_t status;
    std::string_view title;
  };
  constexpr std::array kRows{
      Row{"E0811", 507, "not kept"},
      Row{"E0812", 503, "records broken"},
      Row{"E0814", 503, "journal not written"},
      Row{"E0901", 401, "token wanted"},
      Row{"E0902", 403, "not allowed"},
      Row{"E0903", 429, "too many tries"},
      Row{"E0904", 400, "not understood"},
      Row{"E0905", 404, "not there"},
      Row{"E0906", 503, "no room"},
      Row{"E0907", 409, "too many"},
      Row{"E0908", 503, "engine behind"},
  };
  const auto row = std::ranges::find(kRows, error.code, &Row::code);
  const bool is_known = row != kRows.end();
  const std::uint16_t status = is_known ? row->status : 503;
  Json json = {{"type", "about:blank"},
               {"title", is_known ? row->title : "not answered"},
               {"status", status},
               {"detail", error.what},
               {"code", error.code}};
  if (!error.help.empty()) json["help"] = error.help;
  return {status, "application/problem+json", text_of(json)};
}

AdminAnswer order_answer(const HandOrder& order, bool in_force, bool enforces) {
  const bool clears = order.level == "clear";
  const Json json = {{"subject", order.name},
                     {"kind", to_text(order.subject.kind)},
                     {"hash", hash_text(order.subject.hash)},
                     {"level", clears ? Json() : Json(order.level)},
                     {"expires", time_or_null(clears ? 0 : order.until_us)},
                     {"by_operator", true},
                     {"reason", order.reason},
                     {"in_force", in_force},
                     {"mode", enforces ? "enforce" : "observe"}};
  return {static_cast<std::uint16_t>(in_force ? 200 : 202), "application/json", text_of(json)};
}

ApiOutcome get_status(const ApiCall& call) {
  return {.answer = admin_answer({Method::get, "/status", {}, true}, call.view)};
}

ApiOutcome list_events(const ApiCall& call) {
  auto query =
      events_query({Method::get, "/events", call.request.query, true}, call.request.now_us);
  if (!query) return {.answer = std::move(query).error()};
  return {.history = *std::move(query)};
}

ApiOutcome reload_config(const ApiCall&) { return {.reload = true}; }

// The cursor: the moment of the first page, and the last row's place.
ApiOutcome list_notable(const ApiCall& call) {
  const auto rows_max = page_rows(call);
  const auto from = cursor<5>(call);
  if (!rows_max) return problem(rows_max.error());
  if (!from) return problem(from.error());
  RiskQuestion question{.notable = {.rows_max = *rows_max}};
  if (!parameter(call, "cursor").empty()) {
    const auto& [at_us, milli, kind, low, high] = *from;
    question.notable.at_us = static_cast<std::int64_t>(at_us);
    question.notable.after = NotablePlace{static_cast<std::int64_t>(milli),
                                          {static_cast<SubjectKind>(kind), {low, high}}};
  }
  return {.risk = std::move(question)};
}

ApiOutcome get_why(const ApiCall& call) {
  const auto subject = subject_of(call);
  if (!subject) return problem(subject.error());
  return {.risk = RiskQuestion{.subject = *subject}};
}

ApiOutcome list_verdicts(const ApiCall& call) {
  const auto rows_max = page_rows(call);
  const auto from = cursor<5>(call);
  if (!rows_max) return problem(rows_max.error());
  if (!from) return problem(from.error());
  const auto names = names_by_hand(call);
  if (!names) return problem(names.error());
  const bool is_first = parameter(call, "cursor").empty();
  Json json = {{"verdicts", Json::array()}};
  const Verdict* last = nullptr;
  const std::vector<Verdict> all = call.view.verdicts();
  for (const Verdict& row : all) {
    if (!is_first && place_of(row) <= *from) continue;
    if (json["verdicts"].size() == *rows_max) {
      json["next"] = fmt::format("{}", fmt::join(place_of(*last), "."));
      break;
    }
    const auto known = names->find(row.subject);
    json["verdicts"].push_back(
        verdict_json(row, known == names->end() ? hash_name(row.subject) : known->second));
    last = &row;
  }
  return answer(json);
}

ApiOutcome get_verdict(const ApiCall& call) {
  const auto subject = subject_of(call);
  if (!subject) return problem(subject.error());
  const auto stands = call.view.verdict(subject->subject);
  if (!stands) return not_there(fmt::format("no verdict stands on `{}`", subject->name));
  return answer(verdict_json(*stands, subject->name));
}

ApiOutcome set_verdict(const ApiCall& call) {
  constexpr std::array<std::string_view, 4> kKeys{"level", "for", "until", "reason"};
  const auto subject = subject_of(call);
  if (!subject) return problem(subject.error());
  if (const auto unknown = unknown_key(call, kKeys)) return problem(*unknown);
  const auto level = body_text(call, "level");
  if (!level || !verdict_level(*level)) {
    return not_understood("a level is wanted",
                          "write allow, watch, slow, challenge, trap or block as `level`");
  }
  const auto until_us = end_of(call, kLongestUs);
  if (!until_us) return problem(until_us.error());
  const std::string reason = body_text(call, "reason").value_or("");
  if (reason.size() > kVerdictReasonBytesMax || !is_printable(reason)) {
    return not_understood("the reason is longer than 200 bytes, or not to be printed",
                          "write one short line");
  }
  const auto standing = call.tables.count_standing(call.request.now_us);
  if (!standing) return problem(standing.error());
  if (*standing >= kByHandMax) {
    return problem({"E0907",
                    fmt::format("{} verdicts by hand stand, the most is {}", *standing, kByHandMax),
                    "clear some, or put the addresses into an `ip_list`"});
  }
  return {.order = HandOrder{.subject = subject->subject,
                             .name = subject->name,
                             .level = *level,
                             .until_us = *until_us,
                             .reason = reason,
                             .by = call.caller.who}};
}

ApiOutcome clear_verdict(const ApiCall& call) {
  const auto subject = subject_of(call);
  if (!subject) return problem(subject.error());
  if (!call.view.verdict(subject->subject)) {
    return not_there(fmt::format("no verdict stands on `{}`", subject->name));
  }
  return {.order = HandOrder{.subject = subject->subject,
                             .name = subject->name,
                             .level = "clear",
                             .by = call.caller.who}};
}

ApiOutcome list_verdicts_by_hand(const ApiCall& call) {
  const auto rows_max = page_rows(call);
  const auto from = cursor<2>(call);
  if (!rows_max) return problem(rows_max.error());
  if (!from) return problem(from.error());
  const auto rows =
      call.tables.verdicts(static_cast<std::int64_t>((*from)[0]), (*from)[1], *rows_max + 1);
  if (!rows) return problem(rows.error());
  Json json = {{"verdicts_by_hand", Json::array()}};
  for (const HandVerdict& row : *rows) {
    if (json["verdicts_by_hand"].size() == *rows_max) {
      const HandVerdict& last = (*rows)[*rows_max - 1];
      json["next"] = fmt::format("{}.{}", last.at_us, last.sequence);
      break;
    }
    const bool clears = row.level == "clear";
    json["verdicts_by_hand"].push_back({{"sequence", row.sequence},
                                        {"at", time_text(row.at_us)},
                                        {"subject", row.subject},
                                        {"kind", to_text(row.kind)},
                                        {"hash", hash_text(row.hash)},
                                        {"level", clears ? Json() : Json(row.level)},
                                        {"expires", time_or_null(clears ? 0 : row.until_us)},
                                        {"reason", row.reason},
                                        {"by", row.by}});
  }
  return answer(json);
}

ApiOutcome list_tokens(const ApiCall& call) {
  const auto rows_max = page_rows(call);
  const auto from = cursor<1>(call);
  if (!rows_max) return problem(rows_max.error());
  if (!from) return problem(from.error());
  const auto rows = call.tables.tokens(static_cast<std::int64_t>((*from)[0]), *rows_max + 1);
  if (!rows) return problem(rows.error());
  Json json = {{"tokens", Json::array()}};
  for (const TokenRow& row : *rows) {
    if (json["tokens"].size() == *rows_max) {
      json["next"] = std::to_string((*rows)[*rows_max - 1].id);
      break;
    }
    json["tokens"].push_back(token_json(row, call.request.now_us));
  }
  return answer(json);
}

ApiOutcome create_token(const ApiCall& call) {
  constexpr std::array<std::string_view, 4> kKeys{"name", "scopes", "for", "until"};
  if (const auto unknown = unknown_key(call, kKeys)) return problem(*unknown);
  const std::string name = body_text(call, "name").value_or("");
  if (name.empty() || name.size() > kTokenNameBytesMax || !is_printable(name)) {
    return not_understood("a name is wanted", "write whom the token is for, in 60 bytes or fewer");
  }
  auto scopes = scopes_of(call);
  if (!scopes) return problem(scopes.error());
  Result<std::int64_t> until_us = call.request.now_us + kTokenUs;
  if (call.request.body->contains("for") || call.request.body->contains("until")) {
    until_us = end_of(call, kTokenLongestUs);
  }
  if (!until_us) return problem(until_us.error());
  const std::string secret = new_token_secret();
  const auto made = call.tables.add_token({.name = name,
                                           .scopes = *std::move(scopes),
                                           .created_by = call.caller.who,
                                           .created_us = call.request.now_us,
                                           .expires_us = *until_us},
                                          token_digest(secret));
  if (!made) return problem(made.error());
  Json json = token_json(*made, call.request.now_us);
  json["secret"] = secret;
  return answer(json, 201);
}

ApiOutcome get_token(const ApiCall& call) {
  const auto token = captured_token(call);
  if (!token) return problem(token.error());
  if (!*token) return not_there(fmt::format("there is no token `{}`", call.request.captured));
  return answer(token_json(**token, call.request.now_us));
}

ApiOutcome revoke_token(const ApiCall& call) {
  auto token = captured_token(call);
  if (!token) return problem(token.error());
  if (!*token) return not_there(fmt::format("there is no token `{}`", call.request.captured));
  const std::int64_t id = (*token)->id;
  if (Status done = call.tables.revoke_token(id, call.request.now_us); !done) {
    return problem(done.error());
  }
  token = call.tables.token(id);
  if (!token) return problem(token.error());
  return answer(token_json(**token, call.request.now_us));
}

ApiOutcome list_audit(const ApiCall& call) {
  const auto rows_max = page_rows(call);
  const auto from = cursor<1>(call);
  if (!rows_max) return problem(rows_max.error());
  if (!from) return problem(from.error());
  const auto rows = call.tables.audit(static_cast<std::int64_t>((*from)[0]), *rows_max + 1);
  if (!rows) return problem(rows.error());
  Json json = {{"audit", Json::array()}};
  for (const AuditRow& row : *rows) {
    if (json["audit"].size() == *rows_max) {
      json["next"] = std::to_string((*rows)[*rows_max - 1].id);
      break;
    }
    const Json detail = Json::parse(row.detail, nullptr, false);
    json["audit"].push_back({{"id", row.id},
                             {"at", time_text(row.at_us)},
                             {"who", row.who},
                             {"from", row.from},
                             {"operation", row.operation},
                             {"target", row.target},
                             {"detail", detail.is_discarded() ? Json() : detail},
                             {"status", row.status == 0 ? Json() : Json(row.status)}});
  }
  return answer(json);
}

}  // namespace gatehouse
