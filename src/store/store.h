// store/store: the gate's side of the event history: starts its thread, asks it, knows how it is.
//
// Place    app owns it; the admin's thread and the command line ask it. Nobody waits: an answer
//          comes to a callback, on the store's thread.
// Speaks   in messages alone (store/messages), so that the thread may become a process one day.
// Full     at kQueriesMax questions that wait, a further one is refused at once.
// Stop     asks the thread to take what the journal still has, for kStopMax; a thread that hangs in
//          a dead disk is left behind, and the log says so.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "store/messages.h"
#include "store/query.h"
#include "store/store_options.h"

namespace gatehouse {

struct HistoryAnswer {
  std::optional<Error> error = {};
  std::string lines = {};  // of JSON
  std::string next = {};   // cursor of the next page; empty: that was the last
};

class Store {
 public:
  static constexpr std::size_t kQueriesMax = 64;
  static constexpr std::chrono::milliseconds kNap{200};
  static constexpr std::chrono::seconds kStopMax{5};

  using Done = std::move_only_function<void(HistoryAnswer)>;

  // Opens nothing itself, so it can't fail or wait. `clock` outlives the store.
  Store(StoreOptions options, const Clock& clock);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Any thread. `done` is called exactly once, at the latest by stop(), unless the store hangs.
  // The number names the question to cancel().
  std::uint64_t ask(const HistoryQuery& query, Done done);
  void cancel(std::uint64_t id);

  // Any thread.
  StoreState state() const;
  // Records up to this one are safe; the journal needs to keep only what follows.
  std::uint64_t committed() const;

  void stop();  // idempotent

 private:
  struct Shared;  // with the thread, which may outlive this

  void leave_behind();

  const std::function<void(std::string_view)> log_;
  std::unique_ptr<Shared> shared_;  // null once a hanging thread was left with it
};

}  // namespace gatehouse
