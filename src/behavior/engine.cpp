#include "behavior/engine.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>

namespace gatehouse {
namespace {

constexpr std::chrono::milliseconds kPatience{200};
constexpr std::chrono::milliseconds kAnswerTime{5};  // between two batches

std::int64_t us(WallTime time) { return time.time_since_epoch().count(); }

}  // namespace

Engine::Engine(EngineOptions options, EventFeed& records, VerdictFeed& verdicts, const Clock& clock)
    : options_(std::move(options)),
      records_(records),
      verdicts_(verdicts),
      clock_(clock),
      started_us_(us(clock.wall())),
      began_(clock.monotonic()),
      judge_(options_.rule, options_.key),
      is_past_(options_.past != 0) {
  if (options_.content != nullptr) judge_.begin_with(options_.content);
  for (const Verdict& one : options_.standing) {
    judge_.restore(one);
    past_.emplace(one.subject, one);
    if (options_.past == 0 && one.expires > clock_.wall()) verdicts_.set(one);
  }
  for (const Verdict& one : options_.in_force) {
    if (one.expires > clock_.wall()) verdicts_.set(one);
  }
}

Engine::~Engine() {
  stopping_ = true;
  stop();
}

void Engine::start() {
  thread_ = std::thread([this] { run(); });
}

void Engine::stop() {
  if (thread_.joinable()) thread_.join();
}

// Up to here nothing was published but what was in force: now what the records left stands.
void Engine::end_past() {
  is_past_ = false;
  const WallTime now = clock_.wall();
  if (options_.past != 0) {
    for (const Verdict& one : options_.in_force) {
      if (!past_.contains(one.subject)) verdicts_.clear(one.subject);
    }
    for (auto& [subject, verdict] : past_) {
      if (verdict.expires <= now) {
        verdicts_.clear(subject);
        continue;
      }
      verdicts_.set(std::move(verdict));
      ++own_counts_.published;
    }
  }
  past_.clear();
  const auto took = clock_.monotonic() - began_;
  options_.on_past_read({.records = past_records_,
                         .time = std::chrono::duration_cast<std::chrono::milliseconds>(took),
                         .content = judge_.scorer().content_said()});
}

void Engine::run() {
  if (options_.past == 0) end_past();
  while (!records_.finished() && !stopping_.load(std::memory_order_relaxed)) turn(kPatience);
}

bool Engine::turn(std::chrono::milliseconds patience) {
  const auto batch = records_.next(is_asked() ? std::chrono::milliseconds{0} : patience);
  if (batch == nullptr) {
    answer();
    return false;
  }
  batch->for_each([this](const EventView& record) { judge(record); });
  if (is_past_ && batch->last >= options_.past) end_past();
  own_counts_.judge = judge_.counts();
  own_counts_.lost_records = records_.lost();
  own_counts_.last_sequence = batch->last;
  {
    const std::lock_guard lock(mutex_);
    shown_counts_ = own_counts_;
  }
  answer();
  return true;
}

bool Engine::ask(Question question) {
  const std::lock_guard lock(mutex_);
  if (questions_.size() >= kQuestionsMax) return false;
  questions_.push_back(std::move(question));
  return true;
}

bool Engine::is_asked() const {
  const std::lock_guard lock(mutex_);
  return !questions_.empty();
}

// The first in the queue stays there until it is answered, so that it counts as waiting.
void Engine::answer() {
  const Monotonic until = clock_.monotonic() + kAnswerTime;
  while (is_asked() && clock_.monotonic() <= until) {
    Question* first = nullptr;
    {
      const std::lock_guard lock(mutex_);
      first = &questions_.front();  // a deque's element stays where it is
    }
    if (!(*first)(judge_, own_counts_.last_at_us)) continue;
    const std::lock_guard lock(mutex_);
    questions_.pop_front();
  }
}

void Engine::judge(const EventView& record) {
  if (is_past_ && record.sequence() > options_.past) end_past();
  if (is_past_) ++past_records_;
  own_counts_.last_at_us = record.at_us();
  changes_.clear();
  judge_.on_record(record, changes_);
  for (const VerdictChange& change : changes_) publish(change, record);
  if (record.kind() == EventKind::verdict_by_hand) options_.on_hand(record);
}

void Engine::publish(const VerdictChange& change, const EventView& record) {
  if (is_past_) {
    change.verdict ? void(past_.insert_or_assign(change.subject, *change.verdict))
                   : void(past_.erase(change.subject));
    return;
  }
  if (!change.verdict) {
    verdicts_.clear(change.subject);
    return;
  }
  if (change.verdict->expires <= clock_.wall()) return;
  verdicts_.set(*change.verdict);
  ++own_counts_.published;
  if (record.at_us() < started_us_) return;
  if (record.kind() == EventKind::final) measure(record);
  options_.log(fmt::format("{} {} {}: {}", to_text(change.verdict->level),
                           to_text(change.subject.kind), change.who, change.verdict->reason));
}

void Engine::measure(const EventView& record) {
  const std::int64_t ended_us = record.start_us() + static_cast<std::int64_t>(record.duration_us());
  const std::int64_t lag = std::max<std::int64_t>(0, us(clock_.wall()) - ended_us);
  LagHistogram& histogram = own_counts_.lag;
  const auto lag_us = static_cast<std::uint64_t>(lag);
  const auto bucket = static_cast<std::size_t>(std::bit_width(lag_us));
  ++histogram.counts[std::min(bucket, LagHistogram::kBuckets - 1)];
  ++histogram.count;
  histogram.sum_us += lag_us;
}

EngineCounts Engine::counts() const {
  const std::lock_guard lock(mutex_);
  return shown_counts_;
}

}  // namespace gatehouse
