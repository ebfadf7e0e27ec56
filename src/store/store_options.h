// store/store_options: what the event history is told at its start.
//
// Place    made from the config by app; no type of DuckDB stands here, since other rooms see it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace gatehouse {

struct DuckSettings {
  std::string path;
  std::uint64_t memory_bytes = 256ULL << 20;
  std::uint64_t spill_bytes = 4ULL << 30;
};

struct RetentionLimits {
  std::int64_t keep_us = 90LL * 24 * 3600 * 1'000'000;
  std::uint64_t keep_bytes = 10ULL << 30;
};

struct StoreOptions {
  DuckSettings database;
  std::string journal;  // the folder
  RetentionLimits keep;
  std::function<void(std::string_view)> log = [](std::string_view) {};
};

// The code of a question that was ended by time or by its asker.
inline constexpr std::string_view kQueryEnded = "E0805";

}  // namespace gatehouse
