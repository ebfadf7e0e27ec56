#include "net/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "net/unix_address.h"

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
    return fail({"E0601",
                 "`" + address.to_text() + "` can't be listened on: " + std::strerror(error),
                 error == EADDRINUSE ? "stop what listens there, or choose another port"
                                     : "choose an address of this machine and a port you may use"});
  }
  return fd;
}

Result<int> Listener::open_unix(const std::string& path) {
  const auto failed = [&](const char* why, const char* help) {
    return fail({"E0602", "`" + path + "` can't be listened on: " + why, help});
  };
  const UnixAddress address(path);
  if (!address.ok()) return failed(std::strerror(errno), "choose a folder that is there");
  struct stat old{};
  if (::lstat(path.c_str(), &old) == 0) {
    if (!S_ISSOCK(old.st_mode))
      return failed("a file of another kind is there", "choose another path");
    if (const int other = address.connect(); other >= 0) {
      ::close(other);
      return failed("another program listens on it", "stop that program, or choose another path");
    }
    ::unlink(path.c_str());
  }
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  // The mode of the descriptor is the one that the file is made with.
  if (fd < 0 || ::fchmod(fd, S_IRUSR | S_IWUSR) != 0 ||
      ::bind(fd, address.data(), address.size()) != 0 || ::listen(fd, kBacklog) != 0) {
    const int error = errno;
    if (fd >= 0) ::close(fd);
    return failed(std::strerror(error), "choose a path that you may write to");
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
