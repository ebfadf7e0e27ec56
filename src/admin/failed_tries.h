// admin/failed_tries: how often an address has shown a token that nobody has.
//
// Place    admin_api, on the admin's loop. A right token is let in however often others failed from
//          its address: a script with an old token must not lock its neighbours out, and nobody
//          guesses 256 bits. What the limit saves is work, and the log.
// Full     at kAddressesMax the address whose window ended first makes room.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace gatehouse {

class FailedTries {
 public:
  static constexpr std::size_t kAddressesMax = 1024;
  static constexpr std::uint32_t kTriesMax = 10;
  static constexpr std::chrono::seconds kWindow{60};

  // One more; how many seconds until it may try again, 0 while there are few.
  std::uint32_t add(std::string_view address, Monotonic now);
  std::size_t size() const { return windows_.size(); }

 private:
  struct Window {
    Monotonic ends;
    std::uint32_t tries = 0;
  };
  void make_room(Monotonic now);

  std::map<std::string, Window, std::less<>> windows_;
};

}  // namespace gatehouse
