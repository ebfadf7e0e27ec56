// bench/static_upstream: answers every request with one small JSON, as fast as one thread can.
//
//   static_upstream [PORT]        prints the port it listens on; 0, the default, takes a free one
//
//   GET /__stats     how many connections were accepted and requests served, and which sets of
//                    header names arrived ("host,user-agent": requests looked at)
//   GET /__reset     the same, and begins anew
//   GET /bytes/N     a body of N bytes, as fast as the reader takes it
//   anything else    the small JSON; a body with Content-Length is read and thrown away
//
// Header names are looked at for the first request of a connection and for every 64th of all.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse {
namespace {

constexpr std::string_view kAnswer =
    "HTTP/1.1 200 OK\r\n"
    "Server: static\r\n"
    "Date: Tue, 24 Nov 2026 12:00:00 GMT\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: 117\r\n"
    "Cache-Control: no-store\r\n"
    "ETag: \"5f2c-1\"\r\n"
    "\r\n"
    "{\"id\":203904,\"name\":\"Enamel mug, blue\",\"price\":{\"amount\":1490,\"currency\":\"EUR\"},"
    "\"stock\":17,\"tags\":[\"kitchen\",\"gift\"]}";
static_assert(kAnswer.size() - kAnswer.rfind("\r\n\r\n") - 4 == 117);

constexpr std::size_t kHeadBytesMax = 16 * 1024;
constexpr std::size_t kHeaderSetsMax = 16;
constexpr std::uint64_t kLookEach = 64;

struct Peer {
  explicit Peer(int fd_) : fd(fd_) {}
  int fd;
  bool fresh = true;       // no request came yet
  std::uint64_t skip = 0;  // bytes of a request's body still to come
  std::uint64_t body = 0;  // bytes of a large answer still to send
  std::size_t held = 0;    // bytes in `in`
  std::string out;         // what the kernel didn't take at once
  char in[kHeadBytesMax];
};

struct Stats {
  std::uint64_t accepted = 0;
  std::uint64_t requests = 0;
  std::map<std::string, std::uint64_t> header_sets;
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Calls take(name, value) for each field of the head, names in lower case.
template <class Take>
void for_each_field(std::string_view head, Take&& take) {
  std::size_t at = head.find("\r\n") + 2;
  while (at < head.size()) {
    const std::size_t end = head.find("\r\n", at);
    if (end == std::string_view::npos || end == at) return;
    const std::string_view line = head.substr(at, end - at);
    const std::size_t colon = std::min(line.find(':'), line.size());
    std::string name(line.substr(0, colon));
    std::ranges::transform(name, name.begin(), lower);
    std::string_view value = line.substr(std::min(colon + 1, line.size()));
    while (value.starts_with(' ')) value.remove_prefix(1);
    take(std::move(name), value);
    at = end + 2;
  }
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

class Upstream {
 public:
  bool listen(std::uint16_t port);
  void run();

 private:
  void accept_all();
  // False when the peer is to be closed.
  bool serve(Peer& peer);
  bool read_requests(Peer& peer);
  void answer(Peer& peer, std::string_view head);
  bool send(Peer& peer, std::string_view bytes);
  bool send_rest(Peer& peer);
  void look_at(std::string_view head);
  std::string stats_answer(bool anew);

  int listener_ = -1;
  int epoll_ = -1;
  Stats stats_;
  std::vector<std::unique_ptr<Peer>> peers_;  // by descriptor
};

bool Upstream::listen(std::uint16_t port) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(listener_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t bytes = sizeof address;
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, raw, bytes) != 0 || ::listen(listener_, 4096) != 0) return false;
  ::getsockname(listener_, raw, &bytes);
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = listener_;
  return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event) == 0;
}

void Upstream::run() {
  epoll_event events[256];
  for (;;) {
    const int count = ::epoll_wait(epoll_, events, 256, -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == listener_) {
        accept_all();
        continue;
      }
      std::unique_ptr<Peer>& peer = peers_[static_cast<std::size_t>(fd)];
      if (serve(*peer)) continue;
      peer.reset();
      ::close(fd);
    }
  }
}

void Upstream::accept_all() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    ++stats_.accepted;
    const auto index = static_cast<std::size_t>(fd);
    if (peers_.size() <= index) peers_.resize(index + 1);
    peers_[index] = std::make_unique<Peer>(fd);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.fd = fd;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }
}

