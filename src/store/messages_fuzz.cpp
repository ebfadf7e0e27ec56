// store/messages_fuzz: any bytes as what the store and the gate say to each other.
//
// Strategy    the input is read whole and in two pieces; each payload also as the JSON of a query,
//             a state and an error.
// Invariants  never crashes; both ways give the same messages; a message written again has the
//             bytes that it came from; a query that is read passes its own checks.
#include <cstdlib>
#include <vector>

#include "store/messages.h"
#include "store/query.h"

namespace {

using gatehouse::MessageReader;
using gatehouse::StoreMessage;

void require(bool holds) {
  if (!holds) std::abort();
}

std::vector<StoreMessage> read(std::initializer_list<std::string_view> pieces) {
  MessageReader reader;
  std::vector<StoreMessage> all;
  for (const std::string_view piece : pieces) {
    reader.add(piece);
    while (auto message = reader.next()) all.push_back(*message);
  }
  return all;
}

void check_payload(std::string_view payload) {
  if (const auto query = gatehouse::parse_query(payload)) {
    require(gatehouse::check_query(*query).has_value());
    require(gatehouse::parse_query(gatehouse::to_json(*query)).has_value());
  }
  if (const auto state = gatehouse::parse_state(payload)) {
    require(gatehouse::parse_state(gatehouse::to_json(*state)).has_value());
  }
  (void)gatehouse::parse_error(payload);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::vector<StoreMessage> whole = read({bytes});
  require(whole == read({bytes.substr(0, size / 2), bytes.substr(size / 2)}));
  std::string again;
  for (const StoreMessage& message : whole) {
    again += to_bytes(message);
    check_payload(message.payload);
  }
  require(bytes.starts_with(again));
  check_payload(bytes);
  return 0;
}
