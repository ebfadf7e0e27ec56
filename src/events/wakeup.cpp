#include "events/wakeup.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace gatehouse {

Wakeup::Wakeup() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (event_ < 0) std::abort();  // no descriptors at start: nothing would work
}

Wakeup::~Wakeup() { ::close(event_); }

void Wakeup::wake() {
  const std::uint64_t one = 1;
  // Fails only when the count is full, and then the sleeper wakes anyway.
  [[maybe_unused]] const ssize_t written = ::write(event_, &one, sizeof one);
}

void Wakeup::wait(std::chrono::milliseconds patience) {
  pollfd waited{.fd = event_, .events = POLLIN, .revents = 0};
  if (::poll(&waited, 1, static_cast<int>(patience.count())) <= 0) return;
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(event_, &count, sizeof count);
}

}  // namespace gatehouse
