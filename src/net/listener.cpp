#include "net/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace gatehouse {

Result<int> Listener::open(const SocketAddress& address) {
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (fd >= 0) {
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // inherited by what is accepted
  }
  if (fd < 0 || ::bind(fd, address.data(), address.size()) != 0 || ::listen(fd, kBacklog) != 0) {
    const int error = errno;
    if (fd >= 0) ::close(fd);
    return fail({"E0505",
                 "`" + address.to_text() + "` can't be listened on: " + std::strerror(error),
                 error == EADDRINUSE ? "stop what listens there, or choose another port"
                                     : "choose an address of this machine and a port you may use"});
  }
  return fd;
}

Listener::Listener(Loop& loop, int fd, Owner& owner)
    : descriptor_(loop, fd, true),
      owner_(owner),
      resume_(loop.timers(), [](void* self) { static_cast<Listener*>(self)->wake(); }, this) {
  descriptor_.wait(Direction::read, *this);
}

void Listener::wake() {
  for (int i = 0; i < kAcceptsATurn; ++i) {
    sockaddr_storage from{};
    socklen_t bytes = sizeof from;
    const int fd = ::accept4(descriptor_.fd(), reinterpret_cast<sockaddr*>(&from), &bytes,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      owner_.on_accept(fd, SocketAddress(reinterpret_cast<const sockaddr*>(&from), bytes));
      continue;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      owner_.on_exhausted(errno);
      resume_.arm_in(kPause);
      return;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      descriptor_.blocked(Direction::read);
      descriptor_.wait(Direction::read, *this);
      return;
    }
    // Anything else is the fate of that one connection.
  }
  descriptor_.loop().defer(*this);  // more may be queued: the others first
}

}  // namespace gatehouse
