#include "gateway/gate_error.h"

#include <array>

namespace gatehouse {
namespace {

using enum GateError;
using enum ErrorLevel;

constexpr std::array<GateErrorRow, kGateErrorCount> kRows{{
    {bad_request_line, "bad-request-line", 400, "Malformed request line", Fault::client, Retry::no,
     info,
     "The first line is not `METHOD target HTTP/version`, or holds a byte that may not be there.",
     "Send one space between method, target and version, and no blanks or control characters in "
     "them."},
    {bad_header_field, "bad-header-field", 400, "Malformed header field", Fault::client, Retry::no,
     info,
     "A field has an invalid name, a blank before its colon, a folded line, or a CR, LF or NUL in "
     "its value.",
     "Correct the field; the detail of the answer names it where that is safe."},
    {conflicting_framing, "conflicting-framing", 400, "Conflicting message framing", Fault::client,
     Retry::no, warning,
     "Content-Length and Transfer-Encoding contradict each other, or one of them is there twice "
     "with unlike values. Requests can be smuggled that way, so nothing of it is believed.",
     "Send exactly one of Content-Length and `Transfer-Encoding: chunked`; if a proxy stands in "
     "between, correct it there."},
    {bad_host, "bad-host", 400, "Missing or malformed host", Fault::client, Retry::no, info,
     "The request has no Host, more than one, one that is not `name[:port]`, or one unlike its "
     "`:authority`.",
     "Send one valid Host field (HTTP/1.1) or `:authority` (HTTP/2)."},
    {bad_path_encoding, "bad-path-encoding", 400, "Malformed path", Fault::client, Retry::no, info,
     "The path has an invalid percent escape, a backslash, `%5C` or `%00`, or climbs above the "
     "root.",
     "Encode the path as RFC 3986 says and leave out backslashes and NUL."},
    {encoded_slash_refused, "encoded-slash-refused", 400, "Encoded slash in path", Fault::client,
     Retry::no, info,
     "The path contains `%2F`, which backends read in different ways, and the route doesn't allow "
     "it.",
     "Send the value as a query parameter, or allow encoded slashes on the route if its backend "
     "expects them."},
    {uri_too_long, "uri-too-long", 414, "Target too long", Fault::client, Retry::no, info,
     "The request's target is longer than the listener allows.",
     "Move long values into the body, or raise the listener's limit on the request line."},
    {head_too_large, "head-too-large", 431, "Request head too large", Fault::client, Retry::no,
     info, "The header fields together are larger, or more in number, than the listener allows.",
     "Send fewer or smaller fields (cookies are the usual cause), or raise the listener's limit."},
    {unsupported_transfer_coding, "unsupported-transfer-coding", 501, "Unsupported transfer coding",
     Fault::client, Retry::no, info,
     "Transfer-Encoding names something other than `chunked` alone.",
     "Send the body chunked, and compress it with Content-Encoding if it must be compressed."},
    {unsupported_version, "unsupported-version", 505, "Unsupported HTTP version", Fault::client,
     Retry::no, info, "The request line names a version other than HTTP/1.0 and HTTP/1.1.",
     "Speak HTTP/1.1, or HTTP/2 by ALPN or prior knowledge."},
    {unsupported_expectation, "unsupported-expectation", 417, "Unsupported expectation",
     Fault::client, Retry::no, info, "The Expect field asks for something other than 100-continue.",
     "Leave the Expect field out or send `100-continue`."},
    {body_too_large, "body-too-large", 413, "Request body too large", Fault::client, Retry::no,
     info, "The request's content is larger than the route allows.",
     "Send less at a time, or raise the route's limit on the body."},
    {body_malformed, "body-malformed", 400, "Malformed request body", Fault::client, Retry::no,
     info,
     "The chunked framing is broken, a trailer is invalid, or the content is not as long as it was "
     "announced.",
     "Correct the client's framing; a library does this right by itself."},
    {request_head_timeout, "request-head-timeout", 408, "Request head not received in time",
     Fault::client, Retry::yes, debug,
     "The connection was opened or kept, but the request's head didn't arrive whole within the "
     "listener's time.",
     "Send the head at once; on slow links raise the listener's time for the head."},
    {request_body_timeout, "request-body-timeout", 408, "Request body not received in time",
     Fault::client, Retry::yes, info,
     "No byte of the request's content arrived for longer than the route allows.",
     "Send the content without long breaks, or raise the route's idle time."},
    {too_slow, "too-slow", 408, "Below the minimum data rate", Fault::client, Retry::no, info,
     "The client sent or took data more slowly than the listener demands.",
     "Use a faster link or smaller messages, or lower the listener's minimum data rate."},

    {route_not_found, "route-not-found", 404, "No such route", Fault::client, Retry::no, debug,
     "No route of this host matches the path.",
     "Check the path and the API's base path; `gatehouse routes` lists what is served."},
    {host_not_served, "host-not-served", 421, "Host not served here", Fault::client, Retry::no,
     info,
     "No API is published for the request's host on this listener, or the connection's certificate "
     "doesn't cover it.",
     "Check the name and where DNS sends it; open a new connection for another host."},
    {method_not_allowed, "method-not-allowed", 405, "Method not allowed", Fault::client, Retry::no,
     debug, "The path is known, but not with this method.",
     "Use one of the methods in the answer's Allow field."},
    {connect_not_supported, "connect-not-supported", 501, "CONNECT not supported", Fault::client,
     Retry::no, info, "The gate publishes APIs and is no forward proxy.",
     "Address the API directly, without a proxy setting."},
    {upgrade_refused, "upgrade-refused", 403, "Upgrade refused", Fault::client, Retry::no, info,
     "The request asks to change the protocol and the route doesn't allow that one.",
     "Ask without Upgrade, or allow the protocol on the route."},
    {blocked_by_verdict, "blocked-by-verdict", 403, "Blocked", Fault::client, Retry::no, info,
     "A verdict on the caller, its address, device, app or token blocks it for a time.",
     "Give the request id to the API's operator, who sees the reasons and can lift the verdict."},
    {slowed_by_verdict, "slowed-by-verdict", 429, "Slowed down", Fault::client, Retry::no, info,
     "A verdict on the caller delays its requests, and more of them wait at once than the gate "
     "holds (`slowed_max`).",
     "Wait as long as Retry-After says and send fewer requests at once; give the request id to the "
     "API's operator if you don't know why."},
    {address_not_allowed, "address-not-allowed", 403, "Address not allowed", Fault::client,
     Retry::no, info, "A policy of the route denies the client's address, or allows only others.",
     "Call from a network that the API's operator has allowed. If a proxy stands in front of the "
     "gate, list it under `trusted_proxies`, or every client has the proxy's address."},
    {condition_not_met, "condition-not-met", 403, "Condition not met", Fault::client, Retry::no,
     info, "A condition on the route's requests refuses this one.",
     "The detail of the answer says what is asked for, if the operator wrote it down; otherwise "
     "ask with the request id."},
    {condition_undecided, "condition-undecided", 403, "Condition can't be decided", Fault::client,
     Retry::no, warning,
     "The expression of a condition came to no answer, mostly because it reads what this request "
     "doesn't have. A condition refuses what it can't decide unless it says otherwise.",
     "Ask first with `has(…)` in the expression, or set `on_error` of the policy."},
    {rate_limited, "rate-limited", 429, "Too many requests", Fault::client, Retry::no, info,
     "The caller sent more requests than a limit of the route allows.",
     "Wait as long as Retry-After says; the RateLimit fields tell beforehand how many are left."},

    {token_missing, "token-missing", 401, "Token missing", Fault::client, Retry::no, debug,
     "The route asks for a signed token and the request brings none.",
     "Sign in and send the token as `Authorization: Bearer TOKEN`, or in the field or cookie that "
     "the API names."},
    {token_malformed, "token-malformed", 401, "Malformed token", Fault::client, Retry::no, info,
     "What was sent is no signed token (JWS compact) that the gate takes: not three parts, too "
     "long, not strict base64url or JSON, a member twice, a header that asks for what isn't "
     "supported, or a claim of the wrong type. Two tokens in one request are as bad.",
     "Send the token exactly as it was issued, once. The detail of the answer says which rule it "
     "broke."},
    {token_not_trusted, "token-not-trusted", 401, "Token not trusted", Fault::client, Retry::no,
     warning,
     "The token's signature doesn't hold, or no key of the policy's set could have made it: an "
     "unknown `kid`, or an algorithm that is not the key's.",
     "Sign in again. If all tokens are refused, compare the issuer's key set and algorithm with "
     "the policy's `jwks` and `algorithms`."},
    {token_expired, "token-expired", 401, "Token expired", Fault::client, Retry::no, debug,
     "The token's `exp` is past, the policy's skew counted in.",
     "Fetch a fresh token and send the request again."},
    {token_not_yet_valid, "token-not-yet-valid", 401, "Token not yet valid", Fault::client,
     Retry::no, info, "The token's `nbf` or `iat` lies in the future by more than the skew.",
     "Set the clocks of issuer and gate by NTP, or raise the policy's `skew`."},
    {token_not_for_here, "token-not-for-here", 401, "Token for somewhere else", Fault::client,
     Retry::no, info, "The token's issuer or audience is not the one that the policy names.",
     "Ask the issuer for a token for this API; compare `iss` and `aud` with the policy's `issuer` "
     "and `audience`."},
    {token_keys_unavailable, "token-keys-unavailable", 503, "Keys for tokens not available",
     Fault::gate, Retry::yes, error,
     "The policy has never had a key set that could be read, so that no token can be checked and "
     "none is let through.",
     "Look into the gate's log for why the key set can't be fetched or read."},
    {too_many_bad_tokens, "too-many-bad-tokens", 429, "Too many bad tokens", Fault::client,
     Retry::no, warning,
     "So many tokens from this address were refused of late that no further one is checked. "
     "Tokens that were found good before still pass.",
     "Wait as long as Retry-After says, then send a good token; raise the policy's `bad_tokens` "
     "if many people share the address."},

    {challenged_by_verdict, "challenged-by-verdict", 401, "Sign in again", Fault::client, Retry::no,
     info,
     "A verdict on the caller asks for a new sign-in before anything else. Only a signed token "
     "tells of one: an API key or a password does not.",
     "Sign in again, as RFC 9470 says with the answer's `max_age`, and send the new token: its "
     "`auth_time` must be later than the time in the detail, or it must be newer and have a strong "
     "method in `amr`."},
    {api_key_missing, "api-key-missing", 401, "API key missing", Fault::client, Retry::no, debug,
     "The route asks for an API key and the request brings none.",
     "Send your key in the field, parameter or cookie that the API names; `X-Api-Key` is usual."},
    {api_key_unknown, "api-key-unknown", 401, "API key unknown", Fault::client, Retry::no, warning,
     "No app of the policy has the key that was sent, or two keys were sent in one place.",
     "Send the key exactly as it was given to you, once. If it was replaced, take the new one."},
    {credentials_missing, "credentials-missing", 401, "Credentials missing", Fault::client,
     Retry::no, debug, "The route asks for a user's name and password and the request brings none.",
     "Send them as `Authorization: Basic` has it (RFC 7617); a browser asks for them."},
    {credentials_malformed, "credentials-malformed", 401, "Malformed credentials", Fault::client,
     Retry::no, info,
     "What follows `Basic` is no base64 of `name:password`, is too long, holds a control "
     "character, or there are two of it.",
     "Encode name, colon and password in UTF-8 as base64, once."},
    {credentials_wrong, "credentials-wrong", 401, "Credentials wrong", Fault::client, Retry::no,
     warning, "There is no such user, or the password is another; the answer never tells which.",
     "Send the right name and password."},
    {too_many_failed_sign_ins, "too-many-failed-sign-ins", 429, "Too many failed sign-ins",
     Fault::client, Retry::no, warning,
     "So many passwords from this address were refused of late that no further one is checked. "
     "Those that were found right a short while ago still pass.",
     "Wait as long as Retry-After says, then send the right password; raise the policy's "
     "`failed_sign_ins` if many people share the address."},
    {password_checks_busy, "password-checks-busy", 503, "Password checks busy", Fault::gate,
     Retry::yes, warning,
     "So many passwords wait to be checked, each of which takes tens of milliseconds by intent, "
     "that no further one is taken on.",
     "Send the request again in a second. If it happens often, raise `cache_time`, or look for who "
     "tries passwords."},
    {too_many_connections, "too-many-connections", 503, "Too many connections", Fault::gate,
     Retry::yes, warning, "The listener holds as many connections as it may.",
     "Try again later with a growing delay; raise the limit if the machine has room."},
    {overloaded, "overloaded", 503, "Overloaded", Fault::gate, Retry::yes, warning,
     "The worker has more exchanges or memory in use than it may, and refuses before it gets slow "
     "for all.",
     "Try again later with a growing delay; add workers or machines if it happens often."},
    {draining, "draining", 503, "Shutting down", Fault::gate, Retry::yes, debug,
     "The gate is about to stop and takes no new requests.",
     "Send the request again; it will reach another instance or the new process."},

    {upstream_none_configured, "upstream-none-configured", 502, "No backend configured",
     Fault::gate, Retry::no, error, "The route's upstream has no target at the moment.",
     "Give the upstream a target, or find out why discovery names none."},
    {upstream_busy, "upstream-busy", 503, "Backend has no free capacity", Fault::backend,
     Retry::yes, warning,
     "Every connection that the upstream may have is in use, and the queue of waiters is full or "
     "its time over.",
     "Try again later; raise the upstream's connection cap or add targets."},
    {upstream_name_unknown, "upstream-name-unknown", 502, "Backend name not found", Fault::backend,
     Retry::no, error, "The name of the upstream's target can't be resolved, and never could.",
     "Check the target's name and the name servers."},
    {upstream_connect_failed, "upstream-connect-failed", 502, "Backend refused the connection",
     Fault::backend, Retry::yes, warning, "No connection to the upstream's target could be opened.",
     "Check that the service runs and listens on the target's address and port."},
    {upstream_connect_timeout, "upstream-connect-timeout", 504, "Backend did not accept in time",
     Fault::backend, Retry::no, warning,
     "The target didn't accept a connection within the upstream's connect time; often a firewall "
     "drops the packets.",
     "Check the network between gate and target, then the connect time."},
    {upstream_tls_failed, "upstream-tls-failed", 502, "TLS with the backend failed", Fault::backend,
     Retry::no, error,
     "The TLS handshake with the target failed: wrong certificate, wrong name, or no common "
     "version.",
     "Check the target's certificate against the upstream's `ca` and server name."},
    {upstream_first_byte_timeout, "upstream-first-byte-timeout", 504,
     "Backend did not answer in time", Fault::backend, Retry::no, warning,
     "The request was sent, but no response began within the route's time.",
     "Look for what the service was doing; raise the time if it is meant to take so long."},
    {upstream_idle_timeout, "upstream-idle-timeout", 504, "Backend fell silent", Fault::backend,
     Retry::no, warning, "The response began and then nothing came for longer than the idle time.",
     "Look for what blocks the service; long polls need a longer idle time on their route."},
    {upstream_total_timeout, "upstream-total-timeout", 504, "Backend took too long in all",
     Fault::backend, Retry::no, warning,
     "Request and response together took longer than the route allows.",
     "Make the answer smaller or faster, or raise the route's total time."},
    {upstream_closed, "upstream-closed", 502, "Backend closed the connection", Fault::backend,
     Retry::only_if_connection_reused, warning,
     "The target closed or reset the connection before its response was complete.",
     "Look into the service's log for a crash or a restart; its keep-alive time should be longer "
     "than the upstream's."},
    {upstream_malformed, "upstream-malformed", 502, "Backend sent a malformed response",
     Fault::backend, Retry::no, error,
     "The response broke the protocol: conflicting framing, invalid fields, bytes after its end, "
     "or "
     "a switch of protocols that nobody asked for.",
     "Correct the service; the gate's log says what was wrong."},
    {upstream_head_too_large, "upstream-head-too-large", 502, "Backend's response head too large",
     Fault::backend, Retry::no, error,
     "The response's header fields are larger, or more in number, than the upstream may send.",
     "Send fewer or smaller fields, or raise the upstream's limit."},

    {client_closed, "client-closed", 499, "Client went away", Fault::client, Retry::no, debug,
     "The client closed or reset the connection before the answer was complete. This status is "
     "never sent; it stands in events and metrics.",
     "Nothing to mend at the gate; if there are many, the clients' time-outs are shorter than the "
     "service's answers."},
    {internal_error, "internal-error", 500, "Internal error", Fault::gate, Retry::no, error,
     "Something in the gate itself failed.",
     "Report it with the request id; the gate's log has more under the same id."},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<std::size_t>(kRows[i].error) != i || kRows[i].code.empty()) return false;
  }
  return true;
}
static_assert(in_order(), "each row stands at its enumerator's place");

GateError from_client(StreamError error) {
  switch (error) {
    case StreamError::closed:
      return client_closed;
    case StreamError::malformed:
      return body_malformed;
    case StreamError::too_large:
      return body_too_large;
    case StreamError::timed_out_idle:
    case StreamError::timed_out_total:
      return request_body_timeout;
    case StreamError::too_slow:
      return too_slow;
    case StreamError::none:
    case StreamError::connect_failed:
    case StreamError::connect_timed_out:
    case StreamError::tls_failed:
    case StreamError::name_unknown:
    case StreamError::no_capacity:
    case StreamError::aborted:
      return internal_error;
  }
  return internal_error;
}

GateError from_upstream(StreamError error, bool head_seen) {
  switch (error) {
    case StreamError::closed:
      return upstream_closed;
    case StreamError::malformed:
      return upstream_malformed;
    case StreamError::too_large:
      return head_seen ? upstream_malformed : upstream_head_too_large;
    case StreamError::timed_out_idle:
      return head_seen ? upstream_idle_timeout : upstream_first_byte_timeout;
    case StreamError::too_slow:
      return upstream_idle_timeout;
    case StreamError::timed_out_total:
      return upstream_total_timeout;
    case StreamError::connect_failed:
      return upstream_connect_failed;
    case StreamError::connect_timed_out:
      return upstream_connect_timeout;
    case StreamError::tls_failed:
      return upstream_tls_failed;
    case StreamError::name_unknown:
      return upstream_name_unknown;
    case StreamError::no_capacity:
      return upstream_busy;
    case StreamError::none:
    case StreamError::aborted:
      return internal_error;
  }
  return internal_error;
}

void add_section(std::string& page, const GateErrorRow& row) {
  page.append("\n## ").append(row.code).append("\n\n");
  page.append("**").append(std::to_string(row.status)).append(" ").append(row.title);
  page.append("**. Fault: ").append(to_text(row.fault));
  page.append(". The gate tries again: ").append(to_text(row.retry));
  page.append(". Logged as ").append(to_text(row.level)).append(".\n\n");
  page.append(row.cause).append("\n\n*To mend it:* ").append(row.mend).append("\n");
}

}  // namespace

