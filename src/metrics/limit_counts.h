// metrics/limit_counts: how often each limit was reached whose end is no answer of the gate's own.
//
// Place    one a worker, inside WorkerMetrics; connections and sessions count into it. A limit that
//          is answered with a problem is counted by the problem's code instead.
// Writers  the worker alone.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "metrics/counter.h"

namespace gatehouse {

enum class Limit : std::uint8_t {
  connections,
  connections_per_address,
  descriptors,      // of the process: accepting paused
  handshake_time,   // of TLS
  first_head_time,  // a connection without a byte of its first request
  idle_time,
  requests_per_connection,
  drain_time,       // sessions that were cut off
  rate_limit_keys,  // a limiter had no room for a key and let it pass
  trapped,          // a worker's decoys: the request was refused as if it were overloaded
  // A peer of HTTP/2.
  http2_streams,
  http2_resets,         // by the peer
  http2_forced_resets,  // by us, for what it sent
  http2_pings,
  http2_settings,
  http2_priorities,
  http2_empty_frames,
  http2_continuations,
  http2_head_bytes,      // many times over what is answered with 431
  http2_untaken_frames,  // our answers to its pings and settings, which it doesn't read
  http2_settings_time,   // its preface and settings never came
  http2_untaken_time,    // it takes nothing of what we send
};

class LimitCounts {
 public:
  // The label of each, by its number.
  static constexpr std::array kNames = std::to_array<std::string_view>({"connections",
                                                                        "connections_per_address",
                                                                        "descriptors",
                                                                        "handshake_time",
                                                                        "first_head_time",
                                                                        "idle_time",
                                                                        "requests_per_connection",
                                                                        "drain_time",
                                                                        "rate_limit_keys",
                                                                        "trapped",
                                                                        "http2_streams",
                                                                        "http2_resets",
                                                                        "http2_forced_resets",
                                                                        "http2_pings",
                                                                        "http2_settings",
                                                                        "http2_priorities",
                                                                        "http2_empty_frames",
                                                                        "http2_continuations",
                                                                        "http2_head_bytes",
                                                                        "http2_untaken_frames",
                                                                        "http2_settings_time",
                                                                        "http2_untaken_time"});
  static_assert(kNames.size() ==
                std::size_t{static_cast<std::uint8_t>(Limit::http2_untaken_time)} + 1);

  void reached(Limit limit) { counts_[static_cast<std::size_t>(limit)].add(); }
  std::uint64_t of(Limit limit) const { return counts_[static_cast<std::size_t>(limit)].value(); }

 private:
  std::array<Counter, kNames.size()> counts_;
};

}  // namespace gatehouse
