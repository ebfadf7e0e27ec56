#include "base/installation_key.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace gatehouse {
namespace {

Error key_error(const std::string& path, const std::string& what, std::string help) {
  return {.code = "E0710", .what = "the key file " + path + " " + what, .help = std::move(help)};
}

Error system_error(const std::string& path, const std::string& verb) {
  return key_error(path, "can't be " + verb + ": " + std::strerror(errno),
                   "let the gate's user read and write its data folder");
}

// Written beside and linked into place, so that the file is whole or absent, and a second process
// that comes first wins.
Status create(const std::string& path) {
  HashKey key;
  if (::getrandom(key.bytes.data(), key.bytes.size(), 0) !=
      static_cast<ssize_t>(key.bytes.size())) {
    return fail(system_error(path, "made"));
  }
  const std::string beside = path + "." + std::to_string(::getpid());
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return fail(system_error(path, "made"));
  const bool is_written =
      ::write(file, key.bytes.data(), key.bytes.size()) == static_cast<ssize_t>(key.bytes.size()) &&
      ::fsync(file) == 0;
  ::close(file);
  const bool is_placed =
      is_written && (::link(beside.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const int error_number = errno;
  ::unlink(beside.c_str());
  errno = error_number;
  return is_placed ? Status{} : fail(system_error(path, "made"));
}

}  // namespace

Result<HashKey> load_hash_key(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return fail(system_error(path, "read"));
  struct stat status{};
  HashKey key;
  const bool is_known = ::fstat(file, &status) == 0;
  const ssize_t got = ::read(file, key.bytes.data(), key.bytes.size());
  ::close(file);
  if (!is_known || got < 0) return fail(system_error(path, "read"));
  if ((status.st_mode & 077) != 0) {
    return fail(key_error(path, "may be read by others", "run: chmod 600 " + path));
  }
  if (got != static_cast<ssize_t>(key.bytes.size()) || status.st_size != got) {
    return fail(key_error(path, "has " + std::to_string(status.st_size) + " bytes, not 16",
                          "restore it from a backup; without it old hashes mean nothing"));
  }
  return key;
}

Result<HashKey> load_or_create_hash_key(const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0) {
    if (Status created = create(path); !created) return fail(std::move(created).error());
  }
  return load_hash_key(path);
}

}  // namespace gatehouse
