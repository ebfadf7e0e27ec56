#include "events/access_log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace gatehouse {
namespace {

std::unexpected<Error> failed(const std::string& what, int number) {
  return fail({.code = "E0720",
               .what = what + ": " + std::strerror(number),
               .help = "make room, or correct the folder's permissions"});
}

}  // namespace

AccessLogFile::AccessLogFile(AccessLogFileOptions options) : options_(std::move(options)) {}

AccessLogFile::~AccessLogFile() { reopen(); }

void AccessLogFile::reopen() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

void AccessLogFile::reopen_if_moved() {
  struct stat own{}, named{};
  if (descriptor_ < 0 || ::fstat(descriptor_, &own) != 0) return;
  if (::stat(options_.path.c_str(), &named) == 0 && own.st_ino == named.st_ino &&
      own.st_dev == named.st_dev) {
    return;
  }
  reopen();
}

Status AccessLogFile::open() {
  descriptor_ = ::open(options_.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (descriptor_ < 0) return failed("can't open " + options_.path, errno);
  struct stat status{};
  if (::fstat(descriptor_, &status) != 0) return failed("can't read " + options_.path, errno);
  bytes_ = static_cast<std::uint64_t>(status.st_size);
  return {};
}

std::string AccessLogFile::numbered(std::uint32_t number) const {
  return options_.path + "." + std::to_string(number);
}

Status AccessLogFile::rotate() {
  reopen();
  if (options_.keep_files == 0) {
    ::unlink(options_.path.c_str());
  } else {
    ::unlink(numbered(options_.keep_files).c_str());
    for (std::uint32_t number = options_.keep_files; number > 1; --number) {
      (void)::rename(numbered(number - 1).c_str(), numbered(number).c_str());
    }
    if (::rename(options_.path.c_str(), numbered(1).c_str()) != 0 && errno != ENOENT) {
      return failed("can't rename " + options_.path, errno);
    }
  }
  ++rotations_;
  return open();
}

Status AccessLogFile::write(std::string_view lines) {
  if (descriptor_ < 0) {
    if (Status opened = open(); !opened) return opened;
  }
  if (options_.rotate_bytes != 0 && bytes_ != 0 && bytes_ + lines.size() > options_.rotate_bytes) {
    if (Status rotated = rotate(); !rotated) return rotated;
  }
  for (std::size_t done = 0; done != lines.size();) {
    const ssize_t written = ::write(descriptor_, lines.data() + done, lines.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      const int number = errno;
      // What is there of it goes again, so that each line is whole.
      if (done != 0) (void)!::ftruncate(descriptor_, static_cast<off_t>(bytes_));
      reopen();
      return failed("can't write " + options_.path, number);
    }
    done += static_cast<std::size_t>(written);
  }
  bytes_ += lines.size();
  return {};
}

}  // namespace gatehouse
