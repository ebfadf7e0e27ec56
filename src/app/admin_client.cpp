#include "app/admin_client.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "net/unix_address.h"

namespace gatehouse {
namespace {

constexpr timeval kPatience{60, 0};  // a reload of a large config takes seconds

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

AskFailure unreachable(const std::string& socket, int error) {
  if (error == EACCES || error == EPERM) {
    return {kExitNotPermitted, fmt::format("the gate's socket `{}` may not be opened", socket),
            "run this as the user that the gate runs as"};
  }
  return {kExitUnreachable,
          fmt::format("no gate answers at `{}`: {}", socket, std::strerror(error)),
          "start it with `gatehouse run`, or name its folder with `--data`"};
}

bool send_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool read_all(int fd, std::string& into) {
  char piece[16 * 1024];
  for (;;) {
    const ssize_t got = ::recv(fd, piece, sizeof piece, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got == 0;
    into.append(piece, static_cast<std::size_t>(got));
  }
}

}  // namespace

std::expected<AdminReply, AskFailure> ask_admin(const std::string& socket, std::string_view method,
                                                std::string_view target, std::string_view content) {
  const UnixAddress address(socket);
  const Socket own(address.connect());
  if (own.fd() < 0) return std::unexpected(unreachable(socket, errno));
  ::setsockopt(own.fd(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  ::setsockopt(own.fd(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  const std::string request = fmt::format(
      "{} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
      "Content-Length: {}\r\n\r\n{}",
      method, target, content.size(), content);
  std::string answer;
  if (!send_all(own.fd(), request) || !read_all(own.fd(), answer)) {
    return std::unexpected(unreachable(socket, errno));
  }
  AdminReply reply;
  const std::size_t head = answer.find("\r\n\r\n");
  constexpr std::string_view kStart = "HTTP/1.1 ";
  if (head == answer.npos || !answer.starts_with(kStart)) {
    return std::unexpected(AskFailure{kExitUnreachable,
                                      fmt::format("what answers at `{}` is no gate", socket),
                                      "name the gate's folder with `--data`"});
  }
  std::from_chars(answer.data() + kStart.size(), answer.data() + kStart.size() + 3, reply.status);
  constexpr std::string_view kNext = "\r\nGatehouse-Next: ";
  if (const std::size_t at = answer.find(kNext); at < head) {
    const std::size_t from = at + kNext.size();
    reply.next = answer.substr(from, answer.find('\r', from) - from);
  }
  reply.body = answer.substr(head + 4);
  return reply;
}

}  // namespace gatehouse