std::span<const GateErrorRow> gate_errors() { return kRows; }

const GateErrorRow& row_of(GateError error) { return kRows[static_cast<std::size_t>(error)]; }

std::optional<GateError> gate_error_of(std::string_view code) {
  for (const GateErrorRow& row : kRows) {
    if (row.code == code) return row.error;
  }
  return std::nullopt;
}

std::string_view to_text(Fault fault) {
  switch (fault) {
    case Fault::client:
      return "client";
    case Fault::backend:
      return "backend";
    case Fault::gate:
      return "gate";
  }
  return "gate";
}

std::string_view to_text(Retry retry) {
  switch (retry) {
    case Retry::no:
      return "no";
    case Retry::yes:
      return "yes";
    case Retry::only_if_connection_reused:
      return "only_if_connection_reused";
  }
  return "no";
}

std::string_view to_text(ErrorLevel level) {
  switch (level) {
    case debug:
      return "debug";
    case info:
      return "info";
    case warning:
      return "warning";
    case error:
      return "error";
  }
  return "error";
}

GateError from(StreamError error, StreamSide side) {
  if (side == StreamSide::client) return from_client(error);
  return from_upstream(error, side == StreamSide::upstream_body);
}

std::string docs_markdown() {
  std::string page =
      "# Errors of the gate\n\n"
      "What the gate answers by itself, as `application/problem+json` (RFC 9457) with the code in "
      "`code`\nand the id of the request in `request_id`. Answers of a backend pass unchanged.\n\n"
      "| code | status | whose fault |\n| --- | --- | --- |\n";
  for (const GateErrorRow& row : kRows) {
    page.append("| [").append(row.code).append("](#").append(row.code).append(") | ");
    page.append(std::to_string(row.status)).append(" | ").append(to_text(row.fault));
    page.append(" |\n");
  }
  for (const GateErrorRow& row : kRows) add_section(page, row);
  return page;
}

}  // namespace gatehouse
