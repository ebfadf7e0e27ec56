#include "events/sequencer.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace gatehouse {

Result<std::unique_ptr<Sequencer>> Sequencer::open(SequencerOptions options, const Clock& clock,
                                                   JournalFiles& files) {
  auto journal = Journal::open(options.journal, files, clock.wall().time_since_epoch().count());
  if (!journal) return fail(std::move(journal).error().while_doing("opening the journal"));
  return std::unique_ptr<Sequencer>(
      new Sequencer(std::move(options), clock, files, *std::move(journal)));
}

Sequencer::Sequencer(SequencerOptions options, const Clock& clock, JournalFiles& files,
                     std::unique_ptr<Journal> journal)
    : options_(std::move(options)),
      clock_(clock),
      journal_(std::move(journal)),
      syncer_(files),
      next_sequence_(journal_->last_sequence() + 1),
      last_at_us_(journal_->last_at_us()),
      last_record_(clock.monotonic()),
      retry_at_(last_record_),
      retain_at_(last_record_),
      log_at_(last_record_) {
  if (journal_->torn_bytes() != 0) {
    options_.log("the journal ended in a torn record: " + std::to_string(journal_->torn_bytes()) +
                 " bytes were cut off");
  }
  own_counts_.last_sequence = journal_->last_sequence();
  publish_counts();
}

Sequencer::~Sequencer() { stop(); }

EventQueue& Sequencer::add_queue() { return queues_.emplace_back(options_.queue_bytes, wakeup_); }

EventFeed& Sequencer::add_feed(std::uint64_t from) {
  const std::uint64_t last = journal_->last_sequence();
  return feeds_.emplace_back(options_.journal.folder, from == 0 ? last + 1 : from, last);
}

void Sequencer::start() {
  if (options_.journal.sync == SyncPolicy::every_second) syncer_.start();
  thread_ = std::thread([this] { run(); });
}

void Sequencer::stop() {
  if (stopping_.exchange(true)) return;
  wakeup_.wake();
  if (thread_.joinable()) thread_.join();
  while (turn() != 0) {
  }
  syncer_.stop();
  if (const std::optional<Error> error = syncer_.take_error()) failed(*error, "at the end");
  for (EventFeed& feed : feeds_) feed.finish();
}

void Sequencer::run() {
  while (!stopping_.load(std::memory_order_relaxed)) {
    if (turn() != 0) {
      // Whatever arrives meanwhile goes into one write, and no worker pays for waking us.
      wakeup_.wait(kNap);
      continue;
    }
    const auto since =
        std::chrono::duration_cast<std::chrono::milliseconds>(clock_.monotonic() - last_record_);
    const auto patience = std::chrono::milliseconds{kTickEvery} - since;
    wakeup_.sleep(std::max(patience, std::chrono::milliseconds{1}), [this] { return has_work(); });
  }
}

bool Sequencer::has_work() {
  return stopping_.load(std::memory_order_relaxed) ||
         system_waiting_.load(std::memory_order_relaxed) != 0 ||
         std::ranges::any_of(queues_, [](const EventQueue& queue) { return !queue.empty(); });
}

std::size_t Sequencer::turn() {
  if (is_failing_ && clock_.monotonic() >= retry_at_) heal();
  std::unique_ptr<EventBatch> batch = gather();
  const std::size_t count = batch->count;
  if (count != 0) {
    last_record_ = clock_.monotonic();
    batch_bytes_ = batch->frames.size();
    write(*batch);
    for (Told& one : told_) one.written(one.sequence, batch->is_journaled);
    told_.clear();
    hand_out(std::move(batch));
  } else {
    batches_.keep(std::move(batch));
  }
  sync_if_due();
  retain_if_due();
  if (count != 0) publish_counts();
  return count;
}

std::unique_ptr<EventBatch> Sequencer::gather() {
  std::unique_ptr<EventBatch> batch = batches_.take();
  last_at_us_ = std::max(last_at_us_, clock_.wall().time_since_epoch().count());
  gather_system(*batch);
  for (EventQueue& queue : queues_) {
    queue.drain([&](std::span<const char> record) { add_record(*batch, record); });
  }
  const bool is_stopping = stopping_.load(std::memory_order_relaxed);
  if (batch->count == 0 && !is_stopping && clock_.monotonic() - last_record_ >= kTickEvery) {
    add_record(*batch, SystemEvent{.kind = EventKind::tick});
    ++own_counts_.ticks;
  }
  return batch;
}

void Sequencer::gather_system(EventBatch& batch) {
  if (system_waiting_.load(std::memory_order_relaxed) == 0) return;
  std::deque<Waiting> taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(system_);
    system_waiting_.store(0, std::memory_order_relaxed);
  }
  for (Waiting& one : taken) {
    add_record(batch, one.bytes);
    if (one.written) told_.push_back({batch.last, std::move(one.written)});
  }
}

void Sequencer::add_record(EventBatch& batch, std::span<const char> record) {
  if (batch.frames.empty()) batch.frames.reserve(batch_bytes_);
  const std::span<char> place = batch.add(record.size());
  std::ranges::copy(record, place.begin());
  if (batch.first == 0) batch.first = next_sequence_;
  batch.last = next_sequence_++;
  stamp(place, batch.last, last_at_us_);
  put_frame_head({place.data() - kFrameHeadBytes, kFrameHeadBytes}, place);
}

