#include "http/http1_client.h"

#include <algorithm>

#include "http/http1_write.h"

namespace gatehouse {
namespace {

// Whether the list of an Upgrade field names the protocol.
bool names_protocol(std::string_view list, std::string_view protocol) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    std::string_view member = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    while (member.starts_with(' ') || member.starts_with('\t')) member.remove_prefix(1);
    while (member.ends_with(' ') || member.ends_with('\t')) member.remove_suffix(1);
    if (!member.empty() && equals_ignoring_case(member, protocol)) return true;
  }
  return false;
}

}  // namespace

Http1Client::Http1Client(std::unique_ptr<Connection> connection, Owner& owner, BufferPool& buffers,
                         const Limits& limits)
    : connection_(std::move(connection)),
      owner_(owner),
      limits_(limits),
      reader_(*connection_, buffers, limits.transfer, limits.head, HeadKind::response),
      writer_(*connection_, limits.transfer),
      first_byte_(connection_->loop().timers(), &Http1Client::on_first_byte_late, this) {}

void Http1Client::rest() {
  arena_ = nullptr;
  connection_->descriptor().wait(Direction::read, *this);
}

void Http1Client::wake() { owner_.on_rest_broken(*this); }

bool Http1Client::begin(Arena& arena, Method method, bool reused) {
  connection_->descriptor().forget(Direction::read);
  // Readable while nothing was asked: an end, an error, or bytes that would pass for our answer.
  if (connection_->descriptor().ready(Direction::read) && reused) return false;
  arena_ = &arena;
  method_ = method;
  error_ = StreamError::none;
  reused_ = reused;
  received_ = final_head_ = late_ = false;
  upgrade_ = {};
  keep_alive_ = true;
  informational_ = 0;
  reader_.start_body(Framing::none, 0, arena);
  return true;
}

void Http1Client::send_head(const RequestHead& head, bool end) {
  upgrade_ = head.upgrade;
  if (!reused_ && connection_->may_read()) {
    // A new connection whose peer spoke first: that would pass for the answer.
    char unasked;
    const Io state = connection_->read({&unasked, 1}).state;
    if (state == Io::done) return abort(StreamError::malformed);
    if (state == Io::ended || state == Io::failed) return abort(StreamError::closed);
  }
  const Framing framing = end                               ? Framing::none
                          : head.framing == Framing::length ? Framing::length
                                                            : Framing::chunked;
  const std::string_view text =
      write_request_head(head, framing, head.content_length, *arena_, Http1Writer::kFramingBytes);
  if (text.empty()) {
    abort(StreamError::too_large);
    return;
  }
  writer_.start(text, framing, head.content_length);
  if (end) writer_.flush();
}

Task<bool> Http1Client::read_head(ResponseHead& head) {
  Task<bool> waiting = await_head();
  const bool arrived = co_await waiting;
  if (!arrived) co_return false;
  head.fields.clear();
  const HeadError parsed = parse_response_head(reader_.head(), limits_.head, method_, head);
  if (parsed == HeadError::head_too_large || parsed == HeadError::too_many_fields) {
    co_return fail(StreamError::too_large);
  }
  if (parsed != HeadError::none) co_return fail(StreamError::malformed);
  if (head.status < 200 && head.status != 101) {
    if (++informational_ > kInformationalMax) co_return fail(StreamError::malformed);
    co_return true;
  }
  // A change that nobody asked for, or while the request's content is still on its way.
  if (head.status == 101 && (!names_protocol(upgrade_, head.upgrade) || !writer_.finished())) {
    co_return fail(StreamError::malformed);
  }
  final_head_ = true;
  keep_alive_ = head.keep_alive && head.framing != Framing::until_close && head.status != 101;
  reader_.start_body(head.framing, head.content_length, *arena_);
  if (head.status == 101) writer_.start({}, Framing::tunnel, 0);
  co_return true;
}

// Waits until a whole head lies in the arena.
Task<bool> Http1Client::await_head() {
  using Step = Http1Reader::HeadStep;
  first_byte_.arm_in(limits_.first_byte_time);
  for (;;) {
    if (error_ != StreamError::none) break;
    const Step step = reader_.step_head(*arena_);
    received_ = received_ || !reader_.in_hand().empty() || step == Step::complete;
    if (step == Step::complete) {
      first_byte_.disarm();
      co_return true;
    }
    if (step == Step::need_more) {
      if (late_) {
        fail(StreamError::timed_out_idle);
        break;
      }
      Descriptor::Awaiter ready = connection_->until(reader_.blocked_on());
      co_await ready;
      continue;
    }
    fail(step == Step::malformed
             ? (reader_.head_error() == HeadError::head_too_large ? StreamError::too_large
                                                                  : StreamError::malformed)
         : step == Step::arena_full ? StreamError::too_large
                                    : StreamError::closed);
  }
  first_byte_.disarm();
  co_return false;
}

void Http1Client::on_first_byte_late(void* self) {
  auto* const client = static_cast<Http1Client*>(self);
  if (!client->writer_.finished()) {
    // The request is still going out; a slow client is no fault of the upstream's.
    client->first_byte_.arm_in(client->limits_.first_byte_time);
    return;
  }
  client->late_ = true;
  client->connection_->descriptor().nudge(Direction::read);
}

bool Http1Client::fail(StreamError why) {
  if (error_ == StreamError::none) error_ = why;
  return false;
}

StreamError Http1Client::error() const {
  if (error_ != StreamError::none) return error_;
  return reader_.error() != StreamError::none ? reader_.error() : writer_.error();
}

void Http1Client::abort(StreamError why) {
  fail(why);
  reader_.fail(why);
  writer_.fail(why);
  connection_->abort();
}

void Http1Client::release() {
  first_byte_.disarm();
  bool reusable = error_ == StreamError::none && final_head_ && keep_alive_ && writer_.finished() &&
                  writer_.is_flushed() && reader_.ended() && reader_.error() == StreamError::none &&
                  writer_.error() == StreamError::none && reader_.in_hand().empty() &&
                  !connection_->descriptor().peer_ended();
  if (reusable && connection_->may_read()) {
    // More may be there than was read: it must not, and only a call can tell.
    char unasked;
    reusable = connection_->read({&unasked, 1}).state == Io::would_read;
  }
  owner_.on_done(*this, reusable);
}

}  // namespace gatehouse
