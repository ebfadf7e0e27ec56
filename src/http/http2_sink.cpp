#include "http/http2_sink.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "http/http1_write.h"
#include "http/http2_stream.h"

namespace gatehouse {

static_assert(Sink::kHighWaterBytes <= BufferPool::kBufferBytes, "one buffer holds what may wait");

Http2Sink::Http2Sink(Http2Stream& stream, Loop& loop, BufferPool& buffers,
                     const TransferLimits& limits, Arena& arena)
    : stream_(stream),
      loop_(loop),
      buffers_(buffers),
      limits_(limits),
      moved_(loop),
      idle_(loop.timers(), &Http2Sink::on_idle, this),
      trailers_(arena) {}

Http2Sink::~Http2Sink() { buffers_.give_back(std::move(buffer_)); }

void Http2Sink::open(Framing framing, std::uint64_t length) {
  bounded_ = framing == Framing::length;
  left_ = length;
  finished_ = false;
}

std::size_t Http2Sink::write(std::string_view bytes) {
  if (error_ != StreamError::none || finished_) return 0;
  if (bounded_) bytes = bytes.substr(0, std::min<std::uint64_t>(left_, bytes.size()));
  const std::size_t taken = std::min(bytes.size(), kHighWaterBytes - unsent());
  if (taken == 0) return 0;
  if (buffer_ == nullptr) buffer_ = buffers_.take();
  if (unsent() == 0) {
    pace_.begin_wait(loop_.now());
    idle_.arm_in(limits_.idle_time);
  }
  if (BufferPool::kBufferBytes - end_ < taken) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, unsent());
    end_ -= begin_;
    begin_ = 0;
  }
  std::memcpy(buffer_.get() + end_, bytes.data(), taken);
  end_ += taken;
  bytes_total_ += taken;
  if (bounded_) left_ -= taken;
  stream_.on_content();
  return taken;
}

void Http2Sink::take(std::span<char> into) {
  assert(into.size() <= unsent());
  std::memcpy(into.data(), buffer_.get() + begin_, into.size());
  begin_ += into.size();
  pace_.end_wait(loop_.now());
  pace_.moved(into.size());
  pace_.begin_wait(loop_.now());
  if (unsent() == 0) {
    begin_ = end_ = 0;
    buffers_.give_back(std::move(buffer_));
    idle_.disarm();
  } else {
    idle_.arm_in(limits_.idle_time);
  }
  moved_.set();
  if (pace_.too_slow(limits_.rate_min, limits_.rate_grace))
    stream_.break_off(StreamError::too_slow);
}

Task<bool> Http2Sink::drained() {
  for (;;) {
    if (error_ != StreamError::none) co_return false;
    if (finished_ ? unsent() == 0 : unsent() < kHighWaterBytes) co_return true;
    moved_.reset();
    Signal::Awaiter moving = moved_.wait();
    co_await moving;
  }
}

void Http2Sink::finish(const FieldList* trailers) {
  if (finished_ || error_ != StreamError::none) return;
  finished_ = true;
  if (bounded_ && left_ != 0) {
    // More was promised than came: the reader must see a broken message, not a short one.
    stream_.abort(StreamError::aborted);
    return;
  }
  Arena& arena = trailers_.arena();
  for (std::size_t i = 0; trailers != nullptr && i < trailers->size(); ++i) {
    const Field& field = trailers->begin()[i];
    if (!is_writable(field)) continue;
    const std::string_view name = arena.copy(field.name);
    const std::string_view value = field.value.empty() ? field.value : arena.copy(field.value);
    // Trailers are optional by definition (RFC 9110 §6.5).
    if (name.data() == nullptr || (!field.value.empty() && value.data() == nullptr)) break;
    if (!trailers_.add(field.id, name, value)) break;
  }
  stream_.on_content();
}

void Http2Sink::flush() { stream_.on_content(); }

void Http2Sink::fail(StreamError why) {
  if (error_ != StreamError::none) return;
  error_ = why;
  finished_ = true;
  begin_ = end_ = 0;
  buffers_.give_back(std::move(buffer_));
  idle_.disarm();
  moved_.set();
}

void Http2Sink::on_idle(void* self) {
  static_cast<Http2Sink*>(self)->stream_.break_off(StreamError::timed_out_idle);
}

}  // namespace gatehouse
