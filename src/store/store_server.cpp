#include "store/store_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "store/query_run.h"
#include "store/retention.h"

namespace gatehouse {

StoreServer::StoreServer(StoreOptions options, const Clock& clock, Send send,
                         IsUnwanted is_unwanted)
    : options_(std::move(options)),
      clock_(clock),
      send_(std::move(send)),
      is_unwanted_(std::move(is_unwanted)),
      open_at_(clock.monotonic()),
      retain_at_(clock.monotonic() + kRetainEvery) {}

StoreServer::~StoreServer() = default;

void StoreServer::take(const StoreMessage& message) {
  if (message.kind != MessageKind::query) return;  // a cancel is seen by is_unwanted_
  if (is_unwanted_(message.id)) return;
  ++state_.queries;
  auto query = parse_query(message.payload);
  if (!query) return refuse(message.id, query.error());
  if (file_ == nullptr) (void)turn();
  if (file_ == nullptr) {
    return refuse(message.id, {"E0808", "the event history is not open: " + state_.fault,
                               "`gatehouse journal cat` reads the journal meanwhile"});
  }
  catch_up(query->seen);
  answer(message.id, *query);
}

void StoreServer::answer(std::uint64_t id, const HistoryQuery& query) {
  if (file_ == nullptr) return refuse(id, {"E0808", "the event history is not open", {}});
  const Monotonic deadline = clock_.monotonic() + std::chrono::milliseconds{query.time_ms};
  auto rows =
      run_query(query, *file_, [&] { return clock_.monotonic() >= deadline || is_unwanted_(id); });
  if (!rows) return refuse(id, rows.error());
  send_(to_bytes({MessageKind::rows, id, std::move(rows->lines)}));
  send_(to_bytes({MessageKind::end, id, rows->next ? to_text(*rows->next) : std::string{}}));
}

void StoreServer::refuse(std::uint64_t id, const Error& error) {
  ++state_.queries_failed;
  send_(to_bytes({MessageKind::failed, id, to_json(error)}));
}

// Who asks sees what the journal held when it asked, if that is soon enough.
void StoreServer::catch_up(std::uint64_t sequence) {
  const Monotonic deadline = clock_.monotonic() + kCatchUpMax;
  while (feeder_ != nullptr && feeder_->seen().sequence < sequence) {
    const std::uint64_t before = feeder_->seen().sequence;
    if (Status fed = feed(); !fed) return failed(fed.error(), "taking events");
    if (feeder_->seen().sequence == before || clock_.monotonic() >= deadline) return;
  }
}

bool StoreServer::turn() {
  if (file_ == nullptr) {
    if (clock_.monotonic() < open_at_) return false;
    if (Status opened = open(); !opened) {
      failed(opened.error(), "opening it");
      tell();
      return false;
    }
  }
  if (Status fed = feed(); !fed) failed(fed.error(), "taking events");
  if (file_ != nullptr && clock_.monotonic() >= retain_at_) {
    retain_at_ = clock_.monotonic() + kRetainEvery;
    if (Status kept = retain(); !kept) failed(kept.error(), "removing old events");
  }
  tell();
  return file_ != nullptr && !at_end_;
}

Status StoreServer::open() {
  GH_TRY(file_, HistoryFile::open(options_.database, options_.log));
  if (file_->was_set_aside()) ++state_.set_aside;
  FeederOptions feeding;
  feeding.journal = options_.journal;
  feeding.log = options_.log;
  GH_TRY(feeder_, Feeder::open(*file_, clock_, std::move(feeding)));
  state_.missed += feeder_->missed();
  state_.is_open = true;
  if (auto bytes = file_->used_bytes()) state_.bytes = *bytes;
  return {};
}

Status StoreServer::feed() {
  GH_TRY(const FeedTurn turn, feeder_->turn());
  at_end_ = turn.at_end;
  state_.rows += turn.rows;
  state_.sequence = feeder_->seen().sequence;
  state_.at_us = feeder_->seen().at_us;
  state_.committed = file_->position().sequence;
  if (!state_.fault.empty()) {
    options_.log("the event history is well again");
    state_.fault.clear();
  }
  pause_ = kPauseFirst;
  return {};
}

Status StoreServer::retain() {
  GH_TRY(const std::uint64_t removed,
         retain_rows(*file_, options_.keep, clock_.wall().time_since_epoch().count()));
  state_.removed += removed;
  GH_TRY(state_.bytes, file_->used_bytes());
  return {};
}

void StoreServer::failed(const Error& error, std::string_view step) {
  ++state_.failures;
  state_.is_open = false;
  feeder_.reset();
  file_.reset();
  open_at_ = clock_.monotonic() + pause_;
  pause_ = std::min(pause_ * 2, kPauseMax);
  log_fault(fmt::format("{}: {}", step, error.what));
}

void StoreServer::log_fault(std::string text) {
  if (state_.fault == text) return;
  options_.log(
      fmt::format("the event history fails at {}; the gate goes on, and what the journal "
                  "holds is taken later",
                  text));
  state_.fault = std::move(text);
}

void StoreServer::tell() {
  if (state_ == told_) return;
  told_ = state_;
  send_(to_bytes({MessageKind::state, 0, to_json(state_)}));
}

}  // namespace gatehouse
