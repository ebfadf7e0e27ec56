#include "store/records.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "events/journal_reader.h"

namespace gatehouse {

std::optional<HandVerdict> hand_verdict(const EventView& record) {
  if (record.kind() != EventKind::verdict_by_hand || record.subjects() == 0) return std::nullopt;
  const Subject of = record.subject(std::size_t{0});
  return HandVerdict{.sequence = record.sequence(),
                     .at_us = record.at_us(),
                     .kind = of.kind,
                     .hash = of.hash,
                     .subject = std::string(record.text(EventText::about)),
                     .level = std::string(record.text(EventText::name)),
                     .until_us = static_cast<std::int64_t>(record.count()),
                     .reason = std::string(record.text(EventText::detail)),
                     .by = std::string(record.text(EventText::by))};
}

Records::Records(RecordsOptions options, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      retry_at_(clock.monotonic()),
      move_at_(retry_at_ + kMoveEvery),
      trim_at_(retry_at_) {
  open();
  copy_journal();
}

Records::~Records() { stop(); }

void Records::open() {
  auto opened = RecordTables::open(options_.path);
  if (!opened && opened.error().code == kRecordsBroken) {
    set_aside(opened.error());
    opened = RecordTables::open(options_.path);
  }
  if (opened) {
    tables_ = *std::move(opened);
    state_.is_writable = true;
    return;
  }
  Error error = std::move(opened).error();
  options_.log(
      fmt::format("{}: {}; {}. Tokens can't be checked and nothing that must be kept can "
                  "be changed until the next start",
                  error.code, error.what, error.help));
  state_.fault = error.what;
  ++state_.failures;
  auto in_memory = RecordTables::open(":memory:");
  if (!in_memory) std::abort();  // no memory for an empty table
  tables_ = *std::move(in_memory);
  tables_->set_fault(std::move(error));
}

void Records::set_aside(const Error& why) {
  const std::string aside = options_.path + ".broken";
  for (const char* const part : {"", "-wal", "-shm"}) {
    std::error_code error;
    std::filesystem::remove(aside + part, error);
    std::filesystem::rename(options_.path + part, aside + part, error);
  }
  options_.log(
      fmt::format("{}: {}; the file was set aside as `{}`. Verdicts by hand are filled in "
                  "again from the journal; tokens and audit are lost: make new tokens",
                  why.code, why.what, aside));
  ++state_.set_aside;
  ++state_.failures;
}

std::vector<HandVerdict> Records::standing(std::int64_t before_us) {
  auto rows = tables_->standing(clock_.wall().time_since_epoch().count(), before_us);
  if (rows) return *std::move(rows);
  failed(rows.error(), "verdicts by hand can't be read");
  return {};
}

void Records::start() {
  thread_ = std::thread([this] { run(); });
}

void Records::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  while (turn()) {
  }
  note_position();
}

bool Records::ask(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (is_stopping_ || jobs_.size() >= kJobsMax) {
      ++state_.jobs_refused;
      return false;
    }
    jobs_.push_back(std::move(job));
  }
  changed_.notify_one();
  return true;
}

void Records::on_hand(const EventView& record) {
  auto verdict = hand_verdict(record);
  if (!verdict) return;
  {
    const std::lock_guard lock(mutex_);
    if (told_.size() >= kHandMax) {
      missed_ = true;
      return;
    }
    told_.push_back(*std::move(verdict));
  }
  changed_.notify_one();
}

RecordsState Records::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void Records::run() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, kRetryEvery, [this] {
        return is_stopping_ || missed_ || !jobs_.empty() || !told_.empty();
      });
      if (is_stopping_) return;
    }
    while (turn()) {
    }
    if (clock_.monotonic() >= move_at_) note_position();
    trim_if_due();
  }
}

