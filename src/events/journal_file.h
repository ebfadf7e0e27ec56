// events/journal_file: one file of the journal being written, behind an interface so that a test
// can fill the disk.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/error.h"

namespace gatehouse {

class JournalFile {
 public:
  virtual ~JournalFile() = default;
  // All of it or an error; after an error a part may be there, and the caller cuts it off.
  [[nodiscard]] virtual Status append(std::span<const char> bytes) = 0;
  [[nodiscard]] virtual Status cut(std::uint64_t bytes) = 0;
  [[nodiscard]] virtual Status sync() = 0;
};

class JournalFiles {
 public:
  virtual ~JournalFiles() = default;
  // Opens for appending; creates with mode 0600.
  [[nodiscard]] virtual Result<std::unique_ptr<JournalFile>> open(const std::string& path) = 0;
  // Makes what was written to a file, or a folder's names, survive a loss of power. Any thread; a
  // file that is gone needs no sync.
  [[nodiscard]] virtual Status sync(const std::string& path) = 0;
};

class DiskFiles final : public JournalFiles {
 public:
  [[nodiscard]] Result<std::unique_ptr<JournalFile>> open(const std::string& path) override;
  [[nodiscard]] Status sync(const std::string& path) override;
};

// "E0701: …: No space left on device", with what an operator should do.
Error journal_error(std::string what, int error_number);

}  // namespace gatehouse
