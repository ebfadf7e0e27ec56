#include "http/http1_reader.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace gatehouse {

Http1Reader::Http1Reader(Connection& connection, BufferPool& buffers, const TransferLimits& limits,
                         const HeadLimits& head_limits, HeadKind kind)
    : connection_(connection),
      buffers_(buffers),
      limits_(limits),
      head_limits_(head_limits),
      kind_(kind),
      idle_(connection.loop().timers(), &Http1Reader::on_idle, this),
      scanner_(kind, head_limits) {}

Http1Reader::~Http1Reader() { buffers_.give_back(std::move(buffer_)); }

Http1Reader::HeadStep Http1Reader::step_head(Arena& arena) {
  head_ = {};  // the last one's arena may be gone
  for (;;) {
    if (begin_ != end_) {
      const HeadScanner::Found found = scanner_.scan(in_hand());
      if (found.state == HeadScanner::State::malformed) {
        head_error_ = found.error;
        // What was read of it is shown to the event, as far as it goes.
        head_ = arena.copy(in_hand().substr(0, head_limits_.head_bytes_max));
        return HeadStep::malformed;
      }
      if (found.state == HeadScanner::State::complete) {
        head_ = arena.copy(in_hand().substr(found.begin, found.end - found.begin));
        if (head_.data() == nullptr) return HeadStep::arena_full;
        begin_ += found.end;
        scanner_ = HeadScanner(kind_, head_limits_);
        return HeadStep::complete;
      }
    }
    if (end_ - begin_ == BufferPool::kBufferBytes) {
      head_error_ = HeadError::head_too_large;  // empty lines before it took its last bytes
      return HeadStep::malformed;
    }
    const IoResult io = fill();
    switch (io.state) {
      case Io::done:
        break;
      case Io::would_read:
      case Io::would_write:
        release_if_empty();
        return HeadStep::need_more;
      case Io::ended:
        return begin_ == end_ ? HeadStep::ended : HeadStep::broken;
      case Io::failed:
        return HeadStep::broken;
    }
  }
}

void Http1Reader::start_body(Framing framing, std::uint64_t length, Arena& arena) {
  framing_ = framing;
  left_ = framing == Framing::length ? length : 0;
  ended_ = framing == Framing::none || (framing == Framing::length && length == 0);
  error_ = StreamError::none;
  cancelled_ = false;
  content_ = {};
  content_bytes_ = 0;
  body_bytes_max_ = 0;
  pace_ = {};
  trailers_.emplace(arena);
  if (framing == Framing::chunked) decoder_.emplace(arena, head_limits_);
  release_if_empty();
}

void Http1Reader::release_if_empty() {
  if (!is_empty()) return;
  buffers_.give_back(std::move(buffer_));
  begin_ = end_ = 0;
}

std::string_view Http1Reader::peek() {
  if (ended_ || error_ != StreamError::none) return {};
  const std::string_view content = content_in_hand();
  if (body_bytes_max_ != 0 && framing_ != Framing::tunnel &&
      content.size() > body_bytes_max_ - content_bytes_) {
    fail(StreamError::too_large);
    return {};
  }
  return content;
}

std::string_view Http1Reader::content_in_hand() {
  switch (framing_) {
    case Framing::length:
      return in_hand().substr(
          0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, end_ - begin_)));
    case Framing::chunked:
      if (content_.empty()) decode();
      return content_;
    case Framing::until_close:
    case Framing::tunnel:
      return in_hand();
    case Framing::none:
    case Framing::stream:
      return {};
  }
  return {};
}

void Http1Reader::consume(std::size_t bytes) {
  content_bytes_ += bytes;
  begin_ += bytes;
  if (framing_ == Framing::chunked) {
    assert(bytes <= content_.size());
    content_.remove_prefix(bytes);
    if (content_.empty()) decode();
  } else if (framing_ == Framing::length) {
    assert(bytes <= left_);
    left_ -= bytes;
    ended_ = left_ == 0;
  }
  if (ended_) release_if_empty();
}

// Passes framing until there is content, the end, or nothing left to look at.
void Http1Reader::decode() {
  while (begin_ != end_ && !ended_ && error_ == StreamError::none) {
    const ChunkStep step = decoder_->step(in_hand());
    begin_ += step.consumed;
    switch (step.state) {
      case ChunkStep::State::content:
        content_ = step.content;
        return;
      case ChunkStep::State::need_more:
        return;
      case ChunkStep::State::ended:
        ended_ = true;
        for (const Field& field : decoder_->trailers()) (void)trailers_->add(field);
        release_if_empty();
        return;
      case ChunkStep::State::malformed:
        fail(StreamError::malformed);
        return;
    }
  }
}

Task<bool> Http1Reader::more() {
  for (;;) {
    if (ended_ || !peek().empty()) co_return true;
    if (ended_) co_return true;  // peek() may have passed the last chunk
    if (error_ != StreamError::none || cancelled_) co_return false;
    const IoResult io = fill();
    if (io.state == Io::done) {
      pace_.moved(io.bytes);
      continue;
    }
    if (io.state == Io::ended || io.state == Io::failed) {
      if (io.state == Io::ended &&
          (framing_ == Framing::until_close || framing_ == Framing::tunnel)) {
        ended_ = true;
      } else {
        fail(StreamError::closed);
      }
      continue;
    }
    release_if_empty();
    Loop& loop = connection_.loop();
    pace_.begin_wait(loop.now());
    if (framing_ != Framing::tunnel) idle_.arm_in(limits_.idle_time);
    Descriptor::Awaiter ready = connection_.until(io.state);
    co_await ready;
    idle_.disarm();
    pace_.end_wait(loop.now());
    if (framing_ != Framing::tunnel && pace_.too_slow(limits_.rate_min, limits_.rate_grace)) {
      fail(StreamError::too_slow);
    }
  }
}

void Http1Reader::cancel() {
  cancelled_ = true;
  connection_.descriptor().nudge(Direction::read);
}

IoResult Http1Reader::fill() {
  if (buffer_ == nullptr) buffer_ = buffers_.take();
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ == BufferPool::kBufferBytes) {
    // Only what was not yet taken moves; a head longer than the buffer was refused before.
    assert(begin_ != 0);
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  const IoResult io = connection_.read({buffer_.get() + end_, BufferPool::kBufferBytes - end_});
  if (io.state == Io::done) end_ += io.bytes;
  blocked_on_ = io.state;
  return io;
}

void Http1Reader::on_idle(void* self) {
  auto* const reader = static_cast<Http1Reader*>(self);
  reader->fail(StreamError::timed_out_idle);
  reader->connection_.descriptor().nudge(Direction::read);
}

}  // namespace gatehouse
