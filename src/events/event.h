// events/event: one thing that happened, as bytes: what a worker writes and everybody else reads.
//
// Place    a worker fills a RequestEvent (views into the exchange's arena) and encode() copies it
//          into the worker's queue; the sequencer stamps it; journal, engine and store read it with
//          EventView. ECS names appear only in events/event_json.
// Full     a text longer than its share is cut at a character and the record says `truncated`; the
//          shares add up to kEventBytesMax, so a record always fits.
// Secrets  never a query's value, a header's value or a credential: query names, and keyed hashes.
//
//   record  := fixed field*                                    bytes in kEventFixedBytes .. 2048
//   fixed   := bytes:u16 fixed_bytes:u16 version:u8 kind:u8 flags:u16
//              sequence:u64 at_us:i64 start_us:i64 id_low:u64 id_high:u64 duration_us:u64
//              upstream_us:u64 request_bytes:u64 response_bytes:u64 count:u64
//              worker:u16 port:u16 status:u16 attempts:u8 outcome:u8 fault:u8 done:u8
//              would:u8 pad[5]
//   field   := tag:u8 bytes:u16 value[bytes]                   absent means empty; unknown: skipped
//   subject := kind:u8 low:u64 high:u64                        a field's value holds whole subjects
//   All numbers are little-endian. A later version may lengthen `fixed` and add tags; a reader
//   takes the part it knows.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/stable_hash.h"

namespace gatehouse {

inline constexpr std::size_t kEventBytesMax = 2048;
inline constexpr std::size_t kEventFixedBytes = 104;
inline constexpr std::uint8_t kEventVersion = 1;
inline constexpr std::size_t kEventSubjectsMax = 6;

// Everything that may change a score is a record. The numbers are on disk: never reused.
enum class EventKind : std::uint8_t {
  none = 0,
  final = 1,     // an exchange ended: exactly one each
  open = 2,      // an exchange has lasted 10 s
  progress = 3,  // … and goes on
  gap = 4,       // `count` records before this one are not in the journal
  tick = 5,      // a second of silence
  config = 6,    // `name` says which part, `detail` what is now so
  content = 7,
  context = 8,
  threat = 9,
  feedback = 10,
  verdict_by_hand = 11,
  challenge_passed = 12,
  erasure = 13,
};
inline constexpr std::size_t kEventKinds = 14;

enum class EventOutcome : std::uint8_t { none, served, cached, refused, aborted, malformed };
enum class EventFault : std::uint8_t { none, client, backend, gate };
// What became of a try to sign in, at the gate or at the backend; none: nobody tried.
enum class EventSignIn : std::uint8_t { none, ok, failed };

// What the gate does about a request because of a verdict. The numbers are on disk.
enum class EventAct : std::uint8_t { none, mark, slow, challenge, challenge_passed, trap, block };
inline constexpr std::size_t kEventActs = 7;

std::string_view to_text(EventKind kind);
std::string_view to_text(EventOutcome outcome);
std::string_view to_text(EventFault fault);
std::string_view to_text(EventSignIn sign_in);
std::string_view to_text(EventAct act);

struct Subject {
  SubjectKind kind = SubjectKind::none;
  StableHash hash;
  bool operator==(const Subject&) const = default;
};

struct RequestId {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(const RequestId&) const = default;
};

// The texts of a record; the numbers are on disk.
enum class EventText : std::uint8_t {
  client = 1,     // the peer's address, as text
  forwarded = 2,  // the client's address as a believed proxy told it
  method = 3,
  scheme = 4,
  host = 5,
  route_pattern = 6,  // "/orders/{id}"
  path = 7,           // canonical
  query_names = 8,    // "page,sort"
  error_code = 9,     // the gate's stable code, or empty
  api = 10,
  route = 11,
  upstream = 12,
  target = 13,
  http_version = 14,
  tls_version = 15,
  user_agent = 16,
  verdict_level = 17,  // of the verdict that applied, or empty
  verdict_reason = 18,
  name = 19,          // of records that are not requests
  detail = 20,        // of records that are not requests
  user = 21,          // whom the proof names
  app = 22,           // the calling application
  proof = 23,         // kind of the policy that found them: "jwt"
  credential = 24,    // 32 hex digits: the keyed digest of what was shown
  sign_in_user = 25,  // as whom somebody tried to sign in; nobody has proved it
  about = 26,         // whom a person's record is about: "address:192.0.2.7"
  by = 27,            // the person, or the token that was shown
};
inline constexpr std::size_t kEventTexts = 28;

// What a worker fills for final, open and progress. The views live until encode() returns.
struct RequestEvent {
  EventKind kind = EventKind::final;
  EventOutcome outcome = EventOutcome::none;
  EventFault fault = EventFault::none;
  bool by_verdict = false;          // the gate gave this answer because of a verdict
  EventAct done = EventAct::none;   // because of a verdict
  EventAct would = EventAct::none;  // what enforcing would have done in place of that
  RequestId id = {};
  std::int64_t start_us = 0;  // wall clock at the request's first byte, µs since 1970
  std::uint64_t duration_us = 0;
  std::uint64_t upstream_us = 0;
  std::uint64_t request_bytes = 0;
  std::uint64_t response_bytes = 0;
  std::uint16_t worker = 0;
  std::uint16_t port = 0;  // the listener's
  std::uint16_t status = 0;
  std::uint8_t attempts = 0;
  std::string_view client = {}, forwarded = {};
  std::string_view method = {}, scheme = {}, host = {};
  std::string_view route_pattern = {}, path = {}, query_names = {};
  std::string_view error_code = {};
  std::string_view api = {}, route = {}, upstream = {}, target = {};
  std::string_view http_version = {}, tls_version = {}, user_agent = {};
  std::string_view verdict_level = {}, verdict_reason = {};
  std::string_view user = {}, app = {}, proof = {}, credential = {};
  bool verified = false;  // the proof was checked and holds; only then user and app are told
  std::string_view sign_in_user = {};
  EventSignIn sign_in = EventSignIn::none;
  std::span<const Subject> subjects =
      {};  // the first kEventSubjectsMax; the client's address first, then who was verified
};

// Every other kind: gap, tick, config, verdict_by_hand, …
struct SystemEvent {
  EventKind kind = EventKind::tick;
  std::uint64_t count = 0;
  std::string_view name = {};
  std::string_view detail = {};
  std::string_view about = {};
  std::string_view by = {};
  std::span<const Subject> subjects = {};
};

// Bytes written; `into` must have kEventBytesMax bytes. Allocates nothing.
std::size_t encode(const RequestEvent& event, std::span<char> into);
std::size_t encode(const SystemEvent& event, std::span<char> into);

// The sequencer's stamp on an encoded record.
void stamp(std::span<char> record, std::uint64_t sequence, std::int64_t at_us);

// A record read in place: the views live as long as the bytes do.
class EventView {
 public:
  // Nothing when the bytes are not one whole record, whatever else they are.
  static std::optional<EventView> parse(std::span<const char> record);

