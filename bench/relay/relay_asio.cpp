// bench/relay_asio: the same relay upon Boost.Asio, to see which loop is the better base.
//
//   relay_asio UPSTREAM_PORT [PORT]    as bench/relay
//
// Asio at its best for this job: one thread said so (concurrency hint 1), readiness waits with
// non-blocking recv and send, so that an idle connection holds no buffer; buffers from a pool.
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "base/buffer_pool.h"

namespace gatehouse {
namespace {

using boost::asio::ip::tcp;
constexpr auto kAwait = boost::asio::as_tuple(boost::asio::use_awaitable);

// Belongs to its two coroutines: the one that ends last frees it.
struct Pair {
  tcp::socket client;
  tcp::socket server;
  int open = 2;
};

boost::asio::awaitable<bool> send_all(tcp::socket& to, std::string_view rest) {
  while (!rest.empty()) {
    const ssize_t put = ::send(to.native_handle(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (put > 0) {
      rest.remove_prefix(static_cast<std::size_t>(put));
    } else if (errno == EAGAIN) {
      const auto [error] = co_await to.async_wait(tcp::socket::wait_write, kAwait);
      if (error) co_return false;
    } else {
      co_return false;
    }
  }
  co_return true;
}

void shut(tcp::socket& socket, tcp::socket::shutdown_type which) {
  boost::system::error_code ignored;
  socket.shutdown(which, ignored);
}

boost::asio::awaitable<void> copy(Pair* pair, bool back, BufferPool& pool) {
  tcp::socket& from = back ? pair->server : pair->client;
  tcp::socket& to = back ? pair->client : pair->server;
  for (;;) {
    const auto [error] = co_await from.async_wait(tcp::socket::wait_read, kAwait);
    if (error) break;
    BufferPool::Buffer buffer = pool.take();
    const ssize_t got = ::recv(from.native_handle(), buffer.get(), BufferPool::kBufferBytes, 0);
    const bool again = got < 0 && errno == EAGAIN;
    bool sent = true;
    if (got > 0) {
      const std::string_view bytes(buffer.get(), static_cast<std::size_t>(got));
      // The common case costs no frame.
      const ssize_t put = ::send(to.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      const auto taken = static_cast<std::size_t>(put > 0 ? put : 0);
      if (taken < bytes.size()) sent = co_await send_all(to, bytes.substr(taken));
    }
    pool.give_back(std::move(buffer));
    if (!sent || (got <= 0 && !again)) break;
  }
  shut(from, tcp::socket::shutdown_receive);
  shut(to, tcp::socket::shutdown_send);
  if (--pair->open == 0) delete pair;
}

boost::asio::awaitable<void> relay(tcp::socket accepted, tcp::endpoint upstream, BufferPool& pool) {
  const auto executor = accepted.get_executor();
  auto pair = std::make_unique<Pair>(Pair{std::move(accepted), tcp::socket(executor)});
  const auto [error] = co_await pair->server.async_connect(upstream, kAwait);
  if (error) co_return;
  for (tcp::socket* socket : {&pair->client, &pair->server}) {
    socket->non_blocking(true);
    socket->set_option(tcp::no_delay(true));
  }
  Pair* const shared = pair.release();
  boost::asio::co_spawn(executor, copy(shared, true, pool), boost::asio::detached);
  co_await copy(shared, false, pool);
}

boost::asio::awaitable<void> listen(tcp::acceptor& acceptor, tcp::endpoint upstream,
                                    BufferPool& pool) {
  for (;;) {
    auto [error, socket] = co_await acceptor.async_accept(kAwait);
    if (error) co_return;
    boost::asio::co_spawn(acceptor.get_executor(), relay(std::move(socket), upstream, pool),
                          boost::asio::detached);
  }
}

int run(unsigned short upstream, unsigned short port) {
  boost::asio::io_context context(1);
  const auto loopback = boost::asio::ip::address_v4::loopback();
  BufferPool pool;
  tcp::acceptor acceptor(context, tcp::endpoint(loopback, port));
  std::printf("%d\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  boost::asio::co_spawn(context, listen(acceptor, tcp::endpoint(loopback, upstream), pool),
                        boost::asio::detached);
  context.run();
  return 0;
}

}  // namespace
}  // namespace gatehouse

int main(int argc, char** argv) {
  const auto port = [&](int i) {
    return static_cast<unsigned short>(i < argc ? std::atoi(argv[i]) : 0);
  };
  return gatehouse::run(port(1), port(2));
}
