// config/limits_config: how much the gate takes from a caller, and how long it waits.
#pragma once

#include <cstdint>
#include <string_view>
#include <tuple>

#include "config/option.h"
#include "config/scalar.h"

namespace gatehouse {

struct LimitsConfig {
  static constexpr std::string_view kNoun = "limits";
  Bytes head_bytes = 32_KiB;
  std::uint32_t fields = 100;
  Bytes uri_bytes = 8_KiB;
  Bytes body_bytes = 100_MiB;
  std::uint32_t connections = 20'000;
  std::uint32_t connections_per_address = 1'000;
  std::uint32_t streams = 100;
  std::uint32_t requests_per_connection = 0;
  Duration head_time{10'000};
  Duration body_idle{30'000};
  Duration idle{60'000};
  Duration request_time{0};
  ByteRate min_rate{240};
  Duration min_rate_grace{5'000};
  Duration drain{30'000};
  Origin at;

  static constexpr auto amounts() {
    using C = LimitsConfig;
    return std::tuple{
        option("head_bytes", &C::head_bytes,
               "Bytes of a request's head; past it the answer is 431.")
            .between(4_KiB, 64_KiB),
        option("fields", &C::fields, "Fields of a request's head; past it the answer is 431.")
            .between(10U, 1'000U),
        option("uri_bytes", &C::uri_bytes,
               "Bytes of a request's target; past it the answer is 414.")
            .between(256_B, 64_KiB),
        option("body_bytes", &C::body_bytes,
               "Bytes of a request's body; past it the answer is 413, and 0 is no limit.")
            .between(1_B, 1024_GiB)
            .or_zero(),
        option("connections", &C::connections, "Open connections of callers on all workers.")
            .between(10U, 10'000'000U),
        option("connections_per_address", &C::connections_per_address,
               "Open connections of one address on all workers.")
            .between(1U, 10'000'000U),
        option("streams", &C::streams, "Requests at once on one HTTP/2 connection.")
            .between(1U, 10'000U),
        option("requests_per_connection", &C::requests_per_connection,
               "Requests after which a connection is closed; 0 is no limit."),
    };
  }
  static constexpr auto times() {
    using C = LimitsConfig;
    using namespace std::chrono_literals;
    return std::tuple{
        option("head_time", &C::head_time, "Time for the whole head of a request.")
            .between(Duration{100ms}, Duration{10min}),
        option("body_idle", &C::body_idle, "Time without a byte of a body, either way.")
            .between(Duration{100ms}, Duration{24h}),
        option("idle", &C::idle, "Time that a connection stays open between two requests.")
            .between(Duration{100ms}, Duration{24h}),
        option("request_time", &C::request_time, "Time for a whole request; 0 is no limit.")
            .between(Duration{100ms}, Duration{24h})
            .or_zero(),
        option("min_rate", &C::min_rate,
               "Slowest that a caller may send or take a body, once the grace is over; 0 is no "
               "limit."),
        option("min_rate_grace", &C::min_rate_grace,
               "Time before the slowest rate counts against a caller."),
        option("drain", &C::drain, "Time that requests have to end when the gate stops.")
            .between(Duration{0s}, Duration{24h}),
    };
  }
  static constexpr auto options() { return std::tuple_cat(amounts(), times()); }
  bool operator==(const LimitsConfig&) const = default;
};

}  // namespace gatehouse
