// store/store_server: the store's own side: takes messages, answers them, feeds the history.
//
// Place    runs on the store's thread and nowhere else (later: in a process of its own); speaks to
//          the gate only in messages.
// Turn     opens the file if it isn't, takes what the journal has, keeps to the limits, tells of it
// Failing  what goes wrong closes the file; it is opened anew after a pause that grows to
//          kPauseMax. What the journal holds is taken then, so nothing is lost. The log says it
//          once, and again when the reason changes or all is well.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "store/duck.h"
#include "store/feeder.h"
#include "store/history_file.h"
#include "store/messages.h"
#include "store/query.h"
#include "store/store_options.h"

namespace gatehouse {

class StoreServer {
 public:
  static constexpr std::chrono::seconds kPauseFirst{1};
  static constexpr std::chrono::seconds kPauseMax{30};
  static constexpr std::chrono::seconds kRetainEvery{60};
  static constexpr std::chrono::seconds kCatchUpMax{5};

  using Send = std::function<void(std::string bytes)>;
  // Whether the query with that id is no longer wanted, or the store is to end.
  using IsUnwanted = std::function<bool(std::uint64_t id)>;

  StoreServer(StoreOptions options, const Clock& clock, Send send, IsUnwanted is_unwanted);
  ~StoreServer();

  // Answers one message.
  void take(const StoreMessage& message);
  // True when there is more to do at once.
  bool turn();

 private:
  Status open();
  Status feed();
  Status retain();
  void failed(const Error& error, std::string_view step);
  void answer(std::uint64_t id, const HistoryQuery& query);
  void refuse(std::uint64_t id, const Error& error);
  void catch_up(std::uint64_t sequence);
  void tell();
  void log_fault(std::string text);

  const StoreOptions options_;
  const Clock& clock_;
  const Send send_;
  const IsUnwanted is_unwanted_;
  std::unique_ptr<HistoryFile> file_;
  std::unique_ptr<Feeder> feeder_;
  bool at_end_ = true;
  Monotonic open_at_;
  Monotonic retain_at_;
  std::chrono::seconds pause_ = kPauseFirst;
  StoreState state_;
  StoreState told_;
};

}  // namespace gatehouse