bool Upstream::serve(Peer& peer) { return send_rest(peer) && read_requests(peer); }

bool Upstream::read_requests(Peer& peer) {
  while (peer.out.empty() && peer.body == 0) {
    const std::size_t room = kHeadBytesMax - peer.held;
    const ssize_t got = ::recv(peer.fd, peer.in + peer.held, room, 0);
    if (got == 0) return false;
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    peer.held += static_cast<std::size_t>(got);
    std::string_view bytes(peer.in, peer.held);
    for (;;) {
      const std::size_t skipped = std::min<std::uint64_t>(peer.skip, bytes.size());
      bytes.remove_prefix(skipped);
      peer.skip -= skipped;
      const std::size_t end = bytes.find("\r\n\r\n");
      if (peer.skip != 0 || end == std::string_view::npos) break;
      answer(peer, bytes.substr(0, end + 4));
      bytes.remove_prefix(end + 4);
    }
    if (bytes.size() == kHeadBytesMax) return false;
    std::copy(bytes.begin(), bytes.end(), peer.in);
    peer.held = bytes.size();
    if (static_cast<std::size_t>(got) < room) return true;
  }
  return true;
}

void Upstream::answer(Peer& peer, std::string_view head) {
  const std::size_t space = head.find(' ');
  const std::string_view target = head.substr(space + 1, head.find(' ', space + 1) - space - 1);
  if (target.starts_with("/__")) {
    send(peer, stats_answer(target == "/__reset"));
    return;
  }
  if (peer.fresh || stats_.requests % kLookEach == 0) look_at(head);
  peer.fresh = false;
  ++stats_.requests;
  if (!head.starts_with("GET ")) {
    for_each_field(head, [&](const std::string& name, std::string_view value) {
      if (name == "content-length") peer.skip = number(value);
    });
  }
  if (!target.starts_with("/bytes/")) {
    send(peer, kAnswer);
    return;
  }
  const std::uint64_t bytes = number(target.substr(7));
  peer.body = bytes;
  send(peer, "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: " +
                 std::to_string(bytes) + "\r\n\r\n");
  send_rest(peer);
}

bool Upstream::send(Peer& peer, std::string_view bytes) {
  if (peer.out.empty()) {
    const ssize_t sent = ::send(peer.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  peer.out += bytes;
  return peer.out.empty();
}

bool Upstream::send_rest(Peer& peer) {
  static const std::string piece(256 * 1024, 'x');
  while (!peer.out.empty() || peer.body != 0) {
    const bool body = peer.out.empty();
    const std::string_view bytes =
        body ? std::string_view(piece).substr(0, std::min<std::uint64_t>(peer.body, piece.size()))
             : std::string_view(peer.out);
    const ssize_t sent = ::send(peer.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    if (body) {
      peer.body -= static_cast<std::uint64_t>(sent);
    } else {
      peer.out.erase(0, static_cast<std::size_t>(sent));
    }
  }
  return true;
}

void Upstream::look_at(std::string_view head) {
  std::vector<std::string> names;
  for_each_field(head,
                 [&](std::string name, std::string_view) { names.push_back(std::move(name)); });
  std::ranges::sort(names);
  std::string set;
  for (const std::string& name : names) set += (set.empty() ? "" : ",") + name;
  if (stats_.header_sets.size() < kHeaderSetsMax || stats_.header_sets.contains(set)) {
    ++stats_.header_sets[set];
  }
}

std::string Upstream::stats_answer(bool anew) {
  std::string body = "{\"accepted\":" + std::to_string(stats_.accepted) +
                     ",\"requests\":" + std::to_string(stats_.requests) + ",\"header_sets\":{";
  const char* between = "";
  for (const auto& [set, count] : stats_.header_sets) {
    // Names of valid fields hold nothing that JSON must escape.
    body += between + ('"' + set + "\":") + std::to_string(count);
    between = ",";
  }
  body += "}}\n";
  if (anew) stats_ = Stats{};
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace
}  // namespace gatehouse

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  gatehouse::Upstream upstream;
  const auto port = argc > 1 ? gatehouse::number(argv[1]) : 0;
  if (port > 65535 || !upstream.listen(static_cast<std::uint16_t>(port))) {
    std::perror("static_upstream: can't listen");
    return 1;
  }
  upstream.run();
}
