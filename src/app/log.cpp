#include "app/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace gatehouse {

void log_line(std::string_view text) {
  static const auto logger = [] {
    auto made = spdlog::stderr_logger_mt("gatehouse");
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %v");
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  logger->info("{}", text);
}

}  // namespace gatehouse
