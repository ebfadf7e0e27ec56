// config/store_config: where history is kept, how safely, and what behaviour does with it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <vector>

#include "config/option.h"
#include "config/risk_config.h"
#include "config/scalar.h"

namespace gatehouse {

struct StoreConfig {
  static constexpr std::string_view kNoun = "store";
  FilePath path{"data", {}};
  bool history = true;
  Duration keep_time = std::chrono::hours{90 * 24};
  Bytes keep_bytes = 10_GiB;
  Bytes memory = 256_MiB;
  Duration query_time = std::chrono::seconds{10};
  Origin at;

  static constexpr auto options() {
    using C = StoreConfig;
    using namespace std::chrono_literals;
    return std::tuple{
        option("path", &C::path, "Folder of everything that the gate writes."),
        option("history", &C::history,
               "Whether events are also kept in a database that can be asked."),
        option("keep_time", &C::keep_time, "Age at which an event leaves the history.")
            .between(Duration{1h}, Duration{10 * 365 * 24h}),
        option("keep_bytes", &C::keep_bytes, "Size of the history at which the oldest events go.")
            .between(16_MiB, 65'536_GiB),
        option("memory", &C::memory, "Memory that the history may take.").between(64_MiB, 64_GiB),
        option("query_time", &C::query_time, "Time after which a question to the history ends.")
            .between(Duration{100ms}, Duration{10min}),
    };
  }
  bool operator==(const StoreConfig&) const = default;
};

enum class Fsync : std::uint8_t { never, every_second, batch };

template <>
struct Words<Fsync> {
  static constexpr std::array list{Word{"never", Fsync::never}, Word{"1s", Fsync::every_second},
                                   Word{"batch", Fsync::batch}};
};

struct JournalConfig {
  static constexpr std::string_view kNoun = "journal";
  Fsync fsync = Fsync::every_second;
  Duration keep_time = std::chrono::hours{30 * 24};
  Bytes keep_bytes = 20_GiB;
  Bytes segment_bytes = 64_MiB;
  Origin at;

  static constexpr auto options() {
    using C = JournalConfig;
    using namespace std::chrono_literals;
    return std::tuple{
        option("fsync", &C::fsync,
               "When events are forced to disk: a loss of power costs with `never` what the system "
               "had not written, with `1s` a second, with `batch` nothing that was numbered."),
        option("keep_time", &C::keep_time, "Age at which a segment is removed.")
            .between(Duration{1h}, Duration{10 * 365 * 24h}),
        option("keep_bytes", &C::keep_bytes, "Size of all segments at which the oldest is removed.")
            .between(64_MiB, 65'536_GiB),
        option("segment_bytes", &C::segment_bytes, "Size at which a segment is closed.")
            .between(1_MiB, 1_GiB),
    };
  }
  bool operator==(const JournalConfig&) const = default;
};

struct AccessLogConfig {
  static constexpr std::string_view kNoun = "access_log";
  FilePath path;
  Bytes rotate_bytes = 100_MiB;
  std::uint32_t keep_files = 5;
  Origin at;

  static constexpr auto options() {
    using C = AccessLogConfig;
    return std::tuple{
        option("path", &C::path, "File that gets a line of JSON for each request.").required(),
        option("rotate_bytes", &C::rotate_bytes,
               "Size at which the file becomes `PATH.1` and a new one begins; 0 is never.")
            .between(64_KiB, 65'536_GiB)
            .or_zero(),
        option("keep_files", &C::keep_files, "Files that are kept beside the one being written.")
            .between(0U, 1000U),
    };
  }
  bool operator==(const AccessLogConfig&) const = default;
};

struct CountRuleConfig {
  std::uint32_t status_min = 401;
  std::uint32_t status_max = 403;
  std::uint32_t limit = 20;
  Duration window{10'000};
  Duration block_for{60'000};
  Origin at;

  static constexpr auto options() {
    using C = CountRuleConfig;
    using namespace std::chrono_literals;
    return std::tuple{
        option("status_min", &C::status_min, "Lowest status that counts.").between(100U, 599U),
        option("status_max", &C::status_max, "Highest status that counts.").between(100U, 599U),
        option("limit", &C::limit, "Answers within the window at which an address is blocked.")
            .between(1U, 1'000'000U),
        option("window", &C::window, "Length of the window.").between(Duration{1s}, Duration{1h}),
        option("block_for", &C::block_for, "Time that the address stays blocked.")
            .between(Duration{1s}, Duration{30 * 24h}),
    };
  }
  bool operator==(const CountRuleConfig&) const = default;
};

struct BehaviorConfig {
  static constexpr std::string_view kNoun = "behavior";
  BehaviorMode mode = BehaviorMode::observe;
  RiskConfig risk;
  CountRuleConfig count_rule;
  std::vector<FilePath> content;
  Origin at;

  static constexpr auto options() {
    using C = BehaviorConfig;
    return std::tuple{
        option("mode", &C::mode,
               "`observe` records what a verdict would have done, `enforce` does it."),
        option("risk", &C::risk, "How the gate acts on verdicts, level by level."),
        option("count_rule", &C::count_rule,
               "Blocks an address with too many refusals or failures in a window."),
        option("content", &C::content,
               "Files of detectors of your own; without any, nothing is learnt of callers."),
    };
  }
  bool operator==(const BehaviorConfig&) const = default;
};

}  // namespace gatehouse
