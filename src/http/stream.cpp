#include "http/stream.h"

namespace gatehouse {

std::string_view to_text(StreamError error) {
  switch (error) {
    case StreamError::none:
      return "none";
    case StreamError::closed:
      return "closed";
    case StreamError::malformed:
      return "malformed";
    case StreamError::too_large:
      return "too large";
    case StreamError::timed_out_idle:
      return "timed out while idle";
    case StreamError::timed_out_total:
      return "timed out in all";
    case StreamError::too_slow:
      return "too slow";
    case StreamError::connect_failed:
      return "connect failed";
    case StreamError::connect_timed_out:
      return "connect timed out";
    case StreamError::tls_failed:
      return "TLS failed";
    case StreamError::name_unknown:
      return "name unknown";
    case StreamError::no_capacity:
      return "no capacity";
    case StreamError::aborted:
      return "aborted";
  }
  return "unknown";
}

}  // namespace gatehouse
