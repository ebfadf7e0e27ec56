#include "store/duck.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "store/address_function.h"

namespace gatehouse {
namespace {

// Frees what DuckDB gave when the scope ends.
template <class T, void (*Destroy)(T*)>
struct Owned {
  T value = nullptr;
  Owned() = default;
  ~Owned() {
    if (value != nullptr) Destroy(&value);
  }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
};
using Config = Owned<duckdb_config, duckdb_destroy_config>;
using Prepared = Owned<duckdb_prepared_statement, duckdb_destroy_prepare>;
using Pending = Owned<duckdb_pending_result, duckdb_destroy_pending>;

Status configure(duckdb_config config, const DuckSettings& settings) {
  const std::string memory = fmt::format("{}MiB", settings.memory_bytes >> 20);
  const std::string spill = fmt::format("{}MiB", settings.spill_bytes >> 20);
  const std::string folder = settings.path + ".spill";
  const std::pair<const char*, std::string> options[] = {
      {"threads", "1"},
      {"memory_limit", memory},
      {"max_temp_directory_size", spill},
      {"temp_directory", folder},
      {"autoinstall_known_extensions", "false"},
      {"autoload_known_extensions", "false"},
      {"allow_community_extensions", "false"},
      {"enable_external_access", "false"},
      {"checkpoint_threshold", "64MiB"},
      {"lock_configuration", "true"},
  };
  for (const auto& [name, value] : options) {
    if (duckdb_set_config(config, name, value.c_str()) != DuckDBSuccess) {
      return fail(duck_error(fmt::format("`{}` can't be set to `{}`", name, value)));
    }
  }
  return {};
}

bool bind(duckdb_prepared_statement statement, idx_t at, const SqlValue& value) {
  const auto bound = std::visit(
      [&](const auto& one) {
        using T = std::decay_t<decltype(one)>;
        if constexpr (std::is_same_v<T, bool>) return duckdb_bind_boolean(statement, at, one);
        if constexpr (std::is_same_v<T, std::int64_t>) return duckdb_bind_int64(statement, at, one);
        if constexpr (std::is_same_v<T, std::uint64_t>) {
          return duckdb_bind_uint64(statement, at, one);
        }
        if constexpr (std::is_same_v<T, double>) return duckdb_bind_double(statement, at, one);
        if constexpr (std::is_same_v<T, std::string>) {
          return duckdb_bind_varchar_length(statement, at, one.data(), one.size());
        }
        if constexpr (std::is_same_v<T, Timestamp>) {
          return duckdb_bind_timestamp(statement, at, {one.us});
        }
        if constexpr (std::is_same_v<T, Number128>) {
          return duckdb_bind_uhugeint(statement, at, {one.low, one.high});
        }
      },
      value);
  return bound == DuckDBSuccess;
}

bool contains_any(std::string_view text, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) {
    return text.find(part) != std::string_view::npos;
  });
}

Error interrupted() {
  return {std::string(kQueryEnded), "the question was ended before it was answered",
          "ask for a shorter time with `--since`, or raise `store.query_time`"};
}

}  // namespace

Status check_duck_version(std::string_view found) {
  if (found == kDuckVersion) return {};
  return fail({"E0804",
               fmt::format("the library of DuckDB is {}, this program was built for {}", found,
                           kDuckVersion),
               "put the libduckdb.so that came with this program beside it"});
}

bool says_corrupt(std::string_view what) {
  return contains_any(what, {"not a valid DuckDB database", "Corrupt", "corrupt", "hecksum",
                             "Serialization Error", "INTERNAL Error", "replaying WAL",
                             "Failed to deserialize", "Could not read enough bytes"});
}

bool says_newer(std::string_view what) {
  return contains_any(what, {"newer version", "we can only read"});
}

Error duck_error(std::string_view what) {
  what = what.substr(0, what.find('\n'));
  if (contains_any(what, {"Could not set lock"})) {
    return {"E0802", "another process has the event history open",
            "stop that gate, or give this one a data folder of its own"};
  }
  if (says_newer(what)) {
    return {"E0804", std::string(what), "start the newer program, or move the file away"};
  }
  if (contains_any(what, {"Out of Memory", "out of memory"})) {
    return {"E0806", "the question needs more memory than the store may take",
            "ask for a shorter time with `--since`, or raise `store.memory`"};
  }
  if (contains_any(what, {"Out of Range Error", "Conversion Error"})) {
    return {"E0807", fmt::format("the question can't be worked out: {}", what),
            "keep the numbers of a filter within 64 bits"};
  }
  return {"E0801", std::string(what), "look at the disk and at the rights of the data folder"};
}