  EventKind kind() const { return kind_; }
  std::uint8_t version() const { return version_; }
  bool truncated() const;
  bool by_verdict() const;
  bool verified() const;
  std::uint64_t sequence() const;
  std::int64_t at_us() const;  // event time: given by the sequencer, never goes back
  std::int64_t start_us() const;
  RequestId id() const;
  std::uint64_t duration_us() const;
  std::uint64_t upstream_us() const;
  std::uint64_t request_bytes() const;
  std::uint64_t response_bytes() const;
  std::uint64_t count() const;
  std::uint16_t worker() const;
  std::uint16_t port() const;
  std::uint16_t status() const;
  std::uint8_t attempts() const;
  EventOutcome outcome() const;  // none when the number is unknown
  EventFault fault() const;
  EventSignIn sign_in() const;
  EventAct done() const;
  EventAct would() const;
  std::string_view text(EventText which) const { return texts_[static_cast<std::size_t>(which)]; }
  // The address that counts as the client's: the forwarded one if one was believed.
  std::string_view client() const;
  std::size_t subjects() const;
  Subject subject(std::size_t index) const;
  // The first of that kind.
  std::optional<StableHash> subject(SubjectKind kind) const;
  std::span<const char> bytes() const { return record_; }

 private:
  bool read_fields(std::size_t from);

  std::span<const char> record_;
  EventKind kind_ = EventKind::none;
  std::uint8_t version_ = 0;
  std::string_view subjects_;
  std::array<std::string_view, kEventTexts> texts_{};
};

}  // namespace gatehouse
