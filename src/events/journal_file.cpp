#include "events/journal_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace gatehouse {
namespace {

class DiskFile final : public JournalFile {
 public:
  DiskFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  DiskFile(const DiskFile&) = delete;
  DiskFile& operator=(const DiskFile&) = delete;
  ~DiskFile() override { ::close(descriptor_); }

  Status append(std::span<const char> bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return fail(journal_error("can't write " + path_, errno));
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
  }
  Status cut(std::uint64_t bytes) override {
    if (::ftruncate(descriptor_, static_cast<off_t>(bytes)) == 0) return {};
    return fail(journal_error("can't shorten " + path_, errno));
  }
  Status sync() override {
    if (::fdatasync(descriptor_) == 0) return {};
    return fail(journal_error("can't sync " + path_, errno));
  }

 private:
  const int descriptor_;
  const std::string path_;
};

std::string help_for(int error_number) {
  if (error_number == ENOSPC || error_number == EDQUOT) {
    return "free space on that disk, or lower `keep_bytes`";
  }
  if (error_number == EACCES || error_number == EPERM || error_number == EROFS) {
    return "let the gate's user write to that folder";
  }
  return "look at that disk's health and the system's log";
}

}  // namespace

Result<std::unique_ptr<JournalFile>> DiskFiles::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (descriptor < 0) return fail(journal_error("can't open " + path, errno));
  return std::make_unique<DiskFile>(descriptor, path);
}

Status DiskFiles::sync(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0 && errno == ENOENT) return {};
  if (descriptor < 0) return fail(journal_error("can't open " + path, errno));
  const int result = ::fdatasync(descriptor);
  const int error_number = errno;
  ::close(descriptor);
  if (result == 0) return {};
  return fail(journal_error("can't sync " + path, error_number));
}

Error journal_error(std::string what, int error_number) {
  return {.code = "E0701",
          .what = std::move(what) + ": " + std::strerror(error_number),
          .help = help_for(error_number)};
}

}  // namespace gatehouse
