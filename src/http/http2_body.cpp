#include "http/http2_body.h"

#include <cassert>
#include <cstring>
#include <utility>

#include "http/http2_stream.h"

namespace gatehouse {

Http2Body::Http2Body(Http2Stream& stream, Loop& loop, BufferPool& buffers,
                     const TransferLimits& limits, Arena& arena)
    : stream_(stream),
      loop_(loop),
      buffers_(buffers),
      limits_(limits),
      arrived_(loop),
      idle_(loop.timers(), &Http2Body::on_idle, this),
      trailers_(arena) {}

Http2Body::~Http2Body() { buffers_.give_back(std::move(buffer_)); }

void Http2Body::bound(std::uint64_t bytes_max) {
  bytes_max_ = bytes_max;
  if (bytes_max_ != 0 && received_ > bytes_max_) fail(StreamError::too_large);
}

void Http2Body::put(std::string_view bytes) {
  received_ += bytes.size();
  if (bytes_max_ != 0 && received_ > bytes_max_) fail(StreamError::too_large);
  if (error_ != StreamError::none || cancelled_) {
    stream_.give_credit(bytes.size());
    return;
  }
  if (bytes.empty()) return;
  if (buffer_ == nullptr) buffer_ = buffers_.take();
  if (BufferPool::kBufferBytes - end_ < bytes.size()) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  assert(BufferPool::kBufferBytes - end_ >= bytes.size());
  std::memcpy(buffer_.get() + end_, bytes.data(), bytes.size());
  end_ += bytes.size();
  pace_.moved(bytes.size());
  arrived_.set();
}

void Http2Body::finish() {
  if (error_ != StreamError::none) return;
  finished_ = true;
  arrived_.set();
}

void Http2Body::fail(StreamError why) {
  if (error_ != StreamError::none || ended()) return;
  error_ = why;
  forget_unread();
  arrived_.set();
}

void Http2Body::forget_unread() {
  const std::size_t unread = std::exchange(end_, 0) - std::exchange(begin_, 0);
  buffers_.give_back(std::move(buffer_));
  if (unread != 0) stream_.give_credit(unread);
}

void Http2Body::consume(std::size_t bytes) {
  assert(bytes <= end_ - begin_);
  begin_ += bytes;
  bytes_total_ += bytes;
  if (begin_ == end_) {
    begin_ = end_ = 0;
    buffers_.give_back(std::move(buffer_));
  }
  stream_.give_credit(bytes);
}

Task<bool> Http2Body::more() {
  for (;;) {
    if (begin_ != end_ || ended()) co_return true;
    if (error_ != StreamError::none || cancelled_) co_return false;
    arrived_.reset();
    pace_.begin_wait(loop_.now());
    idle_.arm_in(limits_.idle_time);
    Signal::Awaiter arrival = arrived_.wait();
    co_await arrival;
    idle_.disarm();
    pace_.end_wait(loop_.now());
    if (pace_.too_slow(limits_.rate_min, limits_.rate_grace)) fail(StreamError::too_slow);
  }
}

void Http2Body::cancel() {
  cancelled_ = true;
  forget_unread();
  arrived_.set();
}

void Http2Body::on_idle(void* self) {
  static_cast<Http2Body*>(self)->fail(StreamError::timed_out_idle);
}

}  // namespace gatehouse
