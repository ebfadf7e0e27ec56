#include "config/surroundings.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>

namespace gatehouse {
namespace {

std::string reason(int code) {
  if (code == ENOENT || code == ENOTDIR) return "does not exist";
  if (code == EACCES || code == EPERM) return "may not be read by this user";
  return fmt::format("can't be read (error {})", code);
}

}  // namespace

std::optional<std::string> SystemSurroundings::variable(const std::string& name) const {
  const char* const value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string{value};
}

Result<std::string> SystemSurroundings::file(const std::string& path, std::size_t bytes_max) const {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return fail({.code = "E0501", .what = reason(errno)});
  // A pipe or a device could hold the reader up for ever.
  if (!S_ISREG(status.st_mode)) return fail({.code = "E0501", .what = "is not a plain file"});
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return fail({.code = "E0501", .what = reason(errno)});
  std::string bytes(bytes_max + 1, '\0');
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(stream.gcount()));
  if (bytes.size() > bytes_max) {
    return fail({.code = "E0501", .what = fmt::format("has more than {} bytes", bytes_max)});
  }
  return bytes;
}

}  // namespace gatehouse
