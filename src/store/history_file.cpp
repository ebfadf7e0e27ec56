#include "store/history_file.h"

#include <fmt/format.h>

#include <filesystem>

#include "store/columns.h"

namespace gatehouse {
namespace {

Status set_aside(const std::string& path) {
  std::error_code error;
  for (const std::string& one : {path, path + ".wal"}) {
    if (!std::filesystem::exists(one, error)) continue;
    std::filesystem::rename(one, one + ".broken", error);
    if (error) {
      return fail({"E0801", fmt::format("can't rename {}: {}", one, error.message()),
                   "look at the disk and at the rights of the data folder"});
    }
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<HistoryFile>> HistoryFile::open(const DuckSettings& settings,
                                                       const Log& log) {
  auto file = open_once(settings);
  if (file || file.error().code != "E0803") return file;
  log(
      fmt::format("the event history {} is broken ({}): it is set aside as {}.broken and filled "
                  "again from the journal",
                  settings.path, file.error().what, settings.path));
  if (Status moved = set_aside(settings.path); !moved) return fail(std::move(moved).error());
  file = open_once(settings);
  if (file) (*file)->was_set_aside_ = true;
  return file;
}

Result<std::unique_ptr<HistoryFile>> HistoryFile::open_once(const DuckSettings& settings) {
  GH_TRY(std::unique_ptr<Duck> duck, Duck::open(settings));
  std::unique_ptr<HistoryFile> file(new HistoryFile(std::move(duck)));
  for (const auto step :
       {&HistoryFile::make_tables, &HistoryFile::check_columns, &HistoryFile::read_position}) {
    if (Status done = (file.get()->*step)(); !done) {
      Error error = std::move(done).error();
      if (says_corrupt(error.what)) error.code = "E0803";
      return fail(std::move(error));
    }
  }
  return file;
}

Status HistoryFile::make_tables() {
  std::string columns;
  for (const Column& one : all_columns()) {
    columns += fmt::format("{}{} {}", columns.empty() ? "" : ", ", one.sql, one.type);
  }
  return duck_->run(fmt::format(
      "BEGIN TRANSACTION; CREATE TABLE IF NOT EXISTS events ({}); "
      "CREATE TABLE IF NOT EXISTS position (epoch UINTEGER, sequence UBIGINT, at_time TIMESTAMP); "
      "COMMIT",
      columns));
}

// Rows are added by place, so the places must be ours; what a newer program has behind the others
// is added.
Status HistoryFile::check_columns() {
  GH_TRY(auto rows, duck_->ask("SELECT column_name FROM duckdb_columns() "
                               "WHERE table_name = 'events' ORDER BY column_index"));
  std::size_t at = 0;
  bool same = true;
  for (; rows->next(); ++at) {
    same = same && at < all_columns().size() && rows->text(0) == all_columns()[at].sql;
  }
  if (!same) {
    return fail({"E0804", "the event history has columns that this program does not know",
                 "start the program that wrote it, or move the file away: it is filled again from "
                 "the journal"});
  }
  for (; at < all_columns().size(); ++at) {
    const Column& one = all_columns()[at];
    const std::string add = fmt::format("ALTER TABLE events ADD COLUMN {} {}", one.sql, one.type);
    if (Status added = duck_->run(add); !added) return added;
  }
  return {};
}

Status HistoryFile::read_position() {
  GH_TRY(auto rows, duck_->ask("SELECT epoch, sequence, at_time FROM position"));
  if (!rows->next()) return duck_->run("INSERT INTO position VALUES (1, 0, TIMESTAMP 'epoch')");
  position_ = {.epoch = rows->number<std::uint32_t>(0),
               .sequence = rows->number<std::uint64_t>(1),
               .at_us = rows->number<std::int64_t>(2)};
  return {};
}

Result<std::uint64_t> HistoryFile::used_bytes() {
  GH_TRY(auto rows, duck_->ask("SELECT used_blocks * block_size FROM pragma_database_size()"));
  if (!rows->next() || rows->is_null(0)) return 0;
  return static_cast<std::uint64_t>(rows->number<std::int64_t>(0));
}

Status HistoryFile::write_position(const HistoryPosition& position) {
  auto done =
      duck_->ask("UPDATE position SET epoch = $1, sequence = $2, at_time = $3",
                 {std::uint64_t{position.epoch}, position.sequence, Timestamp{position.at_us}});
  return done ? Status{} : fail(std::move(done).error());
}

}  // namespace gatehouse
