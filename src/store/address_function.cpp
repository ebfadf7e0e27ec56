#include "store/address_function.h"

#include <optional>
#include <string>
#include <string_view>

#include "base/ip_address.h"
#include "store/duck.h"

namespace gatehouse {
namespace {

class TextColumn {
 public:
  TextColumn(duckdb_data_chunk rows, idx_t column) {
    duckdb_vector vector = duckdb_data_chunk_get_vector(rows, column);
    texts_ = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector));
    validity_ = duckdb_vector_get_validity(vector);
  }
  std::optional<std::string_view> at(idx_t row) const {
    if (!duckdb_validity_row_is_valid(validity_, row)) return std::nullopt;
    return std::string_view(duckdb_string_t_data(&texts_[row]),
                            duckdb_string_t_length(texts_[row]));
  }

 private:
  duckdb_string_t* texts_;
  std::uint64_t* validity_;
};

// The network is a constant of the question nearly always, and then read once.
class Networks {
 public:
  const IpPrefix* read(std::string_view text) {
    if (!text_ || *text_ != text) {
      text_ = std::string(text);
      auto read = IpPrefix::parse(text);
      prefix_ = read ? std::optional(*read) : std::nullopt;
    }
    return prefix_ ? &*prefix_ : nullptr;
  }

 private:
  std::optional<std::string> text_;
  std::optional<IpPrefix> prefix_;
};

void in_network(duckdb_function_info, duckdb_data_chunk rows, duckdb_vector into) {
  const TextColumn addresses(rows, 0);
  const TextColumn networks(rows, 1);
  auto* const found = static_cast<bool*>(duckdb_vector_get_data(into));
  duckdb_vector_ensure_validity_writable(into);
  std::uint64_t* const validity = duckdb_vector_get_validity(into);
  Networks known;
  const idx_t count = duckdb_data_chunk_get_size(rows);
  for (idx_t row = 0; row < count; ++row) {
    const auto address_text = addresses.at(row);
    const auto network_text = networks.at(row);
    const auto address = address_text ? IpAddress::parse(*address_text) : std::nullopt;
    const IpPrefix* const network = network_text ? known.read(*network_text) : nullptr;
    found[row] = address && network != nullptr && network->contains(*address);
    if (!address || network == nullptr) duckdb_validity_set_row_invalid(validity, row);
  }
}

}  // namespace

Status add_address_function(duckdb_connection connection) {
  duckdb_scalar_function function = duckdb_create_scalar_function();
  duckdb_scalar_function_set_name(function, "in_network");
  duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
  duckdb_scalar_function_add_parameter(function, text);
  duckdb_scalar_function_add_parameter(function, text);
  duckdb_destroy_logical_type(&text);
  duckdb_logical_type truth = duckdb_create_logical_type(DUCKDB_TYPE_BOOLEAN);
  duckdb_scalar_function_set_return_type(function, truth);
  duckdb_destroy_logical_type(&truth);
  duckdb_scalar_function_set_function(function, in_network);
  const auto added = duckdb_register_scalar_function(connection, function);
  duckdb_destroy_scalar_function(&function);
  if (added != DuckDBSuccess) return fail(duck_error("the function `in_network` can't be added"));
  return {};
}

}  // namespace gatehouse
