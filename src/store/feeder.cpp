#include "store/feeder.h"

#include <fmt/format.h>

#include <utility>

namespace gatehouse {
namespace {

constexpr std::uint64_t kLookAtClockEvery = 256;

// The record of that number, or the first behind it.
std::optional<HistoryPosition> record_at(const std::string& journal, std::uint64_t sequence) {
  JournalReader reader(journal, sequence);
  const auto record = reader.next();
  if (!record) return std::nullopt;
  return HistoryPosition{.sequence = record->sequence(), .at_us = record->at_us()};
}

}  // namespace

Feeder::Feeder(HistoryFile& file, const Clock& clock, FeederOptions options)
    : file_(file), clock_(clock), options_(std::move(options)), seen_(file.position()) {}

Result<std::unique_ptr<Feeder>> Feeder::open(HistoryFile& file, const Clock& clock,
                                             FeederOptions options) {
  std::unique_ptr<Feeder> feeder(new Feeder(file, clock, std::move(options)));
  if (Status found = feeder->find_place(); !found) return fail(std::move(found).error());
  GH_TRY(feeder->writer_, RowWriter::open(file.duck()));
  feeder->reader_ =
      std::make_unique<JournalReader>(feeder->options_.journal, feeder->seen_.sequence + 1);
  return feeder;
}

void Feeder::stepped(FeedStep step) const {
  if (options_.step) options_.step(step);
}

Status Feeder::find_place() {
  if (seen_.sequence == 0) return {};
  const auto there = record_at(options_.journal, seen_.sequence);
  if (there && there->at_us >= seen_.at_us) {
    if (there->sequence > seen_.sequence) {
      missed_ = there->sequence - seen_.sequence - 1;
      options_.log(
          fmt::format("{} records left the journal before the event history had them", missed_));
      return {};
    }
    if (there->at_us == seen_.at_us) return {};
  }
  GH_TRY(const HistoryPosition common, common_place());
  options_.log(
      fmt::format("the journal is not the one that the event history was filled from "
                  "behind record {}; what it holds from there on is taken too",
                  common.sequence));
  seen_ = {.epoch = seen_.epoch + 1, .sequence = common.sequence, .at_us = common.at_us};
  return {};
}

// The last row that the journal has too. What differs once differs from there on, so halving finds
// it.
Result<HistoryPosition> Feeder::common_place() {
  HistoryPosition common;
  std::uint64_t low = 0, high = seen_.sequence;
  while (low <= high && high != 0) {
    const std::uint64_t middle = low + (high - low) / 2;
    HistoryPosition row;
    GH_TRY(const bool same, agrees(middle, row));
    if (same) {
      common = row;
      low = middle + 1;
    } else {
      if (middle == 0) break;
      high = middle - 1;
    }
  }
  return common;
}

// Whether the last row up to `sequence` is in the journal, or is older than all that is there.
Result<bool> Feeder::agrees(std::uint64_t sequence, HistoryPosition& row) {
  GH_TRY(auto rows, file_.duck().ask(
                        "SELECT sequence, at_time FROM events WHERE epoch = $1 AND sequence <= $2 "
                        "ORDER BY sequence DESC LIMIT 1",
                        {std::uint64_t{seen_.epoch}, sequence}));
  if (!rows->next()) return true;
  row.sequence = rows->number<std::uint64_t>(0);
  row.at_us = rows->number<std::int64_t>(1);
  const auto record = record_at(options_.journal, row.sequence);
  if (!record) return false;
  return record->sequence == row.sequence ? record->at_us == row.at_us : record->at_us >= row.at_us;
}

Result<FeedTurn> Feeder::turn() {
  auto taken = take(clock_.monotonic() + options_.time_max);
  if (!taken) return fail(roll_back(fail(std::move(taken).error())).error());
  const bool has_rows = taken->rows != 0;
  if (has_rows || seen_.at_us - file_.position().at_us >= kQuietUs) {
    if (Status done = commit(has_rows); !done) {
      return fail(roll_back(std::move(done)).error());
    }
  }
  return taken;
}

Result<FeedTurn> Feeder::take(Monotonic deadline) {
  FeedTurn turn;
  while (turn.rows < options_.rows_max) {
    if (turn.records % kLookAtClockEvery == kLookAtClockEvery - 1 &&
        clock_.monotonic() >= deadline) {
      return turn;
    }
    const auto record = reader_->next();
    if (!record) {
      turn.at_end = true;
      return turn;
    }
    ++turn.records;
    seen_.sequence = record->sequence();
    seen_.at_us = record->at_us();
    if (record->kind() == EventKind::tick) continue;
    if (turn.rows == 0) {
      if (Status begun = file_.duck().run("BEGIN TRANSACTION"); !begun) {
        return fail(std::move(begun).error());
      }
      stepped(FeedStep::begun);
    }
    if (Status added = writer_->add(*record, seen_.epoch); !added) {
      return fail(std::move(added).error());
    }
    ++turn.rows;
  }
  return turn;
}

Status Feeder::commit(bool has_rows) {
  if (has_rows) {
    stepped(FeedStep::added);
    if (Status flushed = writer_->flush(); !flushed) return flushed;
    stepped(FeedStep::flushed);
  }
  if (Status written = file_.write_position(seen_); !written) return written;
  stepped(FeedStep::positioned);
  if (has_rows) {
    if (Status committed = file_.duck().run("COMMIT"); !committed) return committed;
  }
  file_.set_position(seen_);
  stepped(FeedStep::committed);
  return {};
}

// The writer may still write as it goes, so it goes first.
Status Feeder::roll_back(Status failed) {
  writer_.reset();
  if (Status rolled = file_.duck().run("ROLLBACK"); !rolled) {
    options_.log("the event history can't roll back: " + rolled.error().what);
  }
  seen_ = file_.position();
  return failed;
}

}  // namespace gatehouse
