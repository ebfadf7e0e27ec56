// bench/relay: a bare relay upon src/net: the least that a proxy of ours can cost.
//
//   relay UPSTREAM_PORT [PORT]    prints the port it listens on; 0, the default, takes a free one
//
// One connection to the upstream for each that comes in, two coroutines that copy bytes, no HTTP.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <span>

#include "base/buffer_pool.h"
#include "base/task.h"
#include "net/connection.h"
#include "net/listener.h"
#include "net/loop.h"

namespace gatehouse {
namespace {

// Copies until one side ends or breaks, then ends the other's direction.
Task<void> copy(Connection& from, Connection& to, BufferPool& pool) {
  for (;;) {
    Descriptor::Awaiter readable = from.until(Io::would_read);
    co_await readable;
    BufferPool::Buffer buffer = pool.take();
    const std::span<char> room(buffer.get(), BufferPool::kBufferBytes);
    const IoResult got = from.read(room);
    std::string_view rest(buffer.get(), got.state == Io::done ? got.bytes : 0);
    while (!rest.empty()) {
      const IoResult put = to.write(rest);
      if (put.state == Io::done) {
        rest.remove_prefix(put.bytes);
      } else if (put.state == Io::would_write) {
        Descriptor::Awaiter writable = to.until(Io::would_write);
        co_await writable;
      } else {
        from.abort();
        rest = {};
      }
    }
    pool.give_back(std::move(buffer));
    if (got.state == Io::ended) break;
    if (got.state == Io::failed) {
      to.abort();
      co_return;
    }
  }
  to.shutdown_write();
}

class Relay final : public Listener::Owner {
 public:
  Relay(Loop& loop, std::uint16_t upstream)
      : loop_(loop), upstream_(*SocketAddress::parse("127.0.0.1", upstream)) {}

  void on_accept(int fd, const SocketAddress&) override { start(relay(fd)); }
  void on_exhausted(int) override {}

 private:
  Task<void> relay(int fd) {
    Connection client(loop_, fd, nullptr);
    const int other = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (other < 0) co_return;
    const int on = 1;
    ::setsockopt(other, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    Connection server(loop_, other, nullptr);
    if (::connect(other, upstream_.data(), upstream_.size()) != 0 && errno != EINPROGRESS) {
      co_return;
    }
    Task<bool> connecting = server.connected();
    const bool connected = co_await connecting;
    if (!connected) co_return;
    Signal back_done(loop_);
    start(copy_back(server, client, back_done));
    Task<void> there = copy(client, server, pool_);
    co_await there;
    Signal::Awaiter back = back_done.wait();
    co_await back;
  }

  Task<void> copy_back(Connection& server, Connection& client, Signal& done) {
    Task<void> copying = copy(server, client, pool_);
    co_await copying;
    done.set();
  }

  Loop& loop_;
  const SocketAddress upstream_;
  BufferPool pool_;
};

int run(std::uint16_t upstream, std::uint16_t port) {
  const Result<int> fd = Listener::open(*SocketAddress::parse("127.0.0.1", port));
  if (!fd) {
    std::fprintf(stderr, "relay: %s\n", fd.error().what.c_str());
    return 1;
  }
  std::printf("%d\n", SocketAddress::local_of(*fd).port());
  std::fflush(stdout);
  Loop loop;
  Relay relay(loop, upstream);
  const Listener listener(loop, *fd, relay);
  loop.run();
  return 0;
}

}  // namespace
}  // namespace gatehouse

int main(int argc, char** argv) {
  const auto port = [&](int i) {
    return static_cast<std::uint16_t>(i < argc ? std::atoi(argv[i]) : 0);
  };
  return gatehouse::run(port(1), port(2));
}
