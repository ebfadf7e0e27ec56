// store/records: what people decide and are allowed: tokens, audit, and a readable copy of the
// verdicts set by hand.
//
// Place    app owns it; the admin API sends it jobs; the engine tells it of every verdict_by_hand
//          record. The journal is the truth: what is here of verdicts is copied from it, exactly
//          once, and filled again from it when the file is lost.
// Thread   one, `records`: it copies, runs jobs in order, and trims. Before start() it is whoever
//          opened it.
// Broken   a file that SQLite can't read is set aside (`.broken` at its end), which the log tells,
//          and a fresh one begun: then the tokens are gone and have to be made anew. A file that
//          can't be opened is left alone; the program goes on with tables in memory that refuse
//          changes.
// Full     at kJobsMax jobs a further one is refused; at kHandMax records that wait, the journal is
//          read instead. A full disk refuses the change (E0811) and copying is tried again.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "events/event.h"
#include "store/record_tables.h"

namespace gatehouse {

struct RecordsOptions {
  std::string path;
  std::string journal;  // the folder
  // Up to where the engine has told of every record; asked on the records' thread.
  std::function<JournalPosition()> passed = [] { return JournalPosition{}; };
  std::function<void(std::string_view)> log = [](std::string_view) {};
};

// For metrics and the status page.
struct RecordsState {
  bool is_writable = false;
  std::string fault;  // why not, or what went wrong last; empty when all is well
  std::uint64_t position = 0;
  std::uint64_t copied = 0;  // verdicts by hand, since the start
  std::uint64_t jobs = 0;
  std::uint64_t jobs_refused = 0;
  std::uint64_t failures = 0;
  std::uint64_t set_aside = 0;
};

class Records {
 public:
  static constexpr std::size_t kJobsMax = 256;
  static constexpr std::size_t kHandMax = 1024;
  static constexpr std::chrono::seconds kRetryEvery{1};
  static constexpr std::chrono::seconds kMoveEvery{30};
  static constexpr std::chrono::hours kTrimEvery{1};

  using Job = std::move_only_function<void(RecordTables&)>;

  // Opens the file and copies what the journal has more; the first time, or after a loss, that
  // reads the whole journal. `clock` outlives the records.
  Records(RecordsOptions options, const Clock& clock);
  ~Records();
  Records(const Records&) = delete;
  Records& operator=(const Records&) = delete;

  // Before start(): what stands by hand of what was recorded before that time.
  std::vector<HandVerdict> standing(std::int64_t before_us);
  void start();
  // Copies what is still told, runs the jobs that wait, and ends. Idempotent.
  void stop();

  // Any thread. False: full or ending, and the job is not run.
  bool ask(Job job);
  void on_hand(const EventView& record);
  RecordsState state() const;

  // Before start(), and in a test: one turn of the thread; false when there was nothing to do.
  bool turn();
  RecordTables& tables() { return *tables_; }

 private:
  void open();
  void set_aside(const Error& why);
  void run();
  void copy_journal();
  void copy_told(std::deque<HandVerdict>& told);
  void note_position();
  void trim_if_due();
  void failed(const Error& error, std::string_view step);

  const RecordsOptions options_;
  const Clock& clock_;
  std::unique_ptr<RecordTables> tables_;
  std::thread thread_;

  // The records' thread alone.
  std::deque<HandVerdict> uncopied_;  // the disk did not take them
  bool is_behind_ = false;            // what was told is not all: the journal is to be read
  Monotonic retry_at_;
  Monotonic move_at_;
  Monotonic trim_at_;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  std::deque<HandVerdict> told_;
  bool missed_ = false;  // more was told than there was room for
  bool is_stopping_ = false;
  RecordsState state_;
};

// The record as a row; nothing if it is about nobody.
std::optional<HandVerdict> hand_verdict(const EventView& record);

}  // namespace gatehouse
