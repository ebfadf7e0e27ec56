#include "http/http1_session.h"

#include <algorithm>
#include <utility>

#include "http/http1_write.h"

namespace gatehouse {
namespace {

constexpr std::string_view kPrefaceHead = "PRI * HTTP/2.0\r\n\r\n";

}  // namespace

Http1Session::Http1Session(std::unique_ptr<Connection> connection, Peer peer,
                           const SessionContext& context)
    : context_(context),
      connection_(std::move(connection)),
      peer_(std::move(peer)),
      reader_(*connection_, context.buffers, context.limits.transfer, context.limits.head,
              HeadKind::request),
      writer_(*connection_, context.limits.transfer),
      deadline_(connection_->loop().timers(), &Http1Session::on_deadline, this),
      hang_up_(*this),
      linger_over_(connection_->loop()) {
  // The first request is due within head_time, as is every head once its first byte is there.
  deadline_.arm_in(context_.limits.head_time);
  connection_->loop().defer(*this);
}

void Http1Session::wake() {
  assert_home();
  if (phase_ != Phase::idle) return;
  phase_ = Phase::head;
  start(run());
}

void Http1Session::drain() {
  draining_ = true;
  keep_alive_ = false;
  if (phase_ == Phase::idle) abort();
}

void Http1Session::abort() {
  abort(StreamError::aborted);
  // Nobody runs for an idle connection: it finds out by being woken. Who serves may wait for the
  // upstream alone: it is told.
  hang_up_.wake();
}

Task<void> Http1Session::run() {
  Next next = Next::request;
  while (next == Next::request) {
    Task<Next> reading = read_request();
    next = co_await reading;
  }
  if (next == Next::close) close();
}

// Reads one head and serves it; says what is to be done with the connection then.
Task<Http1Session::Next> Http1Session::read_request() {
  using Step = Http1Reader::HeadStep;
  HeadError error = HeadError::none;
  bool begun = false;
  for (;;) {
    const Step step = timed_out_ ? Step::broken : reader_.step_head(arena_);
    if (step == Step::complete) break;
    if (step == Step::need_more) {
      if (reader_.is_empty()) co_return go_idle();
      if (!std::exchange(begun, true)) deadline_.arm_in(context_.limits.head_time);
      Descriptor::Awaiter ready = connection_->until(reader_.blocked_on());
      co_await ready;
      continue;
    }
    if (step == Step::malformed) {
      error = reader_.head_error();
      break;
    }
    if (step == Step::arena_full) {
      error = HeadError::head_too_large;
      break;
    }
    if (timed_out_ && !reader_.in_hand().empty()) {
      error = HeadError::timed_out;
      break;
    }
    co_return Next::close;
  }
  deadline_.disarm();
  request_.emplace(arena_);
  RequestHead& request = *request_;
  request.scheme = peer_.tls ? "https" : "http";
  if (error == HeadError::none && reader_.head() == kPrefaceHead && first_ && !peer_.tls &&
      context_.owner.takes_http2(peer_)) {
    hand_over();
    co_return Next::idle;
  }
  first_ = false;
  // Of a head that is not sound, as much as can be told is for the event.
  const std::string_view head =
      error == HeadError::timed_out ? arena_.copy(reader_.in_hand()) : reader_.head();
  const HeadError parsed = parse_request_head(head, context_.limits.head, request);
  if (error == HeadError::none) error = parsed;
  Task<Next> serving = serve(error);
  const Next next = co_await serving;
  co_return next;
}

Task<Http1Session::Next> Http1Session::serve(HeadError error) {
  phase_ = Phase::exchange;
  ++requests_;
  answered_ = false;
  keep_alive_ = error == HeadError::none && request_->keep_alive && !draining_;
  if (keep_alive_ && context_.limits.requests_max != 0 &&
      requests_ >= context_.limits.requests_max) {
    context_.reached(Limit::requests_per_connection);
    keep_alive_ = false;
  }
  reader_.start_body(error == HeadError::none ? request_->framing : Framing::none,
                     request_->content_length, arena_);
  Task<void> handling = context_.handler.serve(*this, error);
  co_await handling;
  listen(nullptr);

  Task<bool> flushing = writer_.flushed();
  bool whole = co_await flushing;
  whole = whole && answered_ && writer_.finished() && !connection_->descriptor().aborted();
  if (!whole) co_return Next::close;
  pass_rest();
  if (!keep_alive_ || !reader_.ended()) {
    Task<void> lingering = linger();
    co_await lingering;
    co_return Next::close;
  }
  request_.reset();
  arena_.reset();
  phase_ = Phase::head;
  co_return Next::request;
}

// Little content is left as a rule, and often already here; more is not worth a connection.
void Http1Session::pass_rest() {
  std::size_t passed = 0;
  while (keep_alive_ && reader_.error() == StreamError::none && !reader_.ended()) {
    const std::string_view rest = reader_.peek();
    if (rest.empty() || (passed += rest.size()) > context_.limits.linger_bytes) break;
    reader_.consume(rest.size());
  }
}

// RFC 9112 §9.6: closing with unread bytes in the socket would destroy the answer on its way.
Task<void> Http1Session::linger() {
  phase_ = Phase::lingering;
  timed_out_ = false;
  linger_over_.reset();
  connection_->shutdown_write();
  deadline_.arm_in(context_.limits.linger_time);
  std::size_t left = context_.limits.linger_bytes;
  while (left != 0 && !timed_out_) {
    BufferPool::Buffer buffer = context_.buffers.take();  // not held while it waits
    const IoResult io = connection_->read({buffer.get(), std::min(left, BufferPool::kBufferBytes)});
    context_.buffers.give_back(std::move(buffer));
    if (io.state == Io::done) {
      left -= io.bytes;
    } else if (io.state == Io::would_read || io.state == Io::would_write) {
      Descriptor::Awaiter ready = connection_->until(io.state);
      co_await ready;
    } else {
      break;
    }
  }
  // More than we care to read: the client gets its time to read the answer before the reset that
  // closing over unread bytes makes.
  if (left == 0 && !timed_out_ && !connection_->descriptor().peer_ended()) {
    connection_->descriptor().on_hang_up(&hang_up_);
    Signal::Awaiter over = linger_over_.wait();
    co_await over;
  }
}

Http1Session::Next Http1Session::go_idle() {
  if (draining_) return Next::close;
  phase_ = Phase::idle;
  arena_.release();
  if (!first_) deadline_.arm_in(context_.limits.idle_time);
  connection_->descriptor().wait(Direction::read, *this);
  return Next::idle;
}

void Http1Session::hand_over() {
  phase_ = Phase::closed;
  deadline_.disarm();
  std::string bytes(kPrefaceHead);
  bytes += reader_.in_hand();
  context_.owner.on_http2_preface(*this, std::move(connection_), std::move(bytes));
}

void Http1Session::close() {
  phase_ = Phase::closed;
  deadline_.disarm();
  context_.owner.on_closed(*this);
}

void Http1Session::on_deadline(void* self) {
  auto* const session = static_cast<Http1Session*>(self);
  session->timed_out_ = true;
  session->linger_over_.set();
  if (session->phase_ == Phase::idle) {
    session->context_.reached(session->first_ ? Limit::first_head_time : Limit::idle_time);
    session->abort();
  } else {
    session->connection_->descriptor().nudge(Direction::read);
  }
}

void Http1Session::HangUp::wake() {
  session_.linger_over_.set();
  if (AbortListener* const listener = std::exchange(session_.listener_, nullptr)) {
    listener->on_abort(StreamError::closed);
  }
}

void Http1Session::listen(AbortListener* listener) {
  listener_ = listener;
  connection_->descriptor().on_hang_up(listener == nullptr ? nullptr : &hang_up_);
}

void Http1Session::abort(StreamError why) {
  keep_alive_ = false;
  reader_.fail(why);
  writer_.fail(why);
  linger_over_.set();
  // An answer that would end with the connection must not seem to have ended.
  if (answered_ && !writer_.finished()) {
    connection_->reset();
  } else {
    connection_->abort();
  }
}

// The head, after what is still unsent of informational ones; empty when the arena is full.
std::string_view Http1Session::behind_pending(std::string_view head, std::size_t spare) {
  const std::string_view before = writer_.pending();
  if (before.empty()) return head;
  char* const place = arena_.take(before.size() + head.size() + spare);
  if (place == nullptr) return {};
  std::copy(head.begin(), head.end(), std::copy(before.begin(), before.end(), place));
  return {place, before.size() + head.size()};
}

void Http1Session::send_informational(const ResponseHead& head) {
  if (request_->version == Version::http10) return;  // RFC 9110 §15.2
  if (answered_) return;
  const std::string_view text =
      write_response_head(head, Framing::none, 0, {.no_content = true}, arena_, 0);
  if (text.empty()) return;
  const std::string_view all = behind_pending(text, 0);
  if (all.data() != nullptr) writer_.send_before(all);
}

void Http1Session::send_head(const ResponseHead& head, bool end) {
  answered_ = true;
  ResponseWriteOptions options;
  const bool old = request_->version == Version::http10;
  std::uint64_t length = 0;
  Framing framing = Framing::none;
  if (head.status == 101) {
    framing = Framing::tunnel;
    keep_alive_ = false;
    options.upgrade = request_->upgrade;
  } else if (end) {
    options.no_content = true;
    options.answers_head = request_->method == Method::head;
  } else if (head.framing == Framing::length) {
    framing = Framing::length;
    length = head.content_length;
  } else {
    framing = old ? Framing::until_close : Framing::chunked;
    if (old) keep_alive_ = false;
  }
  if (reader_.cancelled()) {
    pass_rest();
    if (!reader_.ended()) keep_alive_ = false;
  }
  if (!reader_.ended() && head.status != 101 && request_->expect_continue) keep_alive_ = false;
  if (reader_.error() != StreamError::none) keep_alive_ = false;  // what follows is no request
  options.close = !keep_alive_ && head.status != 101;
  options.keep_alive = keep_alive_ && old;
  const std::string_view own =
      write_response_head(head, framing, length, options, arena_, Http1Writer::kFramingBytes);
  const std::string_view text = behind_pending(own, Http1Writer::kFramingBytes);
  if (own.empty() || text.empty()) {
    abort(StreamError::too_large);
    return;
  }
  if (head.status == 101) reader_.start_body(Framing::tunnel, 0, arena_);
  writer_.start(text, framing, length);
}

}  // namespace gatehouse
