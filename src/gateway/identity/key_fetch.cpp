#include "gateway/identity/key_fetch.h"

#include <charconv>

#include "gateway/identity/key_set.h"

namespace gatehouse {
namespace {

UpstreamSpec spec_of(const KeyPlace& place, std::shared_ptr<const TlsClient> tls,
                     std::chrono::milliseconds timeout) {
  UpstreamSpec spec;
  spec.name = "keys " + place.shown();
  spec.endpoints.push_back({place.host, place.port});
  spec.tls = std::move(tls);
  spec.connect_time = timeout;
  spec.wait_time = timeout;
  spec.client.first_byte_time = timeout;
  spec.connections_max = 1;
  spec.waiters_max = 1;
  spec.keep_idle = 0;
  spec.eject.failures = 0;
  return spec;
}

// The max-age of a Cache-Control; an answer that may not be kept is as good as one of no age.
std::optional<std::chrono::milliseconds> max_age_of(const FieldList& fields) {
  std::optional<std::chrono::milliseconds> age;
  for (const Field& field : fields) {
    if (field.id != FieldId::cache_control) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      std::string_view part = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      part.remove_prefix(std::min(part.find_first_not_of(' '), part.size()));
      if (equals_ignoring_case(part, "no-store") || equals_ignoring_case(part, "no-cache")) {
        return std::chrono::milliseconds{0};
      }
      constexpr std::string_view kMaxAge = "max-age=";
      if (!equals_ignoring_case(part.substr(0, kMaxAge.size()), kMaxAge)) continue;
      std::uint32_t seconds = 0;
      const char* const last = part.data() + part.size();
      const auto read = std::from_chars(part.data() + kMaxAge.size(), last, seconds);
      if (read.ec == std::errc{}) age = std::chrono::seconds{seconds};
    }
  }
  return age;
}

}  // namespace

KeyFetch::KeyFetch(const Parts& parts, const KeyPlace& place, std::shared_ptr<const TlsClient> tls,
                   std::chrono::milliseconds timeout)
    : place_(place),
      timeout_(timeout),
      upstream_(parts.loop, parts.buffers, spec_of(place, std::move(tls), timeout), parts.health),
      timer_(
          parts.loop.timers(), [](void* self) { static_cast<KeyFetch*>(self)->on_late(); }, this) {}

Task<FetchedKeys> KeyFetch::fetch() {
  assert_home();
  FetchedKeys fetched;
  Arena arena;
  timer_.arm_in(timeout_);
  Task<Upstream::Opened> opening = upstream_.open_stream(arena, Method::get, true);
  const Upstream::Opened opened = co_await opening;
  if (opened.stream == nullptr) {
    fetched.failure = to_text(opened.error);
  } else {
    stream_ = opened.stream;
    Task<std::string> exchanging = exchange(arena, fetched);
    fetched.failure = co_await exchanging;
    if (!fetched.failure.empty()) stream_->abort(StreamError::aborted);
    stream_->release();
    stream_ = nullptr;
  }
  timer_.disarm();
  co_return fetched;
}

// What went wrong, or nothing.
Task<std::string> KeyFetch::exchange(Arena& arena, FetchedKeys& into) {
  RequestHead head(arena);
  head.method = Method::get;
  head.method_text = "GET";
  head.scheme = place_.tls ? "https" : "http";
  head.authority = place_.authority;
  head.target = place_.target;
  if (!head.fields.add(FieldId::accept, "Accept", "application/jwk-set+json, application/json") ||
      !head.fields.add(FieldId::accept_encoding, "Accept-Encoding", "identity") ||
      !head.fields.add(FieldId::user_agent, "User-Agent", "gatehouse")) {
    co_return "no memory";
  }
  stream_->send_head(head, true);
  ResponseHead answer(arena);
  do {
    answer.fields.clear();
    Task<bool> reading = stream_->read_head(answer);
    const bool is_read = co_await reading;
    if (!is_read) co_return std::string(to_text(stream_->error()));
  } while (answer.status < 200);
  if (answer.status != 200) co_return "answered " + std::to_string(answer.status);
  into.max_age = max_age_of(answer.fields);
  Body& body = stream_->body();
  while (!body.ended()) {
    const std::string_view bytes = body.peek();
    if (into.text.size() + bytes.size() > KeySet::kBytesMax) {
      co_return "the answer is larger than " + std::to_string(KeySet::kBytesMax) + " bytes";
    }
    if (!bytes.empty()) {
      into.text.append(bytes);
      body.consume(bytes.size());
      continue;
    }
    Task<bool> waiting = body.more();
    const bool is_more = co_await waiting;
    if (!is_more) co_return std::string(to_text(body.error()));
  }
  co_return std::string{};
}

void KeyFetch::on_late() {
  if (stream_ != nullptr) stream_->abort(StreamError::timed_out_total);
}

void KeyFetch::give_up() {
  upstream_.give_up();
  upstream_.retire();
  if (stream_ != nullptr) stream_->abort(StreamError::aborted);
}

}  // namespace gatehouse
