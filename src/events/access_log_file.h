// events/access_log_file: the file of an access log: lines appended whole, turned over by size,
// opened anew when somebody moved it.
//
// Place    access_log's thread alone.
// Turning  PATH becomes PATH.1, PATH.1 becomes PATH.2 …; what would be beyond keep_files goes.
// Full     a line that the disk doesn't take is dropped and counted; no part of one stays. The next
//          is tried all the same.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gatehouse {

struct AccessLogFileOptions {
  std::string path;
  std::uint64_t rotate_bytes = 100ULL << 20;  // 0: never
  std::uint32_t keep_files = 5;               // beside the one that is written
};

class AccessLogFile {
 public:
  explicit AccessLogFile(AccessLogFileOptions options);
  ~AccessLogFile();
  AccessLogFile(const AccessLogFile&) = delete;
  AccessLogFile& operator=(const AccessLogFile&) = delete;

  // Whole lines. An error says why they are not in the file.
  [[nodiscard]] Status write(std::string_view lines);
  // Opens the path anew at the next write.
  void reopen();
  // The same, if the path is no longer the file that is open.
  void reopen_if_moved();

  std::uint64_t rotations() const { return rotations_; }

 private:
  Status open();
  Status rotate();
  std::string numbered(std::uint32_t number) const;

  const AccessLogFileOptions options_;
  int descriptor_ = -1;
  std::uint64_t bytes_ = 0;
  std::uint64_t rotations_ = 0;
};

}  // namespace gatehouse
