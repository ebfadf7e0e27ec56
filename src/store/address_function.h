// store/address_function: in_network(address, network) for SQL, since DuckDB alone knows no
// networks.
//
// Place    Duck::open adds it to the database in memory; nothing of it is in the file.
// Means    what IpPrefix::contains means: an IPv4 address is in no IPv6 network. A text that is no
//          address or no network gives NULL.
#pragma once

#include <duckdb.h>

#include "base/error.h"

namespace gatehouse {

[[nodiscard]] Status add_address_function(duckdb_connection connection);

}  // namespace gatehouse