DuckRows::~DuckRows() {
  if (chunk_ != nullptr) duckdb_destroy_data_chunk(&chunk_);
  duckdb_destroy_result(&result_);
}

bool DuckRows::next() {
  if (chunk_ != nullptr && ++row_ < rows_) return true;
  return next_chunk();
}

bool DuckRows::next_chunk() {
  for (;;) {
    if (chunk_ != nullptr) duckdb_destroy_data_chunk(&chunk_);
    chunk_ = duckdb_fetch_chunk(result_);
    if (chunk_ == nullptr) return false;
    row_ = 0;
    rows_ = duckdb_data_chunk_get_size(chunk_);
    if (rows_ != 0) break;
  }
  data_.clear();
  validity_.clear();
  for (idx_t i = 0; i < duckdb_data_chunk_get_column_count(chunk_); ++i) {
    duckdb_vector vector = duckdb_data_chunk_get_vector(chunk_, i);
    data_.push_back(duckdb_vector_get_data(vector));
    validity_.push_back(duckdb_vector_get_validity(vector));
  }
  return true;
}

bool DuckRows::is_null(std::size_t column) const {
  return !duckdb_validity_row_is_valid(validity_[column], row_);
}

std::string_view DuckRows::text(std::size_t column) const {
  if (is_null(column)) return {};
  auto* const texts = static_cast<duckdb_string_t*>(data_[column]);
  return {duckdb_string_t_data(&texts[row_]), duckdb_string_t_length(texts[row_])};
}

Result<std::unique_ptr<Duck>> Duck::open(const DuckSettings& settings) {
  if (Status same = check_duck_version(); !same) return fail(std::move(same).error());
  Config config;
  duckdb_create_config(&config.value);
  if (Status set = configure(config.value, settings); !set) return fail(std::move(set).error());
  std::unique_ptr<Duck> duck(new Duck);
  char* message = nullptr;
  if (duckdb_open_ext(settings.path.c_str(), &duck->database_, config.value, &message) !=
      DuckDBSuccess) {
    Error error = duck_error(message == nullptr ? "the file can't be opened" : message);
    if (message != nullptr && says_corrupt(message) && !says_newer(message)) error.code = "E0803";
    duckdb_free(message);
    return fail(std::move(error));
  }
  if (duckdb_connect(duck->database_, &duck->connection_) != DuckDBSuccess) {
    return fail(duck_error("the database gave no connection"));
  }
  if (Status added = add_address_function(duck->connection_); !added) {
    return fail(std::move(added).error());
  }
  return duck;
}

Duck::~Duck() {
  if (connection_ != nullptr) duckdb_disconnect(&connection_);
  if (database_ != nullptr) duckdb_close(&database_);
}

Status Duck::run(const std::string& sql) {
  duckdb_result result;
  const auto done = duckdb_query(connection_, sql.c_str(), &result);
  Status status;
  if (done != DuckDBSuccess) status = fail(duck_error(duckdb_result_error(&result)));
  duckdb_destroy_result(&result);
  return status;
}

Result<std::unique_ptr<DuckRows>> Duck::ask(const std::string& sql,
                                            const std::vector<SqlValue>& values,
                                            const StopAsked& stop) {
  Prepared prepared;
  if (duckdb_prepare(connection_, sql.c_str(), &prepared.value) != DuckDBSuccess) {
    return fail(duck_error(duckdb_prepare_error(prepared.value)));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!bind(prepared.value, i + 1, values[i])) {
      return fail(duck_error(fmt::format("value {} can't be bound", i + 1)));
    }
  }
  Pending pending;
  if (duckdb_pending_prepared(prepared.value, &pending.value) != DuckDBSuccess) {
    return fail(duck_error(duckdb_pending_error(pending.value)));
  }
  for (;;) {
    const duckdb_pending_state state = duckdb_pending_execute_task(pending.value);
    if (state == DUCKDB_PENDING_ERROR) return fail(duck_error(duckdb_pending_error(pending.value)));
    if (duckdb_pending_execution_is_finished(state)) break;
    if (stop && stop()) {
      duckdb_interrupt(connection_);
      return fail(interrupted());
    }
  }
  duckdb_result result;
  if (duckdb_execute_pending(pending.value, &result) != DuckDBSuccess) {
    Error error = duck_error(duckdb_result_error(&result));
    duckdb_destroy_result(&result);
    return fail(std::move(error));
  }
  return std::make_unique<DuckRows>(result);
}

}  // namespace gatehouse
