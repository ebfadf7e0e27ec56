#include "admin/failed_tries.h"

#include <algorithm>

namespace gatehouse {

std::uint32_t FailedTries::add(std::string_view address, Monotonic now) {
  auto found = windows_.find(address);
  if (found == windows_.end()) {
    if (windows_.size() >= kAddressesMax) make_room(now);
    found = windows_.emplace(std::string(address), Window{now + kWindow}).first;
  }
  Window& window = found->second;
  if (now >= window.ends) window = {now + kWindow};
  if (window.tries < kTriesMax) {
    ++window.tries;
    return 0;
  }
  const auto left = std::chrono::ceil<std::chrono::seconds>(window.ends - now);
  return static_cast<std::uint32_t>(std::max<std::int64_t>(left.count(), 1));
}

void FailedTries::make_room(Monotonic now) {
  if (std::erase_if(windows_, [now](const auto& one) { return now >= one.second.ends; }) != 0) {
    return;
  }
  windows_.erase(
      std::ranges::min_element(windows_, {}, [](const auto& one) { return one.second.ends; }));
}

}  // namespace gatehouse
