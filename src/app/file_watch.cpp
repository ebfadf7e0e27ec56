#include "app/file_watch.h"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace gatehouse {

FileWatch::FileWatch() : fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

FileWatch::~FileWatch() {
  if (fd_ >= 0) ::close(fd_);
}

void FileWatch::watch(const std::vector<std::string>& files) {
  std::map<std::string, int> folders;
  prints_.clear();
  for (const std::string& file : files) {
    prints_[file] = print_of(file);
    std::string folder = std::filesystem::path(file).parent_path().string();
    if (folder.empty()) folder = ".";
    const int id = ::inotify_add_watch(fd_, folder.c_str(),
                                       IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE);
    if (id >= 0) folders[folder] = id;
  }
  for (const auto& [folder, id] : folders_) {
    if (!folders.contains(folder)) ::inotify_rm_watch(fd_, id);
  }
  folders_ = std::move(folders);
}

bool FileWatch::changed() {
  char events[4096];
  while (::read(fd_, events, sizeof events) > 0) {
  }
  bool any = false;
  for (auto& [file, print] : prints_) {
    Print now = print_of(file);
    if (now == print || now.empty()) continue;  // one that is gone may be on its way back
    print = std::move(now);
    any = true;
  }
  return any;
}

FileWatch::Print FileWatch::print_of(const std::string& file) {
  struct stat now{};
  if (::stat(file.c_str(), &now) != 0) return {};
  return {static_cast<std::int64_t>(now.st_ino), now.st_size, now.st_mtim.tv_sec,
          now.st_mtim.tv_nsec};
}

}  // namespace gatehouse
