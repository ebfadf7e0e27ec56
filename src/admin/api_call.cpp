#include "admin/api_call.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "admin/api_handlers.h"
#include "admin/api_token.h"

namespace gatehouse {
namespace {

constexpr std::int64_t kUseNotedUs = 60'000'000;
constexpr std::size_t kDetailBytesMax = 2048;

ApiBegun refused(const Error& error) { return {.outcome = {.answer = api_problem(error)}}; }

// Fills in who asks.
std::optional<ApiBegun> authenticate(ApiAsked& asked, RecordTables& tables) {
  if (asked.caller.is_local || asked.operation.scope.empty()) return std::nullopt;
  if (tables.fault()) return refused(*tables.fault());
  const auto token = tables.token_of(token_digest(asked.secret));
  if (!token) return refused(token.error());
  const std::int64_t now = asked.request.now_us;
  if (asked.secret.empty() || !*token || !(*token)->stands(now)) {
    ApiBegun begun = refused({"E0901", "a token that stands is wanted",
                              "send `Authorization: Bearer ghk_…`; `gatehouse token create` makes "
                              "one"});
    begun.outcome.answer.wants_token = true;
    begun.is_unknown = true;
    return begun;
  }
  asked.caller.who = fmt::format("token {} ({})", (*token)->id, (*token)->name);
  asked.caller.scopes = (*token)->scopes;
  // Of no consequence if it can't be kept.
  if (now - (*token)->used_us >= kUseNotedUs) (void)tables.note_use((*token)->id, now);
  return std::nullopt;
}

ApiOutcome handle(const ApiAsked& asked, RecordTables& tables, AdminView& view) {
  if (!asked.caller.may(asked.operation.scope)) {
    return {.answer = api_problem(
                {"E0902", fmt::format("the token has not the scope `{}`", asked.operation.scope),
                 "ask with a token that has it"})};
  }
  return asked.operation.handler({asked.request, asked.caller, tables, view});
}

AuditRow audit_row(const ApiAsked& asked, const ApiOutcome& outcome) {
  std::string detail;
  if (asked.request.body != nullptr) {
    detail = asked.request.body->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    if (detail.size() > kDetailBytesMax) detail = "\"longer than is kept\"";
  }
  return {.at_us = asked.request.now_us,
          .who = asked.caller.who,
          .from = asked.caller.from,
          .operation = std::string(asked.operation.id),
          .target = asked.request.target,
          .detail = std::move(detail),
          .status = outcome.waits() ? 0 : outcome.answer.status};
}

// The handler's own changes go unless it succeeds; that it was asked stays.
Result<ApiBegun> change(const ApiAsked& asked, RecordTables& tables, AdminView& view) {
  GH_TRY(auto transaction, tables.begin());
  ApiBegun begun{.outcome = handle(asked, tables, view)};
  if (!begun.outcome.waits() && begun.outcome.answer.status >= 300) {
    transaction.reset();
    GH_TRY(transaction, tables.begin());
  }
  GH_TRY(const std::int64_t row, tables.add_audit(audit_row(asked, begun.outcome)));
  if (Status committed = transaction->commit(); !committed) {
    return fail(std::move(committed).error());
  }
  if (begun.outcome.waits()) begun.audit = row;
  return begun;
}

}  // namespace

ApiBegun begin_call(ApiAsked asked, RecordTables& tables, AdminView& view) {
  if (auto begun = authenticate(asked, tables)) return *std::move(begun);
  if (!asked.operation.changes) return {.outcome = handle(asked, tables, view)};
  if (tables.fault()) return refused(*tables.fault());
  auto begun = change(asked, tables, view);
  return begun ? *std::move(begun) : refused(begun.error());
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    std::uint8_t byte = 0;
    if (text.size() - at < 3) return std::nullopt;
    const char* const end = text.data() + at + 3;
    const auto [stopped, bad] = std::from_chars(end - 2, end, byte, 16);
    if (bad != std::errc{} || stopped != end) return std::nullopt;
    out += static_cast<char>(byte);
    at += 2;
  }
  return out;
}

Result<std::map<std::string, std::string>> read_parameters(std::string_view query,
                                                           std::span<const ApiParameter> known) {
  std::map<std::string, std::string> parameters;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    const std::string_view name = pair.substr(0, equals);
    auto value =
        percent_decoded(equals == pair.npos ? std::string_view() : pair.substr(equals + 1));
    if (!value || std::ranges::find(known, name, &ApiParameter::name) == known.end() ||
        !parameters.emplace(name, *std::move(value)).second) {
      std::string names;
      for (const ApiParameter& one : known) names += fmt::format(" `{}`", one.name);
      return fail({"E0904",
                   fmt::format("there is no parameter `{}` here, or it stands twice", name),
                   names.empty() ? "remove it" : "there are" + names});
    }
  }
  return parameters;
}

}  // namespace gatehouse
