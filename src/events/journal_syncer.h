// events/journal_syncer: forces what was written to disk once a second, on a thread of its own, so
// that a slow disk delays no record and no verdict.
//
// Place    the sequencer marks each file that it wrote; a marked file is synced within a second of
//          the mark, whatever was written to it meanwhile.
// Holds    the names of the marked files: one, or two around the turn to a new segment.
// Errors   counted, and the last one kept until the sequencer takes it for its log.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "base/error.h"
#include "events/journal_file.h"

namespace gatehouse {

class JournalSyncer {
 public:
  static constexpr std::chrono::seconds kEvery{1};

  explicit JournalSyncer(JournalFiles& files) : files_(files) {}
  JournalSyncer(const JournalSyncer&) = delete;
  JournalSyncer& operator=(const JournalSyncer&) = delete;
  ~JournalSyncer() { stop(); }

  void start();
  // Syncs what is still marked.
  void stop();

  // Any thread.
  void mark(const std::string& path);
  std::optional<Error> take_error();
  std::uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }

  // Syncs what is marked; the thread calls it each second, a test when it likes.
  void turn();

 private:
  void run();

  JournalFiles& files_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  std::set<std::string> marked_;
  std::optional<Error> error_;
  bool is_stopping_ = false;
  std::atomic<std::uint64_t> failures_{0};
};

}  // namespace gatehouse
