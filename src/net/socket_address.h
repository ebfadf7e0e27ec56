// net/socket_address: an IPv4 or IPv6 address with a port, as the kernel takes it.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse {

class SocketAddress {
 public:
  SocketAddress() = default;
  SocketAddress(const sockaddr* address, socklen_t bytes);

  // "192.0.2.7" or "2001:db8::1" (no brackets); nothing for a name.
  static std::optional<SocketAddress> parse(std::string_view host, std::uint16_t port);
  // Where the socket is bound, or whom it talks to.
  static SocketAddress local_of(int fd);

  std::string host() const;  // an IPv4 address mapped into IPv6 reads as IPv4
  std::uint16_t port() const;
  std::string to_text() const;  // "192.0.2.7:80", "[2001:db8::1]:80"
  int family() const { return storage_.ss_family; }
  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return bytes_; }

 private:
  sockaddr_storage storage_{};
  socklen_t bytes_ = 0;
};

// "host:port", "[v6]:port" or ":port" taken apart; nothing when there is no port of 0..65535.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};
std::optional<HostPort> split_host_port(std::string_view text);

}  // namespace gatehouse
