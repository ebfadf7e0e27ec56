#include "net/unix_address.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace gatehouse {

UnixAddress::UnixAddress(const std::string& path) {
  address_.sun_family = AF_UNIX;
  std::string name = path;
  if (name.size() >= sizeof address_.sun_path) {
    const std::filesystem::path whole(path);
    folder_ = ::open(whole.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder_ < 0) return;
    name = "/proc/self/fd/" + std::to_string(folder_) + "/" + whole.filename().string();
  }
  if (name.empty() || name.size() >= sizeof address_.sun_path) {
    errno = ENAMETOOLONG;
    return;
  }
  std::memcpy(address_.sun_path, name.c_str(), name.size() + 1);
  ok_ = true;
}

UnixAddress::~UnixAddress() {
  if (folder_ >= 0) ::close(folder_);
}

int UnixAddress::connect() const {
  if (!ok_) return -1;
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (::connect(fd, data(), size()) == 0) return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

}  // namespace gatehouse
