// net/unix_address: the path of a Unix socket, as the kernel takes it.
//
// A path of more than 107 bytes doesn't fit into a socket's address; such a one is named through a
// descriptor of its folder, which is held as long as this lives.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <string>

namespace gatehouse {

class UnixAddress {
 public:
  explicit UnixAddress(const std::string& path);
  ~UnixAddress();
  UnixAddress(const UnixAddress&) = delete;
  UnixAddress& operator=(const UnixAddress&) = delete;

  // False when there is no such folder, or the name alone is too long; errno says which.
  bool ok() const { return ok_; }
  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&address_); }
  socklen_t size() const { return sizeof address_; }
  // A blocking descriptor, or -1 and errno.
  int connect() const;

 private:
  sockaddr_un address_{};
  int folder_ = -1;
  bool ok_ = false;
};

}  // namespace gatehouse
