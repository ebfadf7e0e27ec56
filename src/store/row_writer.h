// store/row_writer: records of the journal as rows, a chunk of columns at a time.
//
// Place    the feeder, within a transaction: what was added is in the table once flush() is done,
//          and holds once the transaction is committed.
// Texts    bytes that are no UTF-8 become U+FFFD, as in events/event_json.
// Errors   after one the writer is of no more use; the transaction is rolled back after the writer
//          is gone, since going it may still write.
#pragma once

#include <duckdb.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "events/event.h"
#include "store/duck.h"

namespace gatehouse {

class RowWriter {
 public:
  [[nodiscard]] static Result<std::unique_ptr<RowWriter>> open(Duck& duck);
  ~RowWriter();
  RowWriter(const RowWriter&) = delete;
  RowWriter& operator=(const RowWriter&) = delete;

  [[nodiscard]] Status add(const EventView& event, std::uint32_t epoch);
  [[nodiscard]] Status flush();

 private:
  RowWriter() = default;
  void put(const EventView& event, std::uint32_t epoch);
  void put_request(const EventView& event);
  void put_client(const EventView& event);
  template <class T>
  void put_number(std::size_t column, T value);
  void put_text(std::size_t column, std::string_view value);
  void put_null(std::size_t column);
  void begin_chunk();
  Status write_chunk();
  Error error();

  duckdb_appender appender_ = nullptr;
  duckdb_data_chunk chunk_ = nullptr;
  std::vector<duckdb_vector> vectors_;
  std::vector<void*> data_;
  std::vector<std::uint64_t*> validity_;
  std::size_t row_ = 0;
  std::size_t rows_max_ = 0;
  std::string mended_;
};

}  // namespace gatehouse
