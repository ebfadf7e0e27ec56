#include "gateway/head_refusal.h"

namespace gatehouse {

GateError refusal_of(HeadError error) {
  switch (error) {
    case HeadError::line_end:
    case HeadError::start_line:
    case HeadError::method:
    case HeadError::target:
      return GateError::bad_request_line;
    case HeadError::forbidden_byte:
    case HeadError::field_name:
    case HeadError::folded_field:
    case HeadError::connection:
      return GateError::bad_header_field;
    case HeadError::uri_too_long:
      return GateError::uri_too_long;
    case HeadError::version:
      return GateError::unsupported_version;
    case HeadError::head_too_large:
    case HeadError::too_many_fields:
      return GateError::head_too_large;
    case HeadError::host_missing:
    case HeadError::host_repeated:
    case HeadError::host:
    case HeadError::host_mismatch:
      return GateError::bad_host;
    case HeadError::content_length:
    case HeadError::content_length_repeated:
    case HeadError::length_and_coding:
    case HeadError::coding:
      return GateError::conflicting_framing;
    case HeadError::coding_unknown:
      return GateError::unsupported_transfer_coding;
    case HeadError::expectation:
      return GateError::unsupported_expectation;
    case HeadError::timed_out:
      return GateError::request_head_timeout;
    case HeadError::none:
    case HeadError::status:
    case HeadError::unexpected_body:
    case HeadError::switched_to_none:
      break;
  }
  return GateError::internal_error;
}

}  // namespace gatehouse
