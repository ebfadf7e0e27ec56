// events/access_log: a line of JSON for each request that ended, in a file.
//
// Place    a consumer of the sequencer with a thread of its own: it takes nothing from a request's
//          time, and a slow disk only makes it lag. Lines are those of events/event_json.
// Lost     what the disk doesn't take is dropped and counted, and the log says so once each
//          kLogEvery. A killed program may leave out the lines of its last moments; the journal has
//          them.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "base/clock.h"
#include "events/access_log_file.h"
#include "events/event_feed.h"

namespace gatehouse {

struct AccessLogCounts {
  std::uint64_t lines = 0;
  std::uint64_t lost = 0;
  std::uint64_t rotations = 0;
};

class AccessLog {
 public:
  static constexpr std::chrono::milliseconds kNap{500};
  static constexpr std::chrono::seconds kLogEvery{60};
  static constexpr std::size_t kPieceBytes = 256 * 1024;
  using Log = std::function<void(std::string_view)>;

  // Starts at once; feed and clock outlive it.
  AccessLog(AccessLogFileOptions options, EventFeed& feed, const Clock& clock, Log log);
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  // Any thread: the file was moved by somebody; open its path anew.
  void reopen() { reopen_asked_ = true; }
  AccessLogCounts counts() const;
  // Writes what the feed still has; stop the sequencer first. Idempotent.
  void stop();

 private:
  void run();
  void take(const EventBatch& batch);
  void write_piece();
  void failed(const Error& error);

  AccessLogFile file_;
  EventFeed& feed_;
  const Clock& clock_;
  const Log log_;
  std::string piece_;              // the thread's alone
  std::uint64_t piece_lines_ = 0;  // the thread's alone
  Monotonic log_at_;               // the thread's alone
  std::atomic<bool> reopen_asked_{false};
  std::atomic<std::uint64_t> lines_{0};
  std::atomic<std::uint64_t> lost_{0};
  std::atomic<std::uint64_t> rotations_{0};
  std::thread thread_;
};

}  // namespace gatehouse
