// config/upstream_config: a named pool of targets that requests are forwarded to.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "config/option.h"
#include "config/scalar.h"

namespace gatehouse {

enum class Balance : std::uint8_t { round_robin, least_requests };

template <>
struct Words<Balance> {
  static constexpr std::array list{Word{"round_robin", Balance::round_robin},
                                   Word{"least_requests", Balance::least_requests}};
};

struct UpstreamTlsConfig {
  bool verify = true;
  FilePath ca;
  std::string server_name;
  Origin at;

  static constexpr auto options() {
    using C = UpstreamTlsConfig;
    return std::tuple{
        option("verify", &C::verify, "Whether a target's certificate must be trusted."),
        option("ca", &C::ca, "File with the trusted roots in PEM; without it the machine's own."),
        option("server_name", &C::server_name,
               "Name to ask for and to check; without it the target's own."),
    };
  }
  bool operator==(const UpstreamTlsConfig&) const = default;
};

struct EjectConfig {
  std::uint32_t failures = 5;
  Duration window{10'000};
  Duration time{30'000};
  Origin at;

  static constexpr auto options() {
    using C = EjectConfig;
    using namespace std::chrono_literals;
    return std::tuple{
        option("failures", &C::failures,
               "Failures within the window after which a target is left out, whatever succeeds in "
               "between; 0 leaves none out.")
            .between(1U, 10'000U)
            .or_zero(),
        option("window", &C::window, "Length of the sliding window in which failures are counted.")
            .between(Duration{1s}, Duration{1h}),
        option("time", &C::time, "Time that a target is left out.")
            .between(Duration{1s}, Duration{24h}),
    };
  }
  bool operator==(const EjectConfig&) const = default;
};

struct UpstreamConfig {
  static constexpr std::string_view kNoun = "upstream";
  std::vector<Endpoint> targets;
  Balance balance = Balance::round_robin;
  std::optional<UpstreamTlsConfig> tls;
  Duration connect_timeout{2'000};
  Duration first_byte_timeout{30'000};
  Duration idle_timeout{30'000};
  Duration total_timeout{0};
  std::uint32_t connections_max = 256;
  std::uint32_t waiters_max = 1'024;
  Duration wait_timeout{1'000};
  std::uint32_t keep_idle = 64;
  Duration keep_idle_time{30'000};
  bool retry = true;
  EjectConfig eject;
  Origin at;

  static constexpr auto pool_options() {
    using C = UpstreamConfig;
    return std::tuple{
        option("targets", &C::targets, "Addresses with ports, such as `127.0.0.1:9001`.")
            .required(),
        option("balance", &C::balance, "How the next target is chosen."),
        option("tls", &C::tls, "Speak TLS to the targets; `{}` takes the defaults."),
        option("connections_max", &C::connections_max, "Connections to a target from each worker.")
            .between(1U, 65'535U),
        option("waiters_max", &C::waiters_max,
               "Requests of a worker that may wait for a connection; past it the answer is 503.")
            .between(0U, 1'000'000U),
        option("keep_idle", &C::keep_idle, "Idle connections to a target that a worker keeps open.")
            .between(0U, 65'535U),
        option("retry", &C::retry,
               "Whether a request is tried once more where no target can have acted on it."),
        option("eject", &C::eject, "When a failing target is left out for a time."),
    };
  }
  static constexpr auto timeout_options() {
    using C = UpstreamConfig;
    using namespace std::chrono_literals;
    return std::tuple{
        option("connect_timeout", &C::connect_timeout, "Time for opening a connection.")
            .between(Duration{10ms}, Duration{5min}),
        option("first_byte_timeout", &C::first_byte_timeout,
               "Time from the request's end to the first byte of the answer.")
            .between(Duration{10ms}, Duration{24h}),
        option("idle_timeout", &C::idle_timeout, "Time without a byte once the answer has begun.")
            .between(Duration{10ms}, Duration{24h}),
        option("total_timeout", &C::total_timeout, "Time for a whole answer; 0 is no limit.")
            .between(Duration{10ms}, Duration{24h})
            .or_zero(),
        option("wait_timeout", &C::wait_timeout, "Time that a request waits for a connection.")
            .between(Duration{0s}, Duration{5min}),
        option("keep_idle_time", &C::keep_idle_time, "Time that an idle connection is kept.")
            .between(Duration{100ms}, Duration{24h}),
    };
  }
  static constexpr auto options() { return std::tuple_cat(pool_options(), timeout_options()); }
  bool operator==(const UpstreamConfig&) const = default;
};

}  // namespace gatehouse
