// gateway/gate_error: every answer that the gate makes by itself because something went wrong.
//
// Place   one constexpr table. The answer (gateway/problem), the metric, the event's `error` and
//         the page docs/errors.md are all made from a row of it, so they can't disagree.
// Adding  an enumerator, its row at the same place, and `gatehouse errors` to write the page again.
//         Codes are never renamed or used again for something else: people search for them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/stream.h"

namespace gatehouse {

enum class GateError : std::uint8_t {
  // What arrived is not a request that the gate takes.
  bad_request_line,
  bad_header_field,
  conflicting_framing,
  bad_host,
  bad_path_encoding,
  encoded_slash_refused,
  uri_too_long,
  head_too_large,
  unsupported_transfer_coding,
  unsupported_version,
  unsupported_expectation,
  body_too_large,
  body_malformed,
  request_head_timeout,
  request_body_timeout,
  too_slow,
  // The request is sound, but nothing here answers it.
  route_not_found,
  host_not_served,
  method_not_allowed,
  connect_not_supported,
  upgrade_refused,
  blocked_by_verdict,
  slowed_by_verdict,
  address_not_allowed,
  condition_not_met,
  condition_undecided,
  rate_limited,
  // The caller did not prove who it is.
  token_missing,
  token_malformed,
  token_not_trusted,
  token_expired,
  token_not_yet_valid,
  token_not_for_here,
  token_keys_unavailable,
  too_many_bad_tokens,
  challenged_by_verdict,
  api_key_missing,
  api_key_unknown,
  credentials_missing,
  credentials_malformed,
  credentials_wrong,
  too_many_failed_sign_ins,
  password_checks_busy,
  // The gate has no room.
  too_many_connections,
  overloaded,
  draining,
  // The backend failed.
  upstream_none_configured,
  upstream_busy,
  upstream_name_unknown,
  upstream_connect_failed,
  upstream_connect_timeout,
  upstream_tls_failed,
  upstream_first_byte_timeout,
  upstream_idle_timeout,
  upstream_total_timeout,
  upstream_closed,
  upstream_malformed,
  upstream_head_too_large,
  // No answer reaches anybody, or the fault is ours.
  client_closed,
  internal_error,
};

constexpr std::size_t kGateErrorCount = static_cast<std::size_t>(GateError::internal_error) + 1;

enum class Fault : std::uint8_t { client, backend, gate };

// Whether the gate itself may send the request once more (gate.md, Upstreams).
enum class Retry : std::uint8_t { no, yes, only_if_connection_reused };

enum class ErrorLevel : std::uint8_t { debug, info, warning, error };

struct GateErrorRow {
  GateError error;
  std::string_view code;  // kebab-case, stable
  std::uint16_t status;
  std::string_view title;  // the same for every occurrence
  Fault fault;
  Retry retry;
  ErrorLevel level;
  std::string_view cause;  // a sentence for whoever reads the page
  std::string_view mend;   // an order
};

// The whole table, in the order of the enumerators.
std::span<const GateErrorRow> gate_errors();

const GateErrorRow& row_of(GateError error);
std::optional<GateError> gate_error_of(std::string_view code);

std::string_view to_text(Fault fault);
std::string_view to_text(Retry retry);
std::string_view to_text(ErrorLevel level);

// Which stream broke, and how far it had come.
enum class StreamSide : std::uint8_t {
  client,
  upstream_head,  // until the final response head is there
  upstream_body,
};

// StreamError::none and ::aborted say that the cause lies elsewhere: without a better one they are
// internal_error.
GateError from(StreamError error, StreamSide side);

// The page docs/errors.md.
std::string docs_markdown();

}  // namespace gatehouse
