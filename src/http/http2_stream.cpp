#include "http/http2_stream.h"

#include <nghttp2/nghttp2.h>

#include <charconv>
#include <utility>

#include "http/http1_write.h"
#include "http/http2_callbacks.h"
#include "http/http2_session.h"

namespace gatehouse {
namespace {

bool belongs_to_a_hop(FieldId id) {
  return id == FieldId::connection || id == FieldId::keep_alive ||
         id == FieldId::proxy_connection || id == FieldId::transfer_encoding ||
         id == FieldId::upgrade || id == FieldId::http2_settings || id == FieldId::te;
}

struct Digits {
  explicit Digits(std::uint64_t value) : end(std::to_chars(text, text + sizeof text, value).ptr) {}
  std::string_view view() const { return {text, static_cast<std::size_t>(end - text)}; }
  char text[24];
  char* end;
};

}  // namespace

Http2Stream::Http2Stream(Http2Session& session, std::int32_t id)
    : session_(session),
      id_(id),
      request_(arena_),
      head_(request_, session.limits().head),
      trailers_read_(arena_),
      body_(*this, session.loop(), session.buffers(), session.limits().transfer, arena_),
      sink_(*this, session.loop(), session.buffers(), session.limits().transfer, arena_),
      begin_(*this, &Http2Stream::begin),
      tell_(*this, &Http2Stream::tell) {
  request_.scheme = session.peer().tls ? "https" : "http";
}

const Peer& Http2Stream::peer() const { return session_.peer(); }

bool Http2Stream::certificate_covers(std::string_view host) const {
  return session_.connection().certificate_covers(host);
}

// --- Reading

void Http2Stream::on_field(std::string_view name, std::string_view value) {
  head_.add(name, value);
}

void Http2Stream::on_trailer(std::string_view name, std::string_view value) {
  trailer_bytes_ += name.size() + value.size() + Http2HeadReader::kFieldOverheadBytes;
  const HeadLimits& limits = session_.limits().head;
  if (trailer_bytes_ > limits.head_bytes_max || trailers_read_.size() >= limits.fields_max) {
    body_.fail(StreamError::too_large);
    return;
  }
  Field field{arena_.copy(name), value.empty() ? value : arena_.copy(value), field_id(name)};
  const bool kept =
      field.name.data() != nullptr && (value.empty() || field.value.data() != nullptr);
  if (!kept || !trailers_read_.add(field)) body_.fail(StreamError::too_large);
}

void Http2Stream::on_head(bool end) {
  head_whole_ = true;
  error_ = head_.finish(end);
  ends_by_reset_ = status_of(error_) == 400;
  if (end) body_.finish();
  begin_.defer(session_.loop());
}

void Http2Stream::on_malformed(HeadError error) {
  if (head_whole_) {
    body_.fail(StreamError::malformed);
    return;
  }
  head_.refuse(error);
  on_head(true);
  if (error_ == HeadError::none) error_ = HeadError::start_line;
  ends_by_reset_ = true;
}

void Http2Stream::on_body_end() {
  if (!trailers_read_.empty() &&
      !read_http2_trailers(trailers_read_, session_.limits().head, body_.trailers_in())) {
    body_.fail(StreamError::malformed);
    break_off(StreamError::malformed);
    return;
  }
  body_.finish();
}

void Http2Stream::on_closed(bool error) {
  if (closed_) return;
  closed_ = true;
  if (!head_whole_) served_ = true;  // nobody was told of it
  const StreamError why = peer_reset_ ? StreamError::closed : StreamError::malformed;
  if (!end_sent_) {
    fail(why);
  } else if (error || !body_.finished()) {
    body_.fail(peer_reset_ ? StreamError::closed : StreamError::aborted);
  }
  if (over()) session_.bury(*this);
}

void Http2Stream::begin() { start(serve()); }

Task<void> Http2Stream::serve() {
  Task<void> handling = session_.handler().serve(*this, error_);
  co_await handling;
  listener_ = nullptr;
  const bool whole = answered_ && sink_.finished() && sink_.error() == StreamError::none;
  if (!whole && !closed_) abort(StreamError::aborted);
  body_.cancel();
  served_ = true;
  if (over()) session_.bury(*this);
}

// --- Breaking

void Http2Stream::fail(StreamError why) {
  if (broken_ != StreamError::none) return;
  broken_ = why;
  body_.fail(why);
  sink_.fail(why);
  if (listener_ != nullptr) tell_.defer(session_.loop());
}

void Http2Stream::break_off(StreamError why) {
  if (broken_ != StreamError::none) return;
  fail(why);
  session_.reset(*this, why);
}

void Http2Stream::abort(StreamError why) {
  listener_ = nullptr;
  break_off(why);
}

void Http2Stream::listen(AbortListener* listener) {
  listener_ = listener;
  if (listener != nullptr && broken_ != StreamError::none) tell_.defer(session_.loop());
}

void Http2Stream::tell() {
  AbortListener* const listener = std::exchange(listener_, nullptr);
  if (listener != nullptr) listener->on_abort(broken_);
}

void Http2Stream::give_credit(std::size_t bytes) { session_.give_credit(id_, bytes); }

// --- Writing

bool Http2Stream::may_answer() const {
  return !answered_ && broken_ == StreamError::none && !closed_ && session_.open();
}

void Http2Stream::on_content() {
  if (broken_ != StreamError::none || closed_ || !session_.open()) return;
  if (content_deferred_ && (sink_.unsent() != 0 || sink_.finished())) {
    content_deferred_ = false;
    (void)nghttp2_session_resume_data(session_.codec(), id_);
  }
  session_.schedule_send();
}

void Http2Stream::send_informational(const ResponseHead& head) {
  if (!may_answer() || head.status < 100 || head.status > 199 || head.status == 101) return;
  FieldList lines(arena_);
  const Digits status(head.status);
  bool fits = lines.add(FieldId::other, ":status", status.view());
  for (const Field& field : head.fields) {
    if (field.id == FieldId::content_length || belongs_to_a_hop(field.id)) continue;
    if (is_writable(field)) fits = fits && lines.add(field);
  }
  if (fits) (void)submit_http2_informational(session_.codec(), id_, lines);
  session_.schedule_send();
}

void Http2Stream::send_head(const ResponseHead& head, bool end) {
  if (!may_answer()) return;
  answered_ = true;
  FieldList lines(arena_);
  const Digits status(head.status);
  const Digits length(head.content_length);
  const bool promised = !end && head.framing == Framing::length;
  // 101 belongs to HTTP/1 (RFC 9113 §8.6).
  bool fits = head.status >= 200 && head.status <= 599;
  fits = fits && lines.add(FieldId::other, ":status", status.view());
  if (promised) fits = fits && lines.add(FieldId::content_length, "content-length", length.view());
  bool has_length = promised || head.status == 204;
  for (const Field& field : head.fields) {
    if (belongs_to_a_hop(field.id) || !is_writable(field)) continue;
    if (field.id == FieldId::content_length) {
      // Of a message without content it says what a GET would have brought.
      std::uint64_t ignored = 0;
      if (!end || has_length || !parse_content_length(field.value, ignored)) continue;
      has_length = true;
    }
    fits = fits && lines.add(field);
  }
  if (end && !has_length && head.framing == Framing::length) {
    fits = fits && lines.add(FieldId::content_length, "content-length", length.view());
  }
  if (!end) sink_.open(head.framing, head.content_length);
  const bool content = !end || ends_by_reset_;
  if (!fits || submit_http2_response(session_.codec(), *this, lines, content) != 0) {
    abort(StreamError::aborted);
  }
  session_.schedule_send();
}

}  // namespace gatehouse
