// store/feeder: takes the journal's records into the event history, each exactly once.
//
// Place    the store's thread; reads the journal's files, so it lags without harm and begins where
//          the database says that it stopped.
// Once     the rows and the number of the last record are committed in one transaction. Whatever
//          ends the program between two steps, the next begins behind what was committed.
// Epochs   when the journal doesn't hold the record that was taken last, what both have in common
//          is searched, and all behind it is taken under a new epoch.
// Left out ticks, which say only that a second was silent. A position that moved over nothing else
//          is committed each kQuietUs.
// Errors   after one the feeder and its file are of no more use; open both anew.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "events/journal_reader.h"
#include "store/history_file.h"
#include "store/row_writer.h"

namespace gatehouse {

// Where a test may end the program.
enum class FeedStep : std::uint8_t { begun, added, flushed, positioned, committed };

struct FeederOptions {
  std::string journal;  // the folder
  std::size_t rows_max = 122'880;
  std::chrono::milliseconds time_max{500};
  std::function<void(std::string_view)> log = [](std::string_view) {};
  std::function<void(FeedStep)> step = {};
};

struct FeedTurn {
  std::uint64_t records = 0;
  std::uint64_t rows = 0;
  bool at_end = false;  // of the journal
};

class Feeder {
 public:
  static constexpr std::int64_t kQuietUs = 60'000'000;

  // Both outlive the feeder.
  [[nodiscard]] static Result<std::unique_ptr<Feeder>> open(HistoryFile& file, const Clock& clock,
                                                            FeederOptions options);

  // Takes what there is, up to the limits, and commits it.
  [[nodiscard]] Result<FeedTurn> turn();

  // The last record that was looked at; all rows up to it are committed.
  const HistoryPosition& seen() const { return seen_; }
  // Records that the journal had removed before they were taken.
  std::uint64_t missed() const { return missed_; }

 private:
  Feeder(HistoryFile& file, const Clock& clock, FeederOptions options);
  Status find_place();
  Result<HistoryPosition> common_place();
  Result<bool> agrees(std::uint64_t sequence, HistoryPosition& row);
  Result<FeedTurn> take(Monotonic deadline);
  Status commit(bool has_rows);
  void stepped(FeedStep step) const;
  Status roll_back(Status failed);

  HistoryFile& file_;
  const Clock& clock_;
  const FeederOptions options_;
  HistoryPosition seen_;
  std::uint64_t missed_ = 0;
  std::unique_ptr<JournalReader> reader_;
  std::unique_ptr<RowWriter> writer_;
};

}  // namespace gatehouse
