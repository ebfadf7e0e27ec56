#include "admin/api_operations.h"

#include <algorithm>
#include <array>

#include "admin/api_handlers.h"

namespace gatehouse {
namespace {

constexpr std::array<std::string_view, 10> kScopes{
    "status:read",    "config:reload", "events:read",  "risk:read",  "verdicts:read",
    "verdicts:write", "tokens:read",   "tokens:write", "audit:read", "all",
};

constexpr ApiParameter kLimit{"limit", "Rows of a page, 1 to 1000; 100 by default.", true};
constexpr ApiParameter kCursor{"cursor", "`next` of the page before."};
constexpr std::array kPaged{kLimit, kCursor};
constexpr std::array kEvents{
    ApiParameter{"filter", "A condition on the fields, in the expression language."},
    ApiParameter{"since", "An age, a time, or the number of a record."},
    ApiParameter{"until", "An age or a time before which to end."},
    ApiParameter{"group_by", "Fields to count by, with commas between."},
    ApiParameter{"last", "Rows to count back from the end.", true},
    ApiParameter{"all", "1: records of every kind."},
    ApiParameter{"limit", "Rows of a page, 1 to 5000; 100 by default.", true},
    ApiParameter{"after", "`next` of the page before."},
};

constexpr std::array kOperations{
    ApiOperation{.id = "getStatus",
                 .path = "/v1/status",
                 .scope = "status:read",
                 .summary = "What runs, and how it is.",
                 .handler = get_status,
                 .answer = "Status"},
    ApiOperation{.id = "reloadConfig",
                 .method = Method::post,
                 .path = "/v1/reload",
                 .scope = "config:reload",
                 .summary = "Reads the config anew; 409 with the findings if it is not taken.",
                 .handler = reload_config,
                 .answer = "Reload",
                 .changes = true},
    ApiOperation{.id = "listEvents",
                 .path = "/v1/events",
                 .scope = "events:read",
                 .summary = "Asks the event history.",
                 .handler = list_events,
                 .answer = "Events",
                 .parameters = kEvents},
    ApiOperation{.id = "listNotable",
                 .path = "/v1/notable",
                 .scope = "risk:read",
                 .summary = "Who has points, most first, each with its greatest reason.",
                 .handler = list_notable,
                 .answer = "Notable",
                 .parameters = kPaged},
    ApiOperation{.id = "getWhy",
                 .path = "/v1/entities/{subject}/why",
                 .scope = "risk:read",
                 .summary = "Why a subject is at its level: every line of its points, which add "
                            "up, what will lower it, and why other detectors gave none.",
                 .handler = get_why,
                 .answer = "Why"},
    ApiOperation{.id = "listVerdicts",
                 .path = "/v1/verdicts",
                 .scope = "verdicts:read",
                 .summary = "The verdicts that stand, soonest to end first, an operator's last.",
                 .handler = list_verdicts,
                 .answer = "Verdicts",
                 .parameters = kPaged},
    ApiOperation{.id = "getVerdict",
                 .path = "/v1/verdicts/{subject}",
                 .scope = "verdicts:read",
                 .summary = "The verdict that stands on a subject.",
                 .handler = get_verdict,
                 .answer = "Verdict"},
    ApiOperation{.id = "setVerdict",
                 .method = Method::put,
                 .path = "/v1/verdicts/{subject}",
                 .scope = "verdicts:write",
                 .summary = "Sets a verdict by hand in place of what stands; answers when it is in "
                            "force, with 202 if that takes longer than two seconds.",
                 .handler = set_verdict,
                 .body = "VerdictOrder",
                 .answer = "Verdict",
                 .changes = true},
    ApiOperation{.id = "clearVerdict",
                 .method = Method::del,
                 .path = "/v1/verdicts/{subject}",
                 .scope = "verdicts:write",
                 .summary = "Ends the verdict that stands on a subject, whoever set it.",
                 .handler = clear_verdict,
                 .answer = "Verdict",
                 .changes = true},
    ApiOperation{.id = "listVerdictsByHand",
                 .path = "/v1/verdicts_by_hand",
                 .scope = "verdicts:read",
                 .summary = "Every verdict that was set or cleared by hand, newest first, with its "
                            "place in the journal.",
                 .handler = list_verdicts_by_hand,
                 .answer = "VerdictsByHand",
                 .parameters = kPaged},
    ApiOperation{.id = "listTokens",
                 .path = "/v1/tokens",
                 .scope = "tokens:read",
                 .summary = "The tokens of this API, without their secrets.",
                 .handler = list_tokens,
                 .answer = "Tokens",
                 .parameters = kPaged},
    ApiOperation{.id = "createToken",
                 .method = Method::post,
                 .path = "/v1/tokens",
                 .scope = "tokens:write",
                 .summary = "Makes a token with scopes that the caller has; its secret is in this "
                            "answer and nowhere else.",
                 .handler = create_token,
                 .body = "TokenOrder",
                 .answer = "NewToken",
                 .status = 201,
                 .changes = true},
    ApiOperation{.id = "getToken",
                 .path = "/v1/tokens/{id}",
                 .scope = "tokens:read",
                 .summary = "One token.",
                 .handler = get_token,
                 .answer = "Token"},
    ApiOperation{.id = "revokeToken",
                 .method = Method::del,
                 .path = "/v1/tokens/{id}",
                 .scope = "tokens:write",
                 .summary = "Ends a token at once, for good.",
                 .handler = revoke_token,
                 .answer = "Token",
                 .changes = true},
    ApiOperation{.id = "listAudit",
                 .path = "/v1/audit",
                 .scope = "audit:read",
                 .summary = "Every change that was asked for, newest first.",
                 .handler = list_audit,
                 .answer = "Audit",
                 .parameters = kPaged},
};

// "/v1/tokens/{id}" takes one segment, which is not empty, where the braces stand.
bool matches(std::string_view pattern, std::string_view path, std::string_view& captured) {
  const std::size_t brace = pattern.find('{');
  if (brace == pattern.npos) return pattern == path;
  const std::string_view behind = pattern.substr(pattern.find('}') + 1);
  if (path.size() < brace + behind.size() || !path.starts_with(pattern.substr(0, brace)) ||
      !path.ends_with(behind)) {
    return false;
  }
  captured = path.substr(brace, path.size() - behind.size() - brace);
  return !captured.empty() && captured.find('/') == captured.npos;
}

}  // namespace

std::span<const ApiOperation> api_operations() { return kOperations; }
std::span<const std::string_view> api_scopes() { return kScopes; }

bool ApiCaller::may(std::string_view scope) const {
  if (is_local || scope.empty()) return true;
  for (std::string_view rest = scopes; !rest.empty();) {
    const std::string_view one = rest.substr(0, rest.find(' '));
    if (one == scope || one == "all") return true;
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
  }
  return false;
}

std::string_view to_text(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::patch:
      return "PATCH";
    case Method::del:
      return "DELETE";
    case Method::options:
      return "OPTIONS";
    case Method::connect:
      return "CONNECT";
    case Method::trace:
      return "TRACE";
    case Method::other:
      break;
  }
  return "OTHER";
}

ApiMatch find_operation(Method method, std::string_view path) {
  ApiMatch match;
  for (const ApiOperation& one : kOperations) {
    std::string_view captured;
    if (!matches(one.path, path, captured)) continue;
    if (one.method == method || (one.method == Method::get && method == Method::head)) {
      return {.operation = &one, .captured = std::string(captured), .allow = {}};
    }
    match.allow.append(match.allow.empty() ? "" : ", ").append(to_text(one.method));
    if (one.method == Method::get) match.allow.append(", HEAD");
  }
  return match;
}

}  // namespace gatehouse
