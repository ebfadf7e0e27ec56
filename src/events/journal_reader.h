// events/journal_reader: reads the journal's records in order, from any number on, while it is
// being written.
//
// Place    consumers that lag, replay, the command line. Any thread, any process.
// Holds    one buffer of kBufferBytes and one open file.
// Errors   none are returned: what can't be read is not there. A closed segment that ends in a
//          torn or wrong frame is counted in damaged() and the next one follows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "events/event.h"

namespace gatehouse {

// The records of one file.
class SegmentReader {
 public:
  static constexpr std::size_t kBufferBytes = 256 * 1024;

  SegmentReader() = default;
  SegmentReader(const SegmentReader&) = delete;
  SegmentReader& operator=(const SegmentReader&) = delete;
  ~SegmentReader();

  // False when there is no such file or its header isn't whole.
  bool open(const std::string& path);
  bool is_open() const { return descriptor_ >= 0; }
  std::uint64_t number() const { return number_; }
  std::int64_t created_us() const { return created_us_; }
  // Behind the last record that next() gave.
  std::uint64_t offset() const { return offset_; }
  // The next record, which lives until the next call; nothing at the end or at a frame that is not
  // (yet) whole. May be called again when more was written.
  std::optional<EventView> next();
  // Whether bytes lie behind offset().
  bool has_rest() const;

 private:
  void close();
  bool refill();

  int descriptor_ = -1;
  std::uint64_t number_ = 0;
  std::int64_t created_us_ = 0;
  std::uint64_t offset_ = 0;
  std::vector<char> buffer_;
  std::size_t from_ = 0;  // of what is unread in the buffer
  std::size_t to_ = 0;
};

class JournalReader {
 public:
  // Begins at `sequence`, or at the oldest record if that is gone.
  JournalReader(std::string folder, std::uint64_t sequence);

  // The next record, which lives until the next call; nothing at the end. Call again to follow.
  std::optional<EventView> next();
  std::uint64_t damaged() const { return damaged_; }

 private:
  bool open_first();
  bool open_following();

  const std::string folder_;
  std::uint64_t wanted_;
  std::uint64_t damaged_ = 0;
  SegmentReader segment_;
};

// The number of the first record of the newest segment that began at or before `at_us` (of the
// oldest segment if none did); 0 when there is no record. Where a reader that wants everything
// since then begins.
std::uint64_t sequence_before(const std::string& folder, std::int64_t at_us);

}  // namespace gatehouse
