#include "app/explain_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/terminal.h"
#include "base/ip_address.h"
#include "config/load.h"
#include "gateway/explain.h"
#include "http/authority.h"
#include "http/characters.h"

namespace gatehouse {
namespace {

using Json = nlohmann::ordered_json;

std::string_view to_text(Foresight::Kind kind) {
  switch (kind) {
    case Foresight::Kind::open:
      return "open";
    case Foresight::Kind::passes:
      return "passes";
    case Foresight::Kind::refuses:
      return "refuses";
  }
  return {};
}

// Empty when the head could be read; else what is wrong with it.
std::string read_head(const RequestQuestion& question, RequestHead& head) {
  const std::string_view text = question.request;
  const std::size_t blank = text.find(' ');
  head.method_text = blank == text.npos ? "GET" : text.substr(0, blank);
  head.target = blank == text.npos ? text : text.substr(blank + 1);
  if (!is_token(head.method_text) || !head.target.starts_with('/')) {
    return fmt::format("`{}` is not a method and a path", printable(text));
  }
  head.method = method_of(head.method_text);
  head.scheme = "http";
  const std::size_t mark = std::min(head.target.find('?'), head.target.size());
  head.raw_path = head.target.substr(0, mark);
  head.has_query = mark != head.target.size();
  if (head.has_query) head.query = head.target.substr(mark + 1);
  for (const std::string_view field : question.fields) {
    const std::size_t colon = std::min(field.find(':'), field.size());
    const std::string_view name = field.substr(0, colon);
    const std::string_view value = trimmed(field.substr(std::min(colon + 1, field.size())));
    if (!is_token(name) || colon == field.size() || !all_in(value, kValue)) {
      return fmt::format("`{}` is no field", printable(field));
    }
    if (field_id(name) == FieldId::host) {
      const auto authority = canonical_authority(value, head.fields.arena());
      if (!authority) return fmt::format("`{}` is no host", printable(value));
      head.authority = *authority;
    } else if (!head.fields.add(field_id(name), name, value)) {
      return "there are too many fields";
    }
  }
  return {};
}

std::string verdict_of(const ExplainedPolicy& policy) {
  const Foresight& foresight = policy.foresight;
  if (!policy.reached) return "not reached";
  if (foresight.kind != Foresight::Kind::refuses) return foresight.says;
  const GateErrorRow& row = row_of(foresight.error);
  return fmt::format("refuses with {} {}{}{}", row.status, row.code,
                     foresight.says.empty() ? "" : ": ", foresight.says);
}

bool ends_early(const Explanation& found) {
  return found.refusal || std::any_of(found.policies.begin(), found.policies.end(), [](auto& one) {
           return one.foresight.kind == Foresight::Kind::refuses;
         });
}

std::string as_text(const Explanation& found) {
  std::string out;
  const auto row = [&](std::string_view name, const std::string& text) {
    out += fmt::format("{:<10} {}\n", name, printable(text));
  };
  row("host", found.host.empty() ? "(none given: -H 'Host: …')" : found.host);
  row("path", found.path);
  if (!found.route.empty()) {
    row("route", fmt::format("{} of {}, pattern {}", found.route, found.api, found.pattern));
    for (const auto& [name, value] : found.captures) row("", fmt::format("{} = {}", name, value));
  }
  if (found.refusal) {
    const GateErrorRow& error = row_of(*found.refusal);
    row("answer", fmt::format("{} {}: {}", error.status, error.code, found.why));
    for (const std::string& near : found.near) row("near", near);
    return out;
  }
  std::size_t number = 0;
  for (const ExplainedPolicy& one : found.policies) {
    row("policy", fmt::format("{}. {} ({}, {}): {}", ++number, one.name, one.kind,
                              to_text(one.phase), verdict_of(one)));
  }
  const std::string_view unless = ends_early(found) ? " (if it were let through)" : "";
  if (found.is_decoy) {
    row("answer", fmt::format("made up by the gate itself, a decoy{}", unless));
  } else if (found.mock_status != 0) {
    row("answer", fmt::format("{} by the gate itself, a mock{}", found.mock_status, unless));
  } else {
    row("upstream", fmt::format("{}{}", found.upstream, unless));
    row("asked for", found.target + (found.authority.empty() ? "" : " of " + found.authority));
  }
  row("not told", "verdicts, limits spent, health of targets: a running gate knows them");
  return out;
}

Json as_json_value(const Explanation& found) {
  Json out{{"host", found.host}, {"path", found.path}};
  if (!found.route.empty()) {
    out["route"] = {{"api", found.api}, {"name", found.route}, {"pattern", found.pattern}};
    for (const auto& [name, value] : found.captures) out["route"]["captures"][name] = value;
  }
  if (found.refusal) {
    const GateErrorRow& error = row_of(*found.refusal);
    out["refusal"] = {{"status", error.status}, {"code", error.code}, {"why", found.why}};
    if (!found.near.empty()) out["near"] = found.near;
    return out;
  }
  out["policies"] = Json::array();
  for (const ExplainedPolicy& one : found.policies) {
    Json policy{{"name", one.name},
                {"kind", one.kind},
                {"phase", to_text(one.phase)},
                {"reached", one.reached},
                {"foresight", to_text(one.foresight.kind)},
                {"says", one.foresight.says}};
    if (one.foresight.kind == Foresight::Kind::refuses) {
      const GateErrorRow& error = row_of(one.foresight.error);
      policy["refusal"] = {{"status", error.status}, {"code", error.code}};
    }
    out["policies"].push_back(std::move(policy));
  }
  if (found.is_decoy) {
    out["backend"] = {{"decoy", true}};
  } else if (found.mock_status != 0) {
    out["backend"] = {{"mock", found.mock_status}};
  } else {
    out["backend"] = {
        {"upstream", found.upstream}, {"target", found.target}, {"host", found.authority}};
  }
  return out;
}

}  // namespace

int explain_request(const RequestQuestion& question, bool as_json) {
  Arena arena;
  RequestHead head(arena);
  if (const std::string fault = read_head(question, head); !fault.empty()) {
    return complain(kExitUsage, fault, "write it as: 'GET /orders/17' -H 'Host: shop.example'");
  }
  if (!IpAddress::parse(question.from)) {
    return complain(kExitUsage, fmt::format("`{}` is no address", printable(question.from)));
  }
  ConfigLoad loaded = load_config(question.config);
  std::shared_ptr<const Snapshot> snapshot;
  if (loaded.config) {
    snapshot = build_snapshot(*std::move(loaded.config), TicketKeys::random(), loaded.diagnostics);
  }
  if (snapshot == nullptr) {
    fmt::print(stderr, "{}", loaded.diagnostics.text("it would not be taken"));
    return kExitConfigInvalid;
  }
  const Explanation found = explain(*snapshot, head, question.from);
  const std::string text =
      as_json ? as_json_value(found).dump(2, ' ', false, Json::error_handler_t::replace) + '\n'
              : as_text(found);
  return print_out(text) && flush_out() ? static_cast<int>(kExitOk)
                                        : complain(kExitFailure, "the output could not be written");
}

}  // namespace gatehouse