// What was told is copied before a job runs that may ask for it.
bool Records::turn() {
  std::deque<HandVerdict> told;
  Job job;
  {
    const std::lock_guard lock(mutex_);
    told.swap(told_);
    is_behind_ = is_behind_ || std::exchange(missed_, false);
    if (!jobs_.empty()) {
      job = std::move(jobs_.front());
      jobs_.pop_front();
      ++state_.jobs;
    }
  }
  const bool has_news = !told.empty() || job;
  const bool tries_again = clock_.monotonic() >= retry_at_;
  if (is_behind_) {
    if (tries_again) copy_journal();  // which has what was told, too
  } else if (!told.empty() || (!uncopied_.empty() && tries_again)) {
    copy_told(told);
  }
  if (job) job(*tables_);
  return has_news;
}

void Records::copy_told(std::deque<HandVerdict>& told) {
  for (HandVerdict& one : told) uncopied_.push_back(std::move(one));
  while (!uncopied_.empty()) {
    const auto copied = tables_->copy(uncopied_.front());
    if (!copied) {
      retry_at_ = clock_.monotonic() + kRetryEvery;
      if (uncopied_.size() > kHandMax) {
        uncopied_.clear();  // the journal has them
        is_behind_ = true;
      }
      return failed(copied.error(), "a verdict by hand is in force, and is copied later");
    }
    const std::lock_guard lock(mutex_);
    state_.copied += *copied ? 1 : 0;
    state_.position = uncopied_.front().sequence;
    if (state_.is_writable) state_.fault.clear();
    uncopied_.pop_front();
  }
}

// From the position on, if the journal is still the one of before; else all of it. What is there
// already is not taken twice.
void Records::copy_journal() {
  is_behind_ = true;
  retry_at_ = clock_.monotonic() + kRetryEvery;
  auto position = tables_->position();
  if (!position) return failed(position.error(), "the journal's position can't be read");
  JournalPosition at = *position;
  std::optional<JournalReader> reader(std::in_place, options_.journal,
                                      std::max<std::uint64_t>(at.sequence, 1));
  auto record = reader->next();
  const bool is_other =
      at.sequence != 0 && (!record || record->sequence() < at.sequence ||
                           (record->sequence() == at.sequence && record->at_us() != at.at_us));
  if (is_other || at.sequence == 0) {
    options_.log(is_other ? "the journal is not the one of before: verdicts by hand are read from "
                            "all of it"
                          : "verdicts by hand are read from the whole journal");
    at = {};
    reader.emplace(options_.journal, 1);
    record = reader->next();
  }
  std::uint64_t copied = 0;
  for (; record; record = reader->next()) {
    at = {record->sequence(), record->at_us()};
    const auto verdict = hand_verdict(*record);
    if (!verdict) continue;
    const auto done = tables_->copy(*verdict);
    if (!done) return failed(done.error(), "verdicts by hand can't be copied");
    copied += *done ? 1 : 0;
  }
  if (Status moved = tables_->move_to(at); !moved) {
    return failed(moved.error(), "the journal's position can't be noted");
  }
  is_behind_ = false;
  const std::lock_guard lock(mutex_);
  state_.copied += copied;
  state_.position = at.sequence;
}

// All that the engine has passed was told before, so the next start reads on from there.
void Records::note_position() {
  move_at_ = clock_.monotonic() + kMoveEvery;
  const JournalPosition passed = options_.passed();
  while (turn()) {
  }
  const std::uint64_t before = state().position;
  if (is_behind_ || !uncopied_.empty() || passed.sequence <= before) return;
  if (Status moved = tables_->move_to(passed); !moved) {
    return failed(moved.error(), "the journal's position can't be noted");
  }
  const std::lock_guard lock(mutex_);
  state_.position = passed.sequence;
}

void Records::trim_if_due() {
  const Monotonic now = clock_.monotonic();
  if (now < trim_at_) return;
  trim_at_ = now + kTrimEvery;
  if (Status done = tables_->trim(clock_.wall().time_since_epoch().count()); !done) {
    failed(done.error(), "old rows can't be removed");
  }
}

void Records::failed(const Error& error, std::string_view step) {
  options_.log(fmt::format("{}: {} ({}); {}", error.code, error.what, step, error.help));
  const std::lock_guard lock(mutex_);
  ++state_.failures;
  state_.fault = error.what;
}

}  // namespace gatehouse
