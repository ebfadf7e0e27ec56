// metrics/series_names: which slot counts for which name, the same one through every reload.
//
// Place    the config's builder asks for the slot of each route and upstream; a worker adds to the
//          slot; whoever renders asks for the names. A slot is never given to another name, so a
//          counter never goes back and none is lost in a reload.
// Full     slot 0, named "other", counts for every name beyond the limit; overflowed() says how
//          many names that were.
// Threads  any; behind a lock that no worker ever takes.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse {

class SeriesNames {
 public:
  using Slot = std::uint16_t;
  static constexpr Slot kOther = 0;

  explicit SeriesNames(std::size_t slots_max) : slots_max_(slots_max) {}
  SeriesNames(const SeriesNames&) = delete;
  SeriesNames& operator=(const SeriesNames&) = delete;

  Slot slot_of(std::string_view name);
  std::vector<std::string> names() const;  // by slot
  std::uint64_t overflowed() const;        // how often slot_of had no slot left for a name

 private:
  const std::size_t slots_max_;
  mutable std::mutex mutex_;
  std::vector<std::string> names_{"other"};
  std::map<std::string, Slot, std::less<>> slots_{{"other", kOther}};
  std::uint64_t overflowed_ = 0;
};

}  // namespace gatehouse
