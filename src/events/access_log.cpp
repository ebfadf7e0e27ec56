#include "events/access_log.h"

#include <pthread.h>

#include <utility>

#include "events/event_json.h"

namespace gatehouse {

AccessLog::AccessLog(AccessLogFileOptions options, EventFeed& feed, const Clock& clock, Log log)
    : file_(std::move(options)),
      feed_(feed),
      clock_(clock),
      log_(std::move(log)),
      log_at_(clock.monotonic()),
      thread_([this] { run(); }) {}

AccessLog::~AccessLog() { stop(); }

void AccessLog::stop() {
  if (thread_.joinable()) thread_.join();
}

AccessLogCounts AccessLog::counts() const { return {lines_, lost_, rotations_}; }

void AccessLog::run() {
  ::pthread_setname_np(::pthread_self(), "access-log");
  Monotonic look_at = clock_.monotonic();
  while (!feed_.finished()) {
    const auto batch = feed_.next(kNap);
    if (reopen_asked_.exchange(false)) file_.reopen();
    if (clock_.monotonic() >= look_at) {
      file_.reopen_if_moved();
      look_at = clock_.monotonic() + kNap;
    }
    if (batch != nullptr) take(*batch);
  }
}

void AccessLog::take(const EventBatch& batch) {
  batch.for_each([this](const EventView& event) {
    if (event.kind() != EventKind::final) return;
    piece_ += to_json(event);
    piece_ += '\n';
    ++piece_lines_;
    if (piece_.size() >= kPieceBytes) write_piece();
  });
  write_piece();
}

void AccessLog::write_piece() {
  if (piece_lines_ == 0) return;
  if (Status written = file_.write(piece_); written) {
    lines_ += piece_lines_;
  } else {
    lost_ += piece_lines_;
    failed(written.error());
  }
  rotations_ = file_.rotations();
  piece_.clear();
  piece_lines_ = 0;
}

void AccessLog::failed(const Error& error) {
  const Monotonic now = clock_.monotonic();
  if (now < log_at_) return;
  log_at_ = now + kLogEvery;
  log_("the access log loses lines (" + std::to_string(lost_) + " so far): " + error.what + "; " +
       error.help);
}

}  // namespace gatehouse
