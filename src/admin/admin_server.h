// admin/admin_server: the operators' own door: a TCP address for health, metrics and the API, and a
// Unix socket for the command line.
//
// Place    app starts it before the gate listens and stops it after the gate has drained, so that
//          /readyz can say no first. Speaks HTTP/1 through the gate's own sessions.
// Threads  one of its own, with its own loop; the gate is asked only through AdminView, so nothing
//          here can make a request wait.
// Access   the Unix socket has mode 0600: who may open it may do everything. TCP: admin_access,
//          and a token for all that tells or changes something (admin_api).
// Full     at kConnectionsMax (each door) a further connection is closed at once; heads, idle time
//          and requests a connection have limits of their own.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "admin/admin_view.h"
#include "base/error.h"
#include "net/socket_address.h"

namespace gatehouse {

struct AdminServerOptions {
  std::optional<SocketAddress> address;  // absent: no TCP
  std::string socket;
};

class AdminServer {
 public:
  static constexpr std::size_t kConnectionsMax = 64;

  // Listens from here on, or says why it can't. `view` outlives the server.
  [[nodiscard]] static Result<std::unique_ptr<AdminServer>> start(const AdminServerOptions& options,
                                                                  AdminView& view);
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;
  // Ends what is under way and removes the socket.
  ~AdminServer();

  // "127.0.0.1:8901" with the port that was given; empty without TCP.
  const std::string& address() const { return address_; }
  const std::string& socket() const { return socket_; }

 private:
  class Desk;

  AdminServer() = default;

  std::string address_;
  std::string socket_;
  Desk* desk_ = nullptr;  // lives on the thread's own stack
  std::thread thread_;
};

}  // namespace gatehouse
