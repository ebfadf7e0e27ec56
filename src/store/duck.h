// store/duck: DuckDB's C API as values that clean up after themselves.
//
// Place    the files of this room alone include it; no other room sees a type of DuckDB.
// Settings one thread, a limit on memory and on what spills to disk, no extension is installed or
//          loaded by itself, nothing outside the database's own files is read, and the settings
//          are locked once the database is open.
// Errors   what DuckDB said, with a code of ours for what an operator can mend. An interrupted
//          statement gives kQueryEnded.
#pragma once

#include <duckdb.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "store/store_options.h"

namespace gatehouse {

inline constexpr std::string_view kDuckVersion = "v1.4.4";

// An error when the library that was found is not the one that this program was built for.
[[nodiscard]] Status check_duck_version(std::string_view found = duckdb_library_version());

struct Timestamp {
  std::int64_t us = 0;  // since 1970, UTC
  bool operator==(const Timestamp&) const = default;
};
struct Number128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(const Number128&) const = default;
};
using SqlValue =
    std::variant<bool, std::int64_t, std::uint64_t, double, std::string, Timestamp, Number128>;

// Asked between two steps of a statement; true ends it.
using StopAsked = std::function<bool()>;

// What a statement gave, chunk by chunk.
class DuckRows {
 public:
  explicit DuckRows(duckdb_result result) : result_(result) {}
  ~DuckRows();
  DuckRows(const DuckRows&) = delete;
  DuckRows& operator=(const DuckRows&) = delete;

  // Goes to the next row; false behind the last.
  bool next();
  bool is_null(std::size_t column) const;
  // T is the column's own type; the caller knows what it selected.
  template <class T>
  T number(std::size_t column) const {
    return static_cast<const T*>(data_[column])[row_];
  }
  // Lives until next().
  std::string_view text(std::size_t column) const;

 private:
  bool next_chunk();

  duckdb_result result_;
  duckdb_data_chunk chunk_ = nullptr;
  std::size_t row_ = 0;
  std::size_t rows_ = 0;
  std::vector<void*> data_;
  std::vector<std::uint64_t*> validity_;
};

// One open database and its one connection. Used by one thread, but for interrupt().
class Duck {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Duck>> open(const DuckSettings& settings);
  ~Duck();
  Duck(const Duck&) = delete;
  Duck& operator=(const Duck&) = delete;

  // SQL of ours, without parameters.
  [[nodiscard]] Status run(const std::string& sql);
  // `values` are bound to $1, $2, … in order.
  [[nodiscard]] Result<std::unique_ptr<DuckRows>> ask(const std::string& sql,
                                                      const std::vector<SqlValue>& values = {},
                                                      const StopAsked& stop = {});
  duckdb_connection connection() { return connection_; }

 private:
  Duck() = default;

  duckdb_database database_ = nullptr;
  duckdb_connection connection_ = nullptr;
};

// What DuckDB's words mean to us.
Error duck_error(std::string_view what);
// Whether the words say that the file itself is broken.
bool says_corrupt(std::string_view what);
// Whether they say that a newer program wrote it.
bool says_newer(std::string_view what);

}  // namespace gatehouse
