// events/journal: the append-only files of numbered records; their order is the truth.
//
//   folder  := segment…           "00000000000000000001.ghj", named by its number, and "lock"
//   segment := header frame*
//   header  := "ghj1" segment:u64 created_us:i64                           20 bytes
//   frame   := bytes:u32 crc32c:u32 payload[bytes]         bytes in 1 .. kEventBytesMax
//   payload := record                                      events/event.h, stamped
//   All numbers are little-endian; crc32c is over the payload.
//
// Invariants
//   1. A frame is whole or it isn't there: a reader stops at the first frame that is torn or whose
//      crc is wrong, and a writer that opens the folder cuts it off there and counts what it cut.
//   2. Sequence numbers rise from record to record and time never goes back, across segments too.
//   3. A segment that is closed is never written again.
//   4. No segment is removed before every consumer has it, nor is the one being written. (The event
//      history may hold them up to twice what is kept: events/sequencer.)
//
// One writer (the sequencer's thread; a lock file keeps a second process out), many readers
// (events/journal_reader). "Written" means handed to the system; SyncPolicy says what a loss of
// power costs. Full: when the disk is, append() fails, leaves no part behind, and may be tried
// again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "events/event.h"
#include "events/journal_file.h"

namespace gatehouse {

inline constexpr std::size_t kJournalHeaderBytes = 20;
inline constexpr std::size_t kFrameHeadBytes = 8;

enum class SyncPolicy : std::uint8_t { never, every_second, batch };

struct JournalOptions {
  std::string folder;
  std::uint64_t segment_bytes_max = 64ULL << 20;
  std::uint64_t keep_bytes_max = 20ULL << 30;
  std::int64_t keep_us_max = 30LL * 24 * 3600 * 1'000'000;
  SyncPolicy sync = SyncPolicy::every_second;
};

// A frame's head, written where the payload follows.
void put_frame_head(std::span<char> head, std::span<const char> payload);

// The whole frames at the beginning of `bytes`: calls take(payload) for each and returns how many
// bytes they fill. Stops at the first that is torn or whose crc is wrong.
template <class Take>
std::size_t for_each_frame(std::span<const char> bytes, Take&& take);

// The payload of the frame that begins `bytes`; empty when it is torn or wrong.
std::span<const char> first_frame(std::span<const char> bytes);

std::string segment_path(const std::string& folder, std::uint64_t number);
// Numbers of the segments that are there, ascending.
std::vector<std::uint64_t> list_segments(const std::string& folder);

class Journal {
 public:
  // Creates the folder if need be, cuts a torn tail, and stands ready behind the last record. The
  // files outlive the journal.
  [[nodiscard]] static Result<std::unique_ptr<Journal>> open(JournalOptions options,
                                                             JournalFiles& files,
                                                             std::int64_t now_us);
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  ~Journal();

  // `frames` are whole frames whose last record is `last_sequence`. All of them or none.
  [[nodiscard]] Status append(std::span<const char> frames, std::uint64_t first_sequence,
                              std::uint64_t last_sequence, std::int64_t at_us);
  [[nodiscard]] Status sync();
  // Removes the oldest segments beyond the limits, as far as all consumers have them.
  void retain(std::uint64_t consumed_sequence, std::int64_t now_us);

  // The file that append() wrote to last.
  const std::string& path() const { return path_; }
  std::uint64_t last_sequence() const { return last_sequence_; }  // 0: there is no record
  std::int64_t last_at_us() const { return last_at_us_; }
  std::uint64_t bytes() const;
  std::size_t segments() const { return segments_.size(); }
  std::uint64_t torn_bytes() const { return torn_bytes_; }  // cut when the folder was opened
  std::uint64_t segments_removed() const { return segments_removed_; }

 private:
  struct Segment {
    std::uint64_t number = 0;
    std::uint64_t first_sequence = 0;  // 0: it holds no record
    std::int64_t created_us = 0;
    std::uint64_t bytes = 0;
  };

  Journal(JournalOptions options, JournalFiles& files);
  Status lock();
  Status recover(std::int64_t now_us);
  Status recover_segment(std::uint64_t number, bool is_last);
  Status set_aside(const std::string& path, std::uint64_t bytes);
  Status begin_segment(std::int64_t now_us);
  std::uint64_t last_sequence_of(std::size_t index) const;

  const JournalOptions options_;
  JournalFiles& files_;
  int lock_ = -1;
  std::deque<Segment> segments_;
  std::string path_;                   // of segments_.back()
  std::unique_ptr<JournalFile> file_;  // of segments_.back(); absent: begin a new one first
  std::uint64_t last_sequence_ = 0;
  std::int64_t last_at_us_ = 0;
  std::uint64_t torn_bytes_ = 0;
  std::uint64_t segments_removed_ = 0;
};

template <class Take>
std::size_t for_each_frame(std::span<const char> bytes, Take&& take) {
  std::size_t at = 0;
  for (;;) {
    const std::span<const char> payload = first_frame(bytes.subspan(at));
    if (payload.empty()) return at;
    take(payload);
    at += kFrameHeadBytes + payload.size();
  }
}

}  // namespace gatehouse
