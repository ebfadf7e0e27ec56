// net/listener: a listening socket of one loop; hands fresh, non-blocking descriptors to its owner.
//
// Each worker opens its own with SO_REUSEPORT; the kernel deals connections by hash. When
// descriptors run out the listener pauses for kPause and says so through on_exhausted, since the
// kernel would report the same connection for ever.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "net/descriptor.h"
#include "net/socket_address.h"
#include "net/timer_wheel.h"

namespace gatehouse {

class Listener final : public LoopBound, private Waiter {
 public:
  static constexpr std::chrono::milliseconds kPause{100};
  static constexpr int kAcceptsATurn = 64;
  static constexpr int kBacklog = 4096;

  class Owner {
   public:
    virtual void on_accept(int fd, const SocketAddress& client) = 0;
    virtual void on_exhausted(int error) = 0;

   protected:
    ~Owner() = default;
  };

  // Binds and listens, without a loop: errors come before anything runs. The descriptor belongs to
  // the caller.
  [[nodiscard]] static Result<int> open(const SocketAddress& address);
  // A Unix socket that its owner alone may open (mode 0600). One that is there and that nobody
  // listens on is removed first; whoever closes the descriptor removes the file.
  [[nodiscard]] static Result<int> open_unix(const std::string& path);

  // Takes ownership of a descriptor from open().
  Listener(Loop& loop, int fd, Owner& owner);

 private:
  void wake() override;

  Descriptor descriptor_;
  Owner& owner_;
  Timer resume_;
};

}  // namespace gatehouse
