#include "events/event.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

namespace gatehouse {
namespace {

static_assert(std::endian::native == std::endian::little, "records are little-endian");

constexpr std::uint16_t kTruncated = 1;
constexpr std::uint16_t kByVerdict = 2;
constexpr std::uint16_t kVerified = 4;
constexpr std::uint16_t kSignInOk = 8;
constexpr std::uint16_t kSignInFailed = 16;
constexpr std::size_t kFieldHead = 3;
constexpr std::uint8_t kSubjectsTag = 64;
constexpr std::size_t kSubjectBytes = 17;

// The fixed part, as it lies in memory and on disk.
struct Fixed {
  std::uint16_t bytes = 0;
  std::uint16_t fixed_bytes = kEventFixedBytes;
  std::uint8_t version = kEventVersion;
  std::uint8_t kind = 0;
  std::uint16_t flags = 0;
  std::uint64_t sequence = 0;
  std::int64_t at_us = 0;
  std::int64_t start_us = 0;
  std::uint64_t id_low = 0;
  std::uint64_t id_high = 0;
  std::uint64_t duration_us = 0;
  std::uint64_t upstream_us = 0;
  std::uint64_t request_bytes = 0;
  std::uint64_t response_bytes = 0;
  std::uint64_t count = 0;
  std::uint16_t worker = 0;
  std::uint16_t port = 0;
  std::uint16_t status = 0;
  std::uint8_t attempts = 0;
  std::uint8_t outcome = 0;
  std::uint8_t fault = 0;
  std::uint8_t done = 0;
  std::uint8_t would = 0;
  std::uint8_t pad[5] = {};
};
static_assert(sizeof(Fixed) == kEventFixedBytes);

// How much of a record each text may take.
constexpr std::array<std::uint16_t, kEventTexts> kShare = {
    0,     // no text has number 0
    64,    // client
    64,    // forwarded
    24,    // method
    8,     // scheme
    128,   // host
    144,   // route_pattern
    384,   // path
    112,   // query_names
    48,    // error_code
    64,    // api
    64,    // route
    64,    // upstream
    64,    // target
    8,     // http_version
    12,    // tls_version
    128,   // user_agent
    12,    // verdict_level
    112,   // verdict_reason
    64,    // name: of records without the texts above
    1024,  // detail
    96,    // user
    48,    // app
    12,    // proof
    32,    // credential
    64,    // sign_in_user
    256,   // about: of records without the texts of requests
    96     // by: of the same
};

constexpr bool is_of_requests(EventText text) {
  return text != EventText::name && text != EventText::detail && text != EventText::about &&
         text != EventText::by;
}

constexpr std::size_t request_bytes_max() {
  std::size_t sum = kEventFixedBytes + kFieldHead + kEventSubjectsMax * kSubjectBytes;
  for (std::size_t i = 1; i < kEventTexts; ++i) {
    if (is_of_requests(static_cast<EventText>(i))) sum += kFieldHead + kShare[i];
  }
  return sum;
}
static_assert(request_bytes_max() <= kEventBytesMax, "every text at its share must fit");

class Writer {
 public:
  explicit Writer(std::span<char> into) : first_(into.data()), at_(first_ + kEventFixedBytes) {
    assert(into.size() >= kEventBytesMax);
  }

  void text(EventText which, std::string_view value) {
    if (value.empty()) return;
    const std::size_t share = kShare[static_cast<std::size_t>(which)];
    if (value.size() > share) [[unlikely]]
      value = cut(value, share);
    head(static_cast<std::uint8_t>(which), value.size());
    std::memcpy(at_, value.data(), value.size());
    at_ += value.size();
  }

  void subjects(std::span<const Subject> all) {
    if (all.empty()) return;
    if (all.size() > kEventSubjectsMax) {
      all = all.first(kEventSubjectsMax);
      truncated_ = true;
    }
    head(kSubjectsTag, all.size() * kSubjectBytes);
    for (const Subject& one : all) {
      *at_ = static_cast<char>(one.kind);
      std::memcpy(at_ + 1, &one.hash.low, 8);
      std::memcpy(at_ + 9, &one.hash.high, 8);
      at_ += kSubjectBytes;
    }
  }

