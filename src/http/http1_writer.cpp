#include "http/http1_writer.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "http/http1_write.h"

namespace gatehouse {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

}  // namespace

Http1Writer::Http1Writer(Connection& connection, const TransferLimits& limits)
    : connection_(connection),
      limits_(limits),
      idle_(connection.loop().timers(), &Http1Writer::on_idle, this) {}

void Http1Writer::start(std::string_view head, Framing framing, std::uint64_t length) {
  pending_ = head;
  kind_ = framing;
  left_ = framing == Framing::length ? length : 0;
  finished_ = framing == Framing::none;
  sent_anything_ = false;
  first_chunk_ = true;
  content_bytes_ = 0;
  pace_ = {};
}

std::size_t Http1Writer::write(std::string_view bytes) {
  if (error_ != StreamError::none || finished_ || bytes.empty()) return 0;
  switch (kind_) {
    case Framing::length:
      if (left_ == 0) {
        fail(StreamError::malformed);  // more than was promised
        return 0;
      }
      bytes =
          bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
      break;
    case Framing::chunked: {
      if (left_ == 0) {
        // The line before the chunk needs room behind what is pending, and only a head has that:
        // anything else must be gone first.
        if (!pending_.empty() && !first_chunk_) {
          (void)send({}, {});
          if (!pending_.empty()) return 0;
        }
        left_ = bytes.size();
        std::array<char, kChunkLineBytesMax> line;
        add_framing({line.data(), write_chunk_line(line, left_)});
        first_chunk_ = false;
      }
      bytes =
          bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
      break;
    }
    case Framing::none:
    case Framing::until_close:
    case Framing::stream:
    case Framing::tunnel:
      break;
  }
  const bool ends_chunk = kind_ == Framing::chunked && bytes.size() == left_;
  const std::size_t taken = send(bytes, ends_chunk ? kLineEnd : std::string_view{});
  content_bytes_ += taken;
  pace_.moved(taken);
  if (kind_ == Framing::length || kind_ == Framing::chunked) left_ -= taken;
  return taken;
}

void Http1Writer::add_framing(std::string_view framing) {
  if (pending_.empty()) {
    keep_pending(framing);
    return;
  }
  // Behind a head, in the room its storage keeps for this, or behind the end of the last chunk.
  assert(framing.size() <= kFramingBytes);
  std::memcpy(const_cast<char*>(pending_.data()) + pending_.size(), framing.data(), framing.size());
  pending_ = {pending_.data(), pending_.size() + framing.size()};
}

// What is pending, the content, and what ends it; returns how much of the content was sent. An end
// that did not go out with the last byte of content is pending then.
std::size_t Http1Writer::send(std::string_view content, std::string_view end) {
  if (error_ != StreamError::none) return 0;
  std::size_t content_sent = 0;
  while (!pending_.empty() || content_sent < content.size()) {
    const std::string_view rest = content.substr(content_sent);
    const IoResult io = connection_.write(pending_, rest, end);
    if (io.state != Io::done) {
      if (io.state == Io::failed) fail(StreamError::closed);
      blocked_on_ = io.state;
      return content_sent;
    }
    sent_anything_ = true;
    const std::size_t of_pending = std::min(io.bytes, pending_.size());
    const std::size_t of_content = std::min(io.bytes - of_pending, rest.size());
    const bool partial = io.bytes < pending_.size() + rest.size() + end.size();
    pending_.remove_prefix(of_pending);
    content_sent += of_content;
    if (pending_.empty() && of_content == rest.size()) {
      keep_pending(end.substr(io.bytes - of_pending - of_content));
      end = {};
    }
    if (partial && !connection_.tls()) {
      blocked_on_ = Io::would_write;
      return content_sent;
    }
  }
  return content_sent;
}

// In the writer itself: nothing else is pending.
void Http1Writer::keep_pending(std::string_view text) {
  text.copy(framing_.data(), text.size());
  pending_ = {framing_.data(), text.size()};
}

void Http1Writer::finish(const FieldList* trailers) {
  if (finished_ || error_ != StreamError::none) return;
  finished_ = true;
  if (kind_ == Framing::tunnel || kind_ == Framing::until_close) {
    if (pending_.empty()) connection_.shutdown_write();
    return;
  }
  if (kind_ == Framing::length && left_ != 0) {
    // The other side promised more than it gave: the reader must see a broken message, not a short
    // one.
    fail(StreamError::aborted);
    connection_.abort();
    return;
  }
  if (kind_ == Framing::chunked) {
    assert(left_ == 0);
    const std::string_view end = "0\r\n";
    if (trailers == nullptr || trailers->empty() || !add_trailers(end, *trailers)) {
      add_framing("0\r\n\r\n");
    }
  }
  (void)send({}, {});
}

// What is pending, the end and the trailers, in one piece of the arena that holds the trailers;
// false when it is full. Trailers are optional by definition (RFC 9110 §6.5.1), the end is not.
bool Http1Writer::add_trailers(std::string_view end, const FieldList& trailers) {
  std::size_t bound = pending_.size() + end.size() + 2;
  for (const Field& field : trailers) bound += field.name.size() + field.value.size() + 4;
  char* const place = trailers.arena().take(bound);
  if (place == nullptr) return false;
  std::size_t used = 0;
  for (const std::string_view part : {pending_, end}) {
    std::copy(part.begin(), part.end(), place + used);
    used += part.size();
  }
  used += write_field_lines({place + used, bound - used - 2}, trailers);
  place[used++] = '\r', place[used++] = '\n';
  pending_ = {place, used};
  return true;
}

Task<bool> Http1Writer::drained() {
  if (error_ != StreamError::none) co_return false;
  if (finished_) {
    Task<bool> flushing = flushed();
    const bool whole = co_await flushing;
    co_return whole;
  }
  if (blocked_on_ == Io::would_write && connection_.descriptor().ready(Direction::write)) {
    co_return true;
  }
  Task<bool> waiting = wait();
  const bool moved = co_await waiting;
  co_return moved;
}

Task<bool> Http1Writer::flushed() {
  for (;;) {
    (void)send({}, {});
    if (error_ != StreamError::none) co_return false;
    if (pending_.empty()) {
      if (finished_ && (kind_ == Framing::tunnel || kind_ == Framing::until_close)) {
        connection_.shutdown_write();
      }
      co_return true;
    }
    Task<bool> waiting = wait();
    const bool moved = co_await waiting;
    if (!moved) co_return false;
  }
}

Task<bool> Http1Writer::wait() {
  Loop& loop = connection_.loop();
  pace_.begin_wait(loop.now());
  idle_.arm_in(limits_.idle_time);
  Descriptor::Awaiter ready = connection_.until(blocked_on_);
  co_await ready;
  idle_.disarm();
  pace_.end_wait(loop.now());
  if (error_ == StreamError::none && connection_.descriptor().aborted()) fail(StreamError::aborted);
  if (error_ == StreamError::none && pace_.too_slow(limits_.rate_min, limits_.rate_grace))
    fail(StreamError::too_slow);
  co_return error_ == StreamError::none;
}

void Http1Writer::on_idle(void* self) {
  auto* const writer = static_cast<Http1Writer*>(self);
  writer->fail(StreamError::timed_out_idle);
  writer->connection_.abort();
}

}  // namespace gatehouse
