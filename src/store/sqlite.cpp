#include "store/sqlite.h"

#include <sqlite3.h>

#include <utility>

namespace gatehouse {
namespace {

constexpr int kBusyMs = 2000;  // somebody looks at the file with a tool of his own

constexpr const char* kSettings =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA foreign_keys = ON;"
    "PRAGMA trusted_schema = OFF;"
    "PRAGMA journal_size_limit = 4194304;"
    "PRAGMA cache_size = -2048;";

Error error_of(int code, const std::string& said) {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {std::string(kRecordsBroken), "the records are broken: " + said,
              "see whether the disk is sound"};
    case SQLITE_FULL:
      return {std::string(kRecordsUnwritable), "the disk of the records is full",
              "make room; until then nothing that must be kept is changed"};
    default:
      return {std::string(kRecordsUnwritable), "the records can't be read or written: " + said,
              "correct the permissions or the disk of the data folder"};
  }
}

Error error_of(sqlite3* database) {
  return error_of(sqlite3_extended_errcode(database), sqlite3_errmsg(database));
}

struct Bind {
  sqlite3_stmt* statement;
  int place;
  int operator()(std::monostate) const { return sqlite3_bind_null(statement, place); }
  int operator()(std::int64_t value) const { return sqlite3_bind_int64(statement, place, value); }
  int operator()(const std::string& value) const {
    return sqlite3_bind_text64(statement, place, value.data(), value.size(), SQLITE_TRANSIENT,
                               SQLITE_UTF8);
  }
};

}  // namespace

SqliteStatement::~SqliteStatement() { sqlite3_finalize(statement_); }

Status SqliteStatement::bind(const std::vector<SqliteValue>& values) {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const int bound = std::visit(Bind{statement_, static_cast<int>(i) + 1}, values[i]);
    if (bound != SQLITE_OK) return fail(error_of(database_));
  }
  return {};
}

Result<bool> SqliteStatement::next() {
  const int step = sqlite3_step(statement_);
  if (step == SQLITE_ROW) return true;
  if (step == SQLITE_DONE) {
    sqlite3_reset(statement_);
    return false;
  }
  Error error = error_of(database_);
  sqlite3_reset(statement_);
  return fail(std::move(error));
}

Status SqliteStatement::run(const std::vector<SqliteValue>& values) {
  if (Status bound = bind(values); !bound) return bound;
  for (;;) {
    GH_TRY(const bool is_row, next());
    if (!is_row) return {};
  }
}

std::int64_t SqliteStatement::number(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string SqliteStatement::text(int column) const {
  const auto* const bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

bool SqliteStatement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

Result<std::unique_ptr<Sqlite>> Sqlite::open(const std::string& path) {
  std::unique_ptr<Sqlite> made(new Sqlite);
  constexpr int kFlags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int opened = sqlite3_open_v2(path.c_str(), &made->database_, kFlags, nullptr);
  if (opened != SQLITE_OK) {
    return fail(error_of(
        opened, made->database_ == nullptr ? "out of memory" : sqlite3_errmsg(made->database_)));
  }
  sqlite3_busy_timeout(made->database_, kBusyMs);
  sqlite3_db_config(made->database_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  if (Status set = made->run(kSettings); !set) return fail(std::move(set).error());
  return made;
}

Sqlite::~Sqlite() { sqlite3_close_v2(database_); }

Status Sqlite::run(const std::string& sql) {
  if (sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return fail(error_of(database_));
}

Result<std::unique_ptr<SqliteStatement>> Sqlite::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    return fail(error_of(database_));
  }
  return std::make_unique<SqliteStatement>(database_, statement);
}

std::int64_t Sqlite::last_row() const { return sqlite3_last_insert_rowid(database_); }

std::uint64_t Sqlite::changed_rows() const {
  return static_cast<std::uint64_t>(sqlite3_changes64(database_));
}

Status Sqlite::limit_pages(std::uint64_t pages) {
  return run("PRAGMA max_page_count = " + std::to_string(pages));
}

Result<std::unique_ptr<SqliteTransaction>> SqliteTransaction::begin(Sqlite& database) {
  if (Status begun = database.run("BEGIN IMMEDIATE"); !begun) {
    return fail(std::move(begun).error());
  }
  return std::unique_ptr<SqliteTransaction>(new SqliteTransaction(database));
}

SqliteTransaction::~SqliteTransaction() {
  if (is_open_) (void)database_.run("ROLLBACK");
}

Status SqliteTransaction::commit() {
  Status committed = database_.run("COMMIT");
  is_open_ = !committed.has_value();
  return committed;
}

}  // namespace gatehouse
