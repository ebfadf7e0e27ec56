// store/history_file: the database file of the event history: opened, made, brought up to date, and
// set aside when it is broken.
//
//   events    one row for each record of the journal but ticks; store/columns has its columns
//   position  one row: which record of the journal was taken last
//
// Epoch    a journal that is not the one of before (its folder was emptied, a loss of power took
//          its end) begins a new epoch, so that (epoch, sequence) names a row for ever.
// Broken   a file that can't be read is renamed to NAME.broken, in place of an earlier one, and a
//          new one begins; the feeder fills it from the journal.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "store/duck.h"

namespace gatehouse {

struct HistoryPosition {
  std::uint32_t epoch = 1;
  std::uint64_t sequence = 0;  // 0: nothing was taken yet
  std::int64_t at_us = 0;
  bool operator==(const HistoryPosition&) const = default;
};

class HistoryFile {
 public:
  using Log = std::function<void(std::string_view)>;

  [[nodiscard]] static Result<std::unique_ptr<HistoryFile>> open(const DuckSettings& settings,
                                                                 const Log& log);

  Duck& duck() { return *duck_; }
  const HistoryPosition& position() const { return position_; }
  bool was_set_aside() const { return was_set_aside_; }
  // Bytes of the file that hold something.
  [[nodiscard]] Result<std::uint64_t> used_bytes();

  // Within the transaction that adds the rows.
  [[nodiscard]] Status write_position(const HistoryPosition& position);
  // Once that is committed.
  void set_position(const HistoryPosition& position) { position_ = position; }

 private:
  explicit HistoryFile(std::unique_ptr<Duck> duck) : duck_(std::move(duck)) {}
  static Result<std::unique_ptr<HistoryFile>> open_once(const DuckSettings& settings);
  Status make_tables();
  Status check_columns();
  Status read_position();

  std::unique_ptr<Duck> duck_;
  HistoryPosition position_;
  bool was_set_aside_ = false;
};

}  // namespace gatehouse