  std::size_t finish(Fixed& fixed) {
    const std::size_t bytes = static_cast<std::size_t>(at_ - first_);
    assert(bytes <= kEventBytesMax);
    fixed.bytes = static_cast<std::uint16_t>(bytes);
    if (truncated_) fixed.flags |= kTruncated;
    std::memcpy(first_, &fixed, sizeof fixed);
    return bytes;
  }

 private:
  void head(std::uint8_t tag, std::size_t bytes) {
    const auto length = static_cast<std::uint16_t>(bytes);
    *at_ = static_cast<char>(tag);
    std::memcpy(at_ + 1, &length, sizeof length);
    at_ += kFieldHead;
  }
  // Never inside a UTF-8 sequence.
  std::string_view cut(std::string_view value, std::size_t share) {
    truncated_ = true;
    std::size_t end = share;
    while (end > share - 3 && (static_cast<std::uint8_t>(value[end]) & 0xc0) == 0x80) --end;
    return value.substr(0, end);
  }

  char* const first_;
  char* at_;
  bool truncated_ = false;
};

EventAct act_of(std::uint8_t number) {
  return number < kEventActs ? static_cast<EventAct>(number) : EventAct::none;
}

template <class T>
T number_at(std::span<const char> record, std::size_t offset) {
  T value;
  std::memcpy(&value, record.data() + offset, sizeof value);
  return value;
}

}  // namespace

std::size_t encode(const RequestEvent& event, std::span<char> into) {
  Writer out(into);
  out.text(EventText::client, event.client);
  out.text(EventText::forwarded, event.forwarded);
  out.text(EventText::method, event.method);
  out.text(EventText::scheme, event.scheme);
  out.text(EventText::host, event.host);
  out.text(EventText::route_pattern, event.route_pattern);
  out.text(EventText::path, event.path);
  out.text(EventText::query_names, event.query_names);
  out.text(EventText::error_code, event.error_code);
  out.text(EventText::api, event.api);
  out.text(EventText::route, event.route);
  out.text(EventText::upstream, event.upstream);
  out.text(EventText::target, event.target);
  out.text(EventText::http_version, event.http_version);
  out.text(EventText::tls_version, event.tls_version);
  out.text(EventText::user_agent, event.user_agent);
  out.text(EventText::verdict_level, event.verdict_level);
  out.text(EventText::verdict_reason, event.verdict_reason);
  out.text(EventText::user, event.user);
  out.text(EventText::app, event.app);
  out.text(EventText::proof, event.proof);
  out.text(EventText::credential, event.credential);
  out.text(EventText::sign_in_user, event.sign_in_user);
  out.subjects(event.subjects);
  Fixed fixed;
  fixed.kind = static_cast<std::uint8_t>(event.kind);
  fixed.flags = static_cast<std::uint16_t>(
      (event.by_verdict ? kByVerdict : 0) | (event.verified ? kVerified : 0) |
      (event.sign_in == EventSignIn::ok ? kSignInOk : 0) |
      (event.sign_in == EventSignIn::failed ? kSignInFailed : 0));
  fixed.start_us = event.start_us;
  fixed.id_low = event.id.low;
  fixed.id_high = event.id.high;
  fixed.duration_us = event.duration_us;
  fixed.upstream_us = event.upstream_us;
  fixed.request_bytes = event.request_bytes;
  fixed.response_bytes = event.response_bytes;
  fixed.worker = event.worker;
  fixed.port = event.port;
  fixed.status = event.status;
  fixed.attempts = event.attempts;
  fixed.outcome = static_cast<std::uint8_t>(event.outcome);
  fixed.fault = static_cast<std::uint8_t>(event.fault);
  fixed.done = static_cast<std::uint8_t>(event.done);
  fixed.would = static_cast<std::uint8_t>(event.would);
  return out.finish(fixed);
}

std::size_t encode(const SystemEvent& event, std::span<char> into) {
  Writer out(into);
  out.text(EventText::name, event.name);
  out.text(EventText::detail, event.detail);
  out.text(EventText::about, event.about);
  out.text(EventText::by, event.by);
  out.subjects(event.subjects);
  Fixed fixed;
  fixed.kind = static_cast<std::uint8_t>(event.kind);
  fixed.count = event.count;
  return out.finish(fixed);
}

void stamp(std::span<char> record, std::uint64_t sequence, std::int64_t at_us) {
  assert(record.size() >= kEventFixedBytes);
  std::memcpy(record.data() + offsetof(Fixed, sequence), &sequence, sizeof sequence);
  std::memcpy(record.data() + offsetof(Fixed, at_us), &at_us, sizeof at_us);
}

std::optional<EventView> EventView::parse(std::span<const char> record) {
  if (record.size() < kEventFixedBytes || record.size() > kEventBytesMax) return std::nullopt;
  const auto fixed_bytes = number_at<std::uint16_t>(record, offsetof(Fixed, fixed_bytes));
  if (number_at<std::uint16_t>(record, 0) != record.size()) return std::nullopt;
  if (fixed_bytes < kEventFixedBytes || fixed_bytes > record.size()) return std::nullopt;
  EventView view;
  view.record_ = record;
  view.version_ = number_at<std::uint8_t>(record, offsetof(Fixed, version));
  const auto kind = number_at<std::uint8_t>(record, offsetof(Fixed, kind));
  view.kind_ = kind < kEventKinds ? static_cast<EventKind>(kind) : EventKind::none;
  if (!view.read_fields(fixed_bytes)) return std::nullopt;
  return view;
}

bool EventView::read_fields(std::size_t from) {
  for (std::size_t at = from; at != record_.size();) {
    if (record_.size() - at < kFieldHead) return false;
    const auto tag = number_at<std::uint8_t>(record_, at);
    const std::size_t bytes = number_at<std::uint16_t>(record_, at + 1);
    at += kFieldHead;
    if (record_.size() - at < bytes) return false;
    const std::string_view value{record_.data() + at, bytes};
    if (tag > 0 && tag < kEventTexts) texts_[tag] = value;
    if (tag == kSubjectsTag) {
      if (bytes % kSubjectBytes != 0) return false;
      subjects_ = value;
    }
    at += bytes;
  }
  return true;
}

std::uint64_t EventView::sequence() const {
  return number_at<std::uint64_t>(record_, offsetof(Fixed, sequence));
}
std::int64_t EventView::at_us() const {
  return number_at<std::int64_t>(record_, offsetof(Fixed, at_us));
}
std::int64_t EventView::start_us() const {
  return number_at<std::int64_t>(record_, offsetof(Fixed, start_us));
}
std::uint64_t EventView::duration_us() const {
  return number_at<std::uint64_t>(record_, offsetof(Fixed, duration_us));
}
std::uint64_t EventView::upstream_us() const {
  return number_at<std::uint64_t>(record_, offsetof(Fixed, upstream_us));
}
std::uint64_t EventView::request_bytes() const {
  return number_at<std::uint64_t>(record_, offsetof(Fixed, request_bytes));
}
std::uint64_t EventView::response_bytes() const {
  return number_at<std::uint64_t>(record_, offsetof(Fixed, response_bytes));
}
std::uint64_t EventView::count() const {
  return number_at<std::uint64_t>(record_, offsetof(Fixed, count));
}
std::uint16_t EventView::worker() const {
  return number_at<std::uint16_t>(record_, offsetof(Fixed, worker));
}
std::uint16_t EventView::port() const {
  return number_at<std::uint16_t>(record_, offsetof(Fixed, port));
}
std::uint16_t EventView::status() const {
  return number_at<std::uint16_t>(record_, offsetof(Fixed, status));
}
std::uint8_t EventView::attempts() const {
  return number_at<std::uint8_t>(record_, offsetof(Fixed, attempts));
}

bool EventView::truncated() const {
  return (number_at<std::uint16_t>(record_, offsetof(Fixed, flags)) & kTruncated) != 0;
}
bool EventView::by_verdict() const {
  return (number_at<std::uint16_t>(record_, offsetof(Fixed, flags)) & kByVerdict) != 0;
}
bool EventView::verified() const {
  return (number_at<std::uint16_t>(record_, offsetof(Fixed, flags)) & kVerified) != 0;
}
EventSignIn EventView::sign_in() const {
  const auto flags = number_at<std::uint16_t>(record_, offsetof(Fixed, flags));
  if ((flags & kSignInFailed) != 0) return EventSignIn::failed;
  return (flags & kSignInOk) != 0 ? EventSignIn::ok : EventSignIn::none;
}
RequestId EventView::id() const {
  return {.low = number_at<std::uint64_t>(record_, offsetof(Fixed, id_low)),
          .high = number_at<std::uint64_t>(record_, offsetof(Fixed, id_high))};
}
EventOutcome EventView::outcome() const {
  const auto value = number_at<std::uint8_t>(record_, offsetof(Fixed, outcome));
  return value > static_cast<std::uint8_t>(EventOutcome::malformed)
             ? EventOutcome::none
             : static_cast<EventOutcome>(value);
}
EventFault EventView::fault() const {
  const auto value = number_at<std::uint8_t>(record_, offsetof(Fixed, fault));
  return value > static_cast<std::uint8_t>(EventFault::gate) ? EventFault::none
                                                             : static_cast<EventFault>(value);
}

EventAct EventView::done() const {
  return act_of(number_at<std::uint8_t>(record_, offsetof(Fixed, done)));
}
EventAct EventView::would() const {
  return act_of(number_at<std::uint8_t>(record_, offsetof(Fixed, would)));
}

std::string_view EventView::client() const {
  const std::string_view told = text(EventText::forwarded);
  return told.empty() ? text(EventText::client) : told;
}

std::size_t EventView::subjects() const { return subjects_.size() / kSubjectBytes; }

Subject EventView::subject(std::size_t index) const {
  assert(index < subjects());
  const std::span<const char> at{subjects_.data() + index * kSubjectBytes, kSubjectBytes};
  const auto kind = number_at<std::uint8_t>(at, 0);
  return {
      .kind = kind > static_cast<std::uint8_t>(SubjectKind::account)
                  ? SubjectKind::none
                  : static_cast<SubjectKind>(kind),
      .hash = {.low = number_at<std::uint64_t>(at, 1), .high = number_at<std::uint64_t>(at, 9)}};
}

std::optional<StableHash> EventView::subject(SubjectKind kind) const {
  for (std::size_t i = 0; i < subjects(); ++i) {
    if (const Subject one = subject(i); one.kind == kind) return one.hash;
  }
  return std::nullopt;
}

std::string_view to_text(EventKind kind) {
  static constexpr std::array<std::string_view, kEventKinds> kTexts = {"none",
                                                                       "final",
                                                                       "open",
                                                                       "progress",
                                                                       "gap",
                                                                       "tick",
                                                                       "config",
                                                                       "content",
                                                                       "context",
                                                                       "threat",
                                                                       "feedback",
                                                                       "verdict_by_hand",
                                                                       "challenge_passed",
                                                                       "erasure"};
  const auto index = static_cast<std::size_t>(kind);
  return index < kEventKinds ? kTexts[index] : kTexts[0];
}

std::string_view to_text(EventOutcome outcome) {
  switch (outcome) {
    case EventOutcome::none:
      return "none";
    case EventOutcome::served:
      return "served";
    case EventOutcome::cached:
      return "cached";
    case EventOutcome::refused:
      return "refused";
    case EventOutcome::aborted:
      return "aborted";
    case EventOutcome::malformed:
      return "malformed";
  }
  return "none";
}

std::string_view to_text(EventFault fault) {
  switch (fault) {
    case EventFault::none:
      return "none";
    case EventFault::client:
      return "client";
    case EventFault::backend:
      return "backend";
    case EventFault::gate:
      return "gate";
  }
  return "none";
}

std::string_view to_text(EventSignIn sign_in) {
  switch (sign_in) {
    case EventSignIn::none:
      return "none";
    case EventSignIn::ok:
      return "ok";
    case EventSignIn::failed:
      return "failed";
  }
  return "none";
}

std::string_view to_text(EventAct act) {
  static constexpr std::array<std::string_view, kEventActs> kTexts = {
      "none", "mark", "slow", "challenge", "challenge_passed", "trap", "block"};
  const auto index = static_cast<std::size_t>(act);
  return index < kEventActs ? kTexts[index] : kTexts[0];
}

}  // namespace gatehouse
