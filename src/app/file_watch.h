// app/file_watch: says when one of the files that a config is made of has changed.
//
// Watches the folders, not the files: editors and deploy tools replace files by renaming. A change
// counts when a file's identity, size or time of change differs from what was last seen.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace gatehouse {

class FileWatch {
 public:
  FileWatch();
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  int fd() const { return fd_; }  // readable when something happened in one of the folders
  void watch(const std::vector<std::string>& files);
  // Takes what was reported; true when a watched file is not what it was.
  bool changed();

 private:
  using Print = std::vector<std::int64_t>;
  static Print print_of(const std::string& file);

  int fd_ = -1;
  std::map<std::string, int> folders_;
  std::map<std::string, Print> prints_;
};

}  // namespace gatehouse
