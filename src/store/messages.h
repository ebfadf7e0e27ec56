// store/messages: what the gate's threads and the store say to each other, as bytes.
//
// Place    the only way to the store: today a queue between threads, in the same form a pipe to a
//          process of its own.
//
//   message := bytes:u32 kind:u8 id:u64 payload       bytes counts what follows it; little-endian
//   query   payload: JSON of store/query              gate → store
//   cancel  of the query with that id                 gate → store
//   rows    payload: lines of JSON                    store → gate, any number for a query
//   end     payload: the next page's cursor or empty  store → gate, closes a query
//   failed  payload: {"code","what","help"}           store → gate, closes a query
//   state   payload: JSON of StoreState               store → gate, unasked; id 0
//
// Errors   a length over kMessageBytesMax, one too small, or an unknown kind makes the stream
//          broken(): nothing more is read from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gatehouse {

enum class MessageKind : std::uint8_t {
  query = 1,
  cancel = 2,
  rows = 16,
  end = 17,
  failed = 18,
  state = 19,
};

struct StoreMessage {
  MessageKind kind = MessageKind::query;
  std::uint64_t id = 0;
  std::string payload;
  bool operator==(const StoreMessage&) const = default;
};

inline constexpr std::size_t kMessageHeadBytes = 13;
inline constexpr std::size_t kMessageBytesMax = 64 << 20;

std::string to_bytes(const StoreMessage& message);

// Gathers bytes as they come and gives whole messages.
class MessageReader {
 public:
  void add(std::string_view bytes);
  std::optional<StoreMessage> next();
  bool broken() const { return broken_; }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
  bool broken_ = false;
};

// How the store stands, as it says itself.
struct StoreState {
  bool is_open = false;
  std::uint64_t sequence = 0;   // the last record that it has looked at
  std::int64_t at_us = 0;       // and when that happened
  std::uint64_t committed = 0;  // the journal is needed only behind this record
  std::uint64_t rows = 0;       // taken since the start
  std::uint64_t failures = 0;   // of opening, taking or keeping to the limits
  std::uint64_t missed = 0;     // records that left the journal too early
  std::uint64_t removed = 0;    // rows, by age or size, since the start
  std::uint64_t bytes = 0;      // of the file
  std::uint64_t set_aside = 0;  // broken files
  std::uint64_t queries = 0;
  std::uint64_t queries_failed = 0;
  std::string fault;  // why it is not open or does not take; empty when all is well
  bool operator==(const StoreState&) const = default;
};
std::string to_json(const StoreState& state);
std::optional<StoreState> parse_state(std::string_view json);

std::string to_json(const Error& error);
Error parse_error(std::string_view json);

}  // namespace gatehouse