void Sequencer::add_record(EventBatch& batch, const SystemEvent& event) {
  std::array<char, kEventBytesMax> bytes;
  add_record(batch, {bytes.data(), encode(event, bytes)});
}

void Sequencer::write(EventBatch& batch) {
  own_counts_.records += batch.count;
  ++own_counts_.batches;
  own_counts_.last_sequence = batch.last;
  if (!is_failing_) {
    const Status written = journal_->append(batch.frames, batch.first, batch.last, last_at_us_);
    if (written) {
      own_counts_.bytes_written += batch.frames.size();
      is_dirty_ = true;
      return;
    }
    is_failing_ = true;
    retry_at_ = clock_.monotonic() + kRetryEvery;
    ++own_counts_.write_failures;
    failed(written.error(), "the gate goes on; replay will not be exact");
  }
  batch.is_journaled = false;
  missing_ += batch.count;
  own_counts_.unwritten += batch.count;
}

// Writing works again when the record that says what is missing can be written.
void Sequencer::heal() {
  std::unique_ptr<EventBatch> batch = batches_.take();
  last_at_us_ = std::max(last_at_us_, clock_.wall().time_since_epoch().count());
  add_record(*batch, SystemEvent{.kind = EventKind::gap, .count = missing_});
  const Status written = journal_->append(batch->frames, batch->first, batch->last, last_at_us_);
  if (!written) {
    next_sequence_ = batch->first;
    retry_at_ = clock_.monotonic() + kRetryEvery;
    ++own_counts_.write_failures;
    failed(written.error(), "the gate goes on; replay will not be exact");
    batches_.keep(std::move(batch));
    return;
  }
  options_.log("the journal is written again; " + std::to_string(missing_) +
               " records are not in it");
  is_failing_ = false;
  is_dirty_ = true;
  missing_ = 0;
  log_at_ = clock_.monotonic();
  ++own_counts_.gaps;
  ++own_counts_.records;
  own_counts_.last_sequence = batch->last;
  own_counts_.bytes_written += batch->frames.size();
  hand_out(std::move(batch));
  publish_counts();
}

void Sequencer::failed(const Error& error, std::string_view step) {
  publish_counts();
  const Monotonic now = clock_.monotonic();
  if (now < log_at_) return;
  log_at_ = now + kLogEvery;
  options_.log(error.code + ": " + error.what + " (" + std::string(step) + "); " + error.help);
}

void Sequencer::sync_if_due() {
  if (const std::optional<Error> error = syncer_.take_error()) {
    failed(*error, "what was written may not survive a loss of power");
  }
  if (!is_dirty_) return;
  is_dirty_ = false;
  if (options_.journal.sync == SyncPolicy::every_second) syncer_.mark(journal_->path());
  if (options_.journal.sync != SyncPolicy::batch) return;
  if (Status synced = journal_->sync(); !synced) {
    ++own_counts_.sync_failures;
    failed(synced.error(), "what was written may not survive a loss of power");
  }
}

void Sequencer::retain_if_due() {
  const Monotonic now = clock_.monotonic();
  if (now < retain_at_) return;
  retain_at_ = now + kRetainEvery;
  std::uint64_t consumed = journal_->last_sequence();
  for (const EventFeed& feed : feeds_) consumed = std::min(consumed, feed.done());
  if (journal_->bytes() / 2 < options_.journal.keep_bytes_max) {
    for (const auto& done : holders_) consumed = std::min(consumed, done());
  }
  journal_->retain(consumed, last_at_us_);
}

void Sequencer::hand_out(std::unique_ptr<EventBatch> batch) {
  const SharedBatch shared = share(std::move(batch));
  for (EventFeed& feed : feeds_) feed.push(shared);
}

bool Sequencer::record(const SystemEvent& event, Written written) {
  std::vector<char> bytes(kEventBytesMax);
  bytes.resize(encode(event, bytes));
  {
    const std::lock_guard lock(mutex_);
    if (system_.size() >= kSystemEventsMax) {
      ++shown_counts_.system_refused;
      return false;
    }
    system_.push_back({std::move(bytes), std::move(written)});
    system_waiting_.store(system_.size(), std::memory_order_relaxed);
  }
  wakeup_.rouse();
  return true;
}

SequencerCounts Sequencer::counts() const {
  const std::lock_guard lock(mutex_);
  return shown_counts_;
}

void Sequencer::publish_counts() {
  own_counts_.is_failing = is_failing_;
  const std::uint64_t sync_failures = own_counts_.sync_failures + syncer_.failures();
  own_counts_.journal_bytes = journal_->bytes();
  own_counts_.journal_segments = journal_->segments();
  own_counts_.torn_bytes = journal_->torn_bytes();
  const std::lock_guard lock(mutex_);
  const std::uint64_t refused = shown_counts_.system_refused;
  shown_counts_ = own_counts_;
  shown_counts_.sync_failures = sync_failures;
  shown_counts_.system_refused = refused;
}

std::uint64_t Sequencer::events_dropped() const {
  std::uint64_t sum = 0;
  for (const EventQueue& queue : queues_) sum += queue.dropped();
  return sum;
}

}  // namespace gatehouse
