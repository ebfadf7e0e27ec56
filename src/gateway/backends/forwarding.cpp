#include "gateway/backends/forwarding.h"

#include <algorithm>

#include "gateway/forward_fields.h"

namespace gatehouse {
namespace {

// How long a client that asked first waits for the upstream's word on its content (RFC 9110
// §10.1.1).
constexpr std::chrono::seconds kContinueTime{1};

// Another HTTP inside a tunnel would be requests that nobody looks at (h2c, TLS/1.0, HTTP/2.0).
bool may_tunnel(std::string_view upgrade) {
  while (!upgrade.empty()) {
    const std::size_t end = std::min(upgrade.find(','), upgrade.size());
    std::string_view member = upgrade.substr(0, end);
    upgrade.remove_prefix(std::min(end + 1, upgrade.size()));
    member.remove_prefix(std::min(member.find_first_not_of(" \t"), member.size()));
    for (const std::string_view other : {"h2", "http", "tls"}) {
      if (equals_ignoring_case(member.substr(0, other.size()), other)) return false;
    }
  }
  return true;
}

}  // namespace

Forwarding::Forwarding(Exchange& exchange, const HttpBackend& backend)
    : exchange_(exchange),
      backend_(backend),
      upstream_(*exchange.snapshot().upstreams[backend.upstream()]),
      head_(exchange.arena()),
      upload_done_(exchange.parts().loop),
      may_upload_(exchange.parts().loop),
      continue_timer_(exchange.parts().loop.timers(), &Forwarding::on_no_continue, this) {
  exchange_.on_abort_tell(this);
  if (exchange_.client_gone()) stopped_ = StreamError::closed;
  if (exchange_.out_of_time()) stopped_ = StreamError::timed_out_total;
}

Forwarding::~Forwarding() { exchange_.on_abort_tell(nullptr); }

Task<void> Forwarding::run() {
  const RequestHead& request = exchange_.request();
  head_.method = request.method;
  head_.method_text = request.method_text;
  head_.scheme = request.scheme;
  head_.authority = request.authority;
  head_.has_query = request.has_query;
  head_.content_length = request.content_length;
  head_.framing = request.framing;
  head_.accepts_trailers = request.accepts_trailers;
  if (may_tunnel(request.upgrade)) head_.upgrade = request.upgrade;
  has_body_ = request.framing != Framing::none;
  if (!forward_fields(exchange_, head_.fields) ||
      !backend_.rewrite(exchange_.path(), exchange_.match().captures(), request.query, head_,
                        exchange_.arena())) {
    Task<void> refusing = exchange_.refuse(GateError::bad_path_encoding,
                                           "a captured part can't stand in the upstream's address");
    co_await refusing;
    co_return;
  }
  Exchange::Facts& facts = exchange_.facts();
  facts.upstream = upstream_.spec().name;
  if (upstream_.spec().total_time.count() != 0) exchange_.limit_time(upstream_.spec().total_time);
  facts.upstream_began = std::chrono::steady_clock::now();
  Try result = Try::again;
  for (int tries = 0; result == Try::again && tries < 2; ++tries) {
    Task<Try> trying = attempt(tries != 0);
    result = co_await trying;
  }
  facts.upstream_time = std::chrono::steady_clock::now() - facts.upstream_began;
}

// One stream, from its opening to its release.
Task<Forwarding::Try> Forwarding::attempt(bool fresh) {
  Exchange::Facts& facts = exchange_.facts();
  ++facts.attempts;
  Task<Upstream::Opened> opening =
      upstream_.open_stream(exchange_.arena(), head_.method, fresh, facts.target);
  const Upstream::Opened opened = co_await opening;
  facts.target = opened.target;
  if (opened.stream == nullptr) {
    // Nothing was sent to anybody: another target may do.
    const bool unreached = opened.error == StreamError::connect_failed ||
                           opened.error == StreamError::connect_timed_out;
    if (unreached && upstream_.spec().retry && facts.attempts == 1 &&
        stopped_ == StreamError::none) {
      co_return Try::again;
    }
    Task<void> failing = fail(opened.error, StreamSide::upstream_head);
    co_await failing;
    co_return Try::over;
  }
  stream_ = opened.stream;
  Try result = Try::over;
  if (stopped_ == StreamError::none) {
    stream_->send_head(head_, !has_body_);
    if (has_body_) {
      uploading_ = true;
      upload_error_ = StreamError::none;
      if (exchange_.request().expect_continue) {
        stream_->sink().flush();  // the head alone is the question
        continue_timer_.arm_in(kContinueTime);
      } else {
        may_upload_.set();
      }
      start(upload());
    }
    Task<Try> answering = await_answer();
    result = co_await answering;
  } else {
    stream_->abort(StreamError::aborted);
    Task<void> failing = fail(stopped_, StreamSide::client);
    co_await failing;
  }
  Task<void> stopping = stop_upload();
  co_await stopping;
  stream_->release();
  stream_ = nullptr;
  co_return result;
}

Task<Forwarding::Try> Forwarding::await_answer() {
  for (;;) {
    ResponseHead answer(exchange_.arena());
    Task<bool> reading = stream_->read_head(answer);
    const bool read = co_await reading;
    if (!read) {
      const StreamError error = stream_->error();
      if (may_retry(error)) co_return Try::again;
      Task<void> failing = fail(error, StreamSide::upstream_head);
      co_await failing;
      co_return Try::over;
    }
    if (answer.status >= 200 || answer.status == 101) {
      continue_timer_.disarm();
      Task<void> relaying = relay(answer);
      co_await relaying;
      co_return Try::answered;
    }
    remove_hop_by_hop(answer.fields);
    const bool said = answer.status == 100 && continued_;  // by us, when it took its time
    if (!said) exchange_.stream().send_informational(answer);
    if (answer.status == 100) {
      continued_ = true;
      continue_timer_.disarm();
      may_upload_.set();
    }
  }
}

// Only on a reused connection that closed before a byte of the answer, and only where nothing was
// sent, or sending it again does no harm. A request with content is never sent twice: some of it
// may have left the reader.
bool Forwarding::may_retry(StreamError error) const {
  return upstream_.spec().retry && exchange_.facts().attempts == 1 &&
         stopped_ == StreamError::none && error == StreamError::closed && stream_->reused() &&
         !stream_->received_anything() && !has_body_ &&
         (!stream_->sent_anything() || is_idempotent(head_.method));
}

Task<void> Forwarding::relay(ResponseHead& head) {
  const bool end = head.framing == Framing::none ||
                   (head.framing == Framing::length && head.content_length == 0);
  remove_hop_by_hop(head.fields);
  tunnel_ = head.status == 101;
  exchange_.send_head(head, end);
  if (end) co_return;
  if (tunnel_ && !uploading_) {
    uploading_ = true;
    upload_done_.reset();  // of the request's content, which has gone before
    may_upload_.set();
    start(upload());
  }
  Task<void> relaying = relay_body(stream_->body(), exchange_.stream().sink());
  co_await relaying;
  if (tunnel_ && uploading_ && stream_->error() == StreamError::none &&
      exchange_.stream().sink().error() == StreamError::none) {
    Signal::Awaiter done = upload_done_.wait();  // the other direction may live on (half-close)
    co_await done;
  }
}

Task<void> Forwarding::relay_body(Body& from, Sink& to) {
  for (;;) {
    const std::string_view bytes = from.peek();
    if (!bytes.empty()) {
      const std::size_t taken = to.write(bytes);
      if (taken != 0) {
        from.consume(taken);
        continue;
      }
      Task<bool> draining = to.drained();
      const bool drained = co_await draining;
      if (drained) continue;
      exchange_.facts().outcome = EventOutcome::aborted;
      exchange_.facts().error = &row_of(gatehouse::from(to.error(), StreamSide::client));
      stream_->abort(StreamError::aborted);
      exchange_.break_off(to.error());
      co_return;
    }
    if (from.ended()) {
      to.finish(&from.trailers());
      co_return;
    }
    to.flush();
    Task<bool> waiting = from.more();
    const bool more = co_await waiting;
    if (more) continue;
    Task<void> failing = fail(from.error(), StreamSide::upstream_body);
    co_await failing;
    co_return;
  }
}

// The request's content; what goes wrong here is told to the coroutine that awaits the answer.
Task<void> Forwarding::upload() {
  Signal::Awaiter allowed = may_upload_.wait();
  co_await allowed;
  Body& from = exchange_.body();
  Sink& to = stream_->sink();
  while (!stop_) {
    const std::string_view bytes = from.peek();
    if (!bytes.empty()) {
      const std::size_t taken = to.write(bytes);
      if (taken != 0) {
        from.consume(taken);
        continue;
      }
      Task<bool> draining = to.drained();
      const bool drained = co_await draining;
      if (!drained) break;  // the upstream may have answered before it closed: the reader knows
      continue;
    }
    if (from.ended()) {
      FieldList trailers(exchange_.arena());
      for (const Field& field : from.trailers()) {
        if (!is_owned(field.name, exchange_.owned_fields())) (void)trailers.add(field);
      }
      to.finish(&trailers);
      Task<bool> flushing = to.drained();
      (void)co_await flushing;
      break;
    }
    if (from.error() == StreamError::none) {
      to.flush();
      Task<bool> waiting = from.more();
      const bool more = co_await waiting;
      if (more || stop_) continue;
    }
    upload_error_ = from.error();
    stream_->abort(StreamError::aborted);
    break;
  }
  uploading_ = false;
  upload_done_.set();
}

Task<void> Forwarding::stop_upload() {
  continue_timer_.disarm();
  if (!uploading_) co_return;
  stop_ = true;
  exchange_.stream().close_after();
  stream_->abort(StreamError::aborted);
  exchange_.body().cancel();
  may_upload_.set();
  Signal::Awaiter done = upload_done_.wait();
  co_await done;
}

Task<void> Forwarding::fail(StreamError error, StreamSide side) {
  if (upload_error_ != StreamError::none) {
    error = upload_error_;
    side = StreamSide::client;
  } else if (stopped_ == StreamError::timed_out_total) {
    error = stopped_;
    side = StreamSide::upstream_head;
  } else if (stopped_ != StreamError::none) {
    error = stopped_;
    side = StreamSide::client;
  }
  Task<void> refusing = exchange_.refuse(gatehouse::from(error, side));
  co_await refusing;
}

void Forwarding::on_abort(StreamError why) {
  if (stopped_ == StreamError::none) stopped_ = why;
  if (stream_ != nullptr) stream_->abort(StreamError::aborted);
  // A client that takes nothing of its answer would hold it for longer.
  if (why == StreamError::timed_out_total && exchange_.answered()) exchange_.stream().abort(why);
}

// The upstream says nothing about its wish: the client need not wait for ever.
void Forwarding::on_no_continue(void* self) {
  auto* const forwarding = static_cast<Forwarding*>(self);
  ResponseHead head(forwarding->exchange_.arena());
  head.status = 100;
  forwarding->exchange_.stream().send_informational(head);
  forwarding->continued_ = true;
  forwarding->may_upload_.set();
}

}  // namespace gatehouse
