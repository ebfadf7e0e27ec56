// events/sequencer: gives every event its number and time, writes the journal, feeds the engine.
//
// Place    drains the workers' queues on a thread of its own; what the journal holds goes on to the
//          feeds. Its order is the truth that replay repeats.
// Times    a record is written as soon as the queues are drained: at most kNap after its arrival
//          plus the write itself. Event time never goes back, whatever the wall clock does.
// Silence  one tick record for each second without any other.
// Failing  when the journal can't be written the gate goes on: records are numbered and fed to the
//          consumers directly, and once writing works again a gap record says how many are
//          missing. Tried again each second; logged at most each kLogEvery.
// Stop     drain all, sync, finish the feeds. Stop the workers first.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "events/event_feed.h"
#include "events/event_queue.h"
#include "events/journal.h"
#include "events/journal_syncer.h"
#include "events/wakeup.h"

namespace gatehouse {

struct SequencerOptions {
  JournalOptions journal;
  std::size_t queue_bytes = EventQueue::kBytes;
  std::function<void(std::string_view)> log = [](std::string_view) {};
};

// For metrics: read at any time, from any thread.
struct SequencerCounts {
  std::uint64_t last_sequence = 0;
  std::uint64_t records = 0;
  std::uint64_t batches = 0;
  std::uint64_t ticks = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t write_failures = 0;  // batches that the journal didn't take
  std::uint64_t sync_failures = 0;
  std::uint64_t unwritten = 0;  // records that are in no journal
  std::uint64_t gaps = 0;
  std::uint64_t journal_bytes = 0;
  std::uint64_t journal_segments = 0;
  std::uint64_t torn_bytes = 0;
  std::uint64_t system_refused = 0;
  bool is_failing = false;
};

class Sequencer {
 public:
  static constexpr std::chrono::milliseconds kNap{1};
  static constexpr std::chrono::seconds kTickEvery{1};
  static constexpr std::chrono::seconds kRetryEvery{1};
  static constexpr std::chrono::seconds kLogEvery{10};
  static constexpr std::chrono::seconds kRetainEvery{10};
  static constexpr std::size_t kSystemEventsMax = 1024;

  // Opens the journal. `clock` and `files` outlive the sequencer.
  [[nodiscard]] static Result<std::unique_ptr<Sequencer>> open(SequencerOptions options,
                                                               const Clock& clock,
                                                               JournalFiles& files);
  Sequencer(const Sequencer&) = delete;
  Sequencer& operator=(const Sequencer&) = delete;
  ~Sequencer();

  // Before start(): a queue for each worker, a feed for each consumer. They live as long as this.
  EventQueue& add_queue();
  // `from`: the first sequence that the consumer wants; 0: what comes from now on.
  EventFeed& add_feed(std::uint64_t from = 0);
  // A consumer that reads the journal's files: no segment goes before it has what `done` says,
  // until they fill twice what may be kept. `done` is called on the sequencer's thread.
  void hold_for(std::function<std::uint64_t()> done) { holders_.push_back(std::move(done)); }

  void start();
  void stop();  // idempotent

  // Told on the sequencer's thread, which must not wait: the record's number, and whether the
  // journal holds it.
  using Written = std::move_only_function<void(std::uint64_t sequence, bool is_journaled)>;
  // Any thread: a record that no worker makes (config, verdict_by_hand, …). False, and counted,
  // when kSystemEventsMax are waiting; else `written` is called once, at the latest by stop().
  bool record(const SystemEvent& event, Written written = {});

  SequencerCounts counts() const;
  std::uint64_t events_dropped() const;
  const std::deque<EventQueue>& queues() const { return queues_; }

  // One turn: drain, number, write, hand out; how many records. start() runs turns on its thread; a
  // test that holds the clock calls it instead.
  std::size_t turn();

 private:
  Sequencer(SequencerOptions options, const Clock& clock, JournalFiles& files,
            std::unique_ptr<Journal> journal);
  struct Waiting {
    std::vector<char> bytes;
    Written written;
  };
  struct Told {
    std::uint64_t sequence;
    Written written;
  };

  void run();
  bool has_work();
  std::unique_ptr<EventBatch> gather();
  void gather_system(EventBatch& batch);
  void add_record(EventBatch& batch, std::span<const char> record);
  void add_record(EventBatch& batch, const SystemEvent& event);
  void write(EventBatch& batch);
  void heal();
  void failed(const Error& error, std::string_view step);
  void sync_if_due();
  void retain_if_due();
  void hand_out(std::unique_ptr<EventBatch> batch);
  void publish_counts();

  const SequencerOptions options_;
  const Clock& clock_;
  const std::unique_ptr<Journal> journal_;
  JournalSyncer syncer_;
  Wakeup wakeup_;
  BatchPool batches_;  // before the feeds, which may hold some to their end
  std::deque<EventQueue> queues_;
  std::deque<EventFeed> feeds_;
  std::vector<std::function<std::uint64_t()>> holders_;
  std::thread thread_;
  std::atomic<bool> stopping_{false};

  // The sequencer's thread alone.
  std::uint64_t next_sequence_;
  std::int64_t last_at_us_;
  bool is_failing_ = false;
  std::size_t batch_bytes_ = 0;  // of the last batch: a good guess for the next
  bool is_dirty_ = false;        // written and not synced, or not yet marked for it
  std::uint64_t missing_ = 0;    // since writing failed
  std::vector<Told> told_;       // who waits to hear that the batch is written
  Monotonic last_record_;
  Monotonic retry_at_;
  Monotonic retain_at_;
  Monotonic log_at_;
  SequencerCounts own_counts_;

  mutable std::mutex mutex_;  // guards what follows
  std::deque<Waiting> system_;
  std::atomic<std::size_t> system_waiting_{0};
  SequencerCounts shown_counts_;
};

}  // namespace gatehouse
