#include "store/row_writer.h"

#include <algorithm>

#include "base/utf8.h"
#include "store/columns.h"

namespace gatehouse {
namespace {

constexpr std::size_t at(ColumnAt column) { return static_cast<std::size_t>(column); }

bool is_request(EventKind kind) {
  return kind == EventKind::final || kind == EventKind::open || kind == EventKind::progress;
}

}  // namespace

Result<std::unique_ptr<RowWriter>> RowWriter::open(Duck& duck) {
  std::unique_ptr<RowWriter> writer(new RowWriter);
  if (duckdb_appender_create(duck.connection(), nullptr, "events", &writer->appender_) !=
      DuckDBSuccess) {
    return fail(writer->error());
  }
  std::vector<duckdb_logical_type> types;
  for (idx_t i = 0; i < all_columns().size(); ++i) {
    types.push_back(duckdb_appender_column_type(writer->appender_, i));
  }
  writer->chunk_ = duckdb_create_data_chunk(types.data(), types.size());
  for (duckdb_logical_type& type : types) duckdb_destroy_logical_type(&type);
  writer->rows_max_ = duckdb_vector_size();
  writer->begin_chunk();
  return writer;
}

RowWriter::~RowWriter() {
  if (chunk_ != nullptr) duckdb_destroy_data_chunk(&chunk_);
  if (appender_ != nullptr) duckdb_appender_destroy(&appender_);
}

Error RowWriter::error() {
  duckdb_error_data data = duckdb_appender_error_data(appender_);
  const char* const text = duckdb_error_data_message(data);
  Error made = duck_error(text == nullptr ? "rows can't be added" : text);
  duckdb_destroy_error_data(&data);
  return made;
}

void RowWriter::begin_chunk() {
  duckdb_data_chunk_reset(chunk_);
  row_ = 0;
  vectors_.clear();
  data_.clear();
  validity_.clear();
  for (idx_t i = 0; i < all_columns().size(); ++i) {
    duckdb_vector vector = duckdb_data_chunk_get_vector(chunk_, i);
    duckdb_vector_ensure_validity_writable(vector);
    vectors_.push_back(vector);
    data_.push_back(duckdb_vector_get_data(vector));
    validity_.push_back(duckdb_vector_get_validity(vector));
  }
}

Status RowWriter::add(const EventView& event, std::uint32_t epoch) {
  put(event, epoch);
  return ++row_ == rows_max_ ? write_chunk() : Status{};
}

Status RowWriter::write_chunk() {
  duckdb_data_chunk_set_size(chunk_, row_);
  const bool taken = duckdb_append_data_chunk(appender_, chunk_) == DuckDBSuccess;
  begin_chunk();
  return taken ? Status{} : fail(error());
}

Status RowWriter::flush() {
  if (row_ != 0) {
    if (Status written = write_chunk(); !written) return written;
  }
  return duckdb_appender_flush(appender_) == DuckDBSuccess ? Status{} : fail(error());
}

template <class T>
void RowWriter::put_number(std::size_t column, T value) {
  static_cast<T*>(data_[column])[row_] = value;
}

void RowWriter::put_null(std::size_t column) {
  duckdb_validity_set_row_invalid(validity_[column], row_);
}

void RowWriter::put_text(std::size_t column, std::string_view value) {
  if (value.empty()) return put_null(column);
  if (!is_ascii(value)) {
    mended_ = valid_utf8(value);
    value = mended_;
  }
  duckdb_vector_assign_string_element_len(vectors_[column], row_, value.data(), value.size());
}

void RowWriter::put(const EventView& event, std::uint32_t epoch) {
  put_number(at(ColumnAt::epoch), epoch);
  put_number(at(ColumnAt::sequence), event.sequence());
  put_number(at(ColumnAt::at), event.at_us());
  put_text(at(ColumnAt::kind), to_text(event.kind()));
  if (is_request(event.kind())) {
    put_request(event);
  } else {
    for (std::size_t i = at(ColumnAt::start); i < at(ColumnAt::subjects); ++i) put_null(i);
    if (event.count() != 0) {
      duckdb_validity_set_row_valid(validity_[at(ColumnAt::count)], row_);
      put_number(at(ColumnAt::count), event.count());
    }
  }
  put_client(event);
  std::string subjects;
  for (std::size_t i = 0; i < event.subjects(); ++i) {
    const Subject one = event.subject(i);
    subjects += static_cast<char>(one.kind);
    subjects.append(reinterpret_cast<const char*>(&one.hash.low), 8);
    subjects.append(reinterpret_cast<const char*>(&one.hash.high), 8);
  }
  if (subjects.empty()) {
    put_null(at(ColumnAt::subjects));
  } else {
    duckdb_vector_assign_string_element_len(vectors_[at(ColumnAt::subjects)], row_, subjects.data(),
                                            subjects.size());
  }
  for (std::size_t i = kColumnsBeforeTexts; i < all_columns().size(); ++i) {
    put_text(i, event.text(all_columns()[i].text));
  }
}

void RowWriter::put_request(const EventView& event) {
  put_number(at(ColumnAt::start), event.start_us());
  const RequestId id = event.id();
  put_number(at(ColumnAt::id), duckdb_uhugeint{id.low, id.high});
  put_number(at(ColumnAt::duration_us), event.duration_us());
  put_number(at(ColumnAt::upstream_us), event.upstream_us());
  put_number(at(ColumnAt::request_bytes), event.request_bytes());
  put_number(at(ColumnAt::response_bytes), event.response_bytes());
  put_null(at(ColumnAt::count));
  put_number(at(ColumnAt::worker), event.worker());
  put_number(at(ColumnAt::port), event.port());
  put_number(at(ColumnAt::status), event.status());
  if (event.status() == 0) put_null(at(ColumnAt::status));
  put_number(at(ColumnAt::attempts), event.attempts());
  put_text(at(ColumnAt::outcome), to_text(event.outcome()));
  put_text(at(ColumnAt::fault),
           event.fault() == EventFault::none ? std::string_view{} : to_text(event.fault()));
  put_number(at(ColumnAt::truncated), event.truncated());
  put_number(at(ColumnAt::decided), event.by_verdict());
  put_number(at(ColumnAt::verified), event.verified());
  const bool tried = event.sign_in() != EventSignIn::none;
  put_text(at(ColumnAt::sign_in), tried ? to_text(event.sign_in()) : std::string_view{});
  const bool judged = !event.text(EventText::verdict_level).empty();
  put_text(at(ColumnAt::done), judged ? to_text(event.done()) : std::string_view{});
  put_text(at(ColumnAt::would), judged ? to_text(event.would()) : std::string_view{});
}

void RowWriter::put_client(const EventView& event) {
  const std::string_view peer = event.text(EventText::client);
  put_text(at(ColumnAt::source_ip), peer);
  put_text(at(ColumnAt::client_ip), event.client());
}

}  // namespace gatehouse
