// store/record_tables: the tables of the records, in one SQLite file.
//
// Place    the records' thread alone touches it; the admin API's operations run there.
// Version  PRAGMA user_version; a file of an older program is brought up to date when it is opened,
//          one of a newer program is left alone (E0813).
// Exactly once  a verdict by hand and the journal's position behind it are one transaction, and a
//          record that is there already (number and time) is not taken twice.
// Full     trim() keeps kRowsMax rows and kKeepUs of audit and of verdicts that ended.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "store/record_rows.h"
#include "store/sqlite.h"

namespace gatehouse {

struct JournalPosition {
  std::uint64_t sequence = 0;  // all verdicts by hand up to here are copied
  std::int64_t at_us = 0;      // that record's time, by which the journal is known again
  bool operator==(const JournalPosition&) const = default;
};

class RecordTables {
 public:
  static constexpr std::int64_t kVersion = 1;
  static constexpr std::int64_t kKeepUs = 400LL * 24 * 3600 * 1'000'000;
  static constexpr std::uint64_t kRowsMax = 1'000'000;

  [[nodiscard]] static Result<std::unique_ptr<RecordTables>> open(const std::string& path);
  RecordTables(const RecordTables&) = delete;
  RecordTables& operator=(const RecordTables&) = delete;

  // Why nothing may be changed, if that is so: the file could not be opened, and what is here goes
  // with the program.
  const std::optional<Error>& fault() const { return fault_; }
  void set_fault(Error error) { fault_ = std::move(error); }

  [[nodiscard]] Result<std::unique_ptr<SqliteTransaction>> begin();

  // Gives the row with its id. `digest` is that of the secret, in hex.
  [[nodiscard]] Result<TokenRow> add_token(TokenRow token, const std::string& digest);
  [[nodiscard]] Result<std::optional<TokenRow>> token_of(const std::string& digest);
  [[nodiscard]] Result<std::optional<TokenRow>> token(std::int64_t id);
  [[nodiscard]] Result<std::vector<TokenRow>> tokens(std::int64_t after, std::size_t most);
  [[nodiscard]] Status revoke_token(std::int64_t id, std::int64_t now_us);
  [[nodiscard]] Status note_use(std::int64_t id, std::int64_t now_us);

  [[nodiscard]] Result<std::int64_t> add_audit(const AuditRow& row);
  [[nodiscard]] Status finish_audit(std::int64_t id, std::int64_t status);
  // Newest first, with ids below `before`; 0: from the newest.
  [[nodiscard]] Result<std::vector<AuditRow>> audit(std::int64_t before, std::size_t most);

  // False: it is there already.
  [[nodiscard]] Result<bool> copy(const HandVerdict& verdict);
  [[nodiscard]] Status move_to(const JournalPosition& position);
  [[nodiscard]] Result<JournalPosition> position();
  // The last of each subject among those before `before_us`, if it stands at `now_us`; soonest to
  // end first.
  [[nodiscard]] Result<std::vector<HandVerdict>> standing(std::int64_t now_us,
                                                          std::int64_t before_us = INT64_MAX);
  [[nodiscard]] Result<std::uint64_t> count_standing(std::int64_t now_us);
  // Newest first, before this one; 0: from the newest.
  [[nodiscard]] Result<std::vector<HandVerdict>> verdicts(std::int64_t before_us,
                                                          std::uint64_t before_sequence,
                                                          std::size_t most);
  [[nodiscard]] Status trim(std::int64_t now_us, std::uint64_t rows_max = kRowsMax);

  Sqlite& database() { return *database_; }

 private:
  explicit RecordTables(std::unique_ptr<Sqlite> database) : database_(std::move(database)) {}
  [[nodiscard]] Status migrate();
  [[nodiscard]] Result<std::int64_t> number(const std::string& sql);

  const std::unique_ptr<Sqlite> database_;
  std::optional<Error> fault_;
};

}  // namespace gatehouse
