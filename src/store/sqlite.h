// store/sqlite: SQLite's C API as values that clean up after themselves.
//
// Place    the records of this room alone include it; no other room sees a type of SQLite.
// Settings a write-ahead log, synced with every commit; foreign files are not trusted; one
//          connection, used by one thread.
// Errors   E0811 can't be written (disk full, permissions), E0812 broken, E0813 of a newer
//          program; with what SQLite said. After an error inside a transaction roll back.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace gatehouse {

inline constexpr std::string_view kRecordsUnwritable = "E0811";
inline constexpr std::string_view kRecordsBroken = "E0812";
inline constexpr std::string_view kRecordsNewer = "E0813";

using SqliteValue = std::variant<std::monostate, std::int64_t, std::string>;

// A statement that is made once and run again and again.
class SqliteStatement {
 public:
  SqliteStatement(sqlite3* database, sqlite3_stmt* statement)
      : database_(database), statement_(statement) {}
  ~SqliteStatement();
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;

  // Begins anew with these values, which are bound to ?1, ?2, … in order.
  [[nodiscard]] Status bind(const std::vector<SqliteValue>& values);
  // Goes to the next row; false behind the last.
  [[nodiscard]] Result<bool> next();
  // bind(), and next() until there is none.
  [[nodiscard]] Status run(const std::vector<SqliteValue>& values);

  // Of the present row.
  std::int64_t number(int column) const;
  std::string text(int column) const;
  bool is_null(int column) const;

 private:
  sqlite3* const database_;
  sqlite3_stmt* const statement_;
};

class Sqlite {
 public:
  // ":memory:" is a database that goes with the object.
  [[nodiscard]] static Result<std::unique_ptr<Sqlite>> open(const std::string& path);
  ~Sqlite();
  Sqlite(const Sqlite&) = delete;
  Sqlite& operator=(const Sqlite&) = delete;

  // SQL of ours, several statements with semicolons between.
  [[nodiscard]] Status run(const std::string& sql);
  [[nodiscard]] Result<std::unique_ptr<SqliteStatement>> prepare(std::string_view sql);
  std::int64_t last_row() const;       // its number, of the last insert
  std::uint64_t changed_rows() const;  // by the last statement
  // No more pages than this: how a test fills the disk.
  [[nodiscard]] Status limit_pages(std::uint64_t pages);

 private:
  Sqlite() = default;

  sqlite3* database_ = nullptr;
};

// Rolls back unless commit() was called and went well.
class SqliteTransaction {
 public:
  [[nodiscard]] static Result<std::unique_ptr<SqliteTransaction>> begin(Sqlite& database);
  ~SqliteTransaction();
  SqliteTransaction(const SqliteTransaction&) = delete;
  SqliteTransaction& operator=(const SqliteTransaction&) = delete;

  [[nodiscard]] Status commit();

 private:
  explicit SqliteTransaction(Sqlite& database) : database_(database) {}

  Sqlite& database_;
  bool is_open_ = true;
};

}  // namespace gatehouse
