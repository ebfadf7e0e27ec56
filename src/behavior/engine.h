// behavior/engine: the thread that reads the journal's records and publishes verdicts.
//
// Place    an EventFeed in, a VerdictFeed out, a Judge in between; never a worker's thread.
// Past     a feed that begins in the past warms the judge up: what would have expired by the wall
//          clock is not published, and nothing of it is logged or measured. Up to the record
//          `past` nothing is published at all, since a verdict of then may have been lifted since:
//          `in_force` holds until it is read, and then what the records say.
// Lag      from the end of the exchange (its start and duration, by the wall clock) to the
//          publication of its verdict, in a histogram of powers of two.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "behavior/judge.h"
#include "events/event_feed.h"
#include "verdicts/verdict_feed.h"

namespace gatehouse {

struct EnginePast {
  std::uint64_t records = 0;
  std::chrono::milliseconds time{0};
  std::optional<std::string> content;  // what content records said last, if any did
};

struct EngineOptions {
  // The rule until a config record named kBehaviorConfigName says another.
  CountRule rule = {};
  // What stood at the feed's first record.
  std::vector<Verdict> standing = {};
  // What is in force while the past is read, and the past's last record; 0: there is none.
  std::vector<Verdict> in_force = {};
  std::uint64_t past = 0;
  // Until the first content record: null, or what the records before the first were judged by.
  std::shared_ptr<const Content> content = {};
  // Once, on the engine's thread: the past is read.
  std::function<void(const EnginePast&)> on_past_read = [](const EnginePast&) {};
  // Each verdict_by_hand record, after it was judged; on the engine's thread.
  std::function<void(const EventView&)> on_hand = [](const EventView&) {};
  std::function<void(std::string_view)> log = [](std::string_view) {};
  HashKey key = {};  // the installation's
};

struct LagHistogram {
  static constexpr std::size_t kBuckets = 32;
  // counts[i]: verdicts that took below 2^i µs and no less than half that; the last has the rest.
  std::array<std::uint64_t, kBuckets> counts{};
  std::uint64_t count = 0;
  std::uint64_t sum_us = 0;
};

struct EngineCounts {
  JudgeCounts judge;
  LagHistogram lag;
  std::uint64_t last_sequence = 0;
  std::int64_t last_at_us = 0;  // that record's time
  std::uint64_t published = 0;
  std::uint64_t lost_records = 0;
};

class Engine {
 public:
  // All of these outlive the engine.
  Engine(EngineOptions options, EventFeed& records, VerdictFeed& verdicts, const Clock& clock);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  void start();
  // Reads what the sequencer has still handed out, then ends: stop the sequencer first.
  void stop();

  EngineCounts counts() const;

  // Any thread: what the judge knows, asked on the engine's thread between two batches, again and
  // again until the question says true. It looks and leaves in a few ms; `at_us` is the time of the
  // last record. False: kQuestionsMax wait. What waits at the end is dropped.
  using Question = std::move_only_function<bool(const Judge& judge, std::int64_t at_us)>;
  static constexpr std::size_t kQuestionsMax = 16;
  bool ask(Question question);

  // One batch, or nothing after `patience`; false when there was none. The thread calls it; a test
  // may instead.
  bool turn(std::chrono::milliseconds patience);

 private:
  void run();
  void end_past();
  void judge(const EventView& record);
  void publish(const VerdictChange& change, const EventView& record);
  void measure(const EventView& record);
  bool is_asked() const;
  void answer();

  const EngineOptions options_;
  EventFeed& records_;
  VerdictFeed& verdicts_;
  const Clock& clock_;
  const std::int64_t started_us_;
  const Monotonic began_;
  Judge judge_;
  std::vector<VerdictChange> changes_;
  bool is_past_;
  std::uint64_t past_records_ = 0;
  std::map<VerdictSubject, Verdict> past_;  // what stands by then
  EngineCounts own_counts_;
  std::thread thread_;
  std::atomic<bool> stopping_{false};

  mutable std::mutex mutex_;
  EngineCounts shown_counts_;
  std::deque<Question> questions_;
};

}  // namespace gatehouse
