#include "http/http2_session.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "http/http2_callbacks.h"

namespace gatehouse {
namespace {

constexpr int kReadsMax = 4;  // before others have their turn

std::uint32_t code_of(StreamError why) {
  switch (why) {
    case StreamError::none:
      return NGHTTP2_NO_ERROR;
    case StreamError::malformed:
      return NGHTTP2_PROTOCOL_ERROR;
    case StreamError::closed:
    case StreamError::timed_out_idle:
    case StreamError::timed_out_total:
    case StreamError::too_slow:
      return NGHTTP2_CANCEL;
    case StreamError::too_large:
    case StreamError::connect_failed:
    case StreamError::connect_timed_out:
    case StreamError::tls_failed:
    case StreamError::name_unknown:
    case StreamError::no_capacity:
    case StreamError::aborted:
      break;
  }
  return NGHTTP2_INTERNAL_ERROR;
}

}  // namespace

Http2Session::Http2Session(std::unique_ptr<Connection> connection, std::string initial_bytes,
                           Peer peer, const SessionContext& context)
    : context_(context),
      connection_(std::move(connection)),
      initial_(std::move(initial_bytes)),
      peer_(std::move(peer)),
      codec_(new_http2_codec(*this)),
      readable_(*this, &Http2Session::on_readable),
      writable_(*this, &Http2Session::on_writable),
      send_(*this, &Http2Session::send),
      sweep_(*this, &Http2Session::sweep),
      deadline_(
          loop().timers(), [](void* self) { static_cast<Http2Session*>(self)->on_deadline(); },
          this),
      write_idle_(
          loop().timers(), [](void* self) { static_cast<Http2Session*>(self)->on_nothing_taken(); },
          this),
      drain_(
          loop().timers(), [](void* self) { static_cast<Http2Session*>(self)->finish_drain(); },
          this) {
  deadline_.arm_in(limits().head_time);
  schedule_send();
  readable_.defer(loop());
}

Http2Session::~Http2Session() {
  assert(streams_.empty());
  nghttp2_session_del(codec_);
  buffers().give_back(std::move(out_));
}

// --- What the codec found

Http2Stream* Http2Session::find(std::int32_t id) {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : found->second.get();
}

bool Http2Session::begin_stream(std::int32_t id) {
  // Streams that the codec has closed count as well while their handlers come to an end.
  if (streams_.size() >= 2 * std::size_t{limits().streams_max} + 16) {
    on_flood(Limit::http2_streams);
    return false;
  }
  auto stream = std::make_unique<Http2Stream>(*this, id);
  opening_ = stream.get();
  streams_.emplace(id, std::move(stream));
  deadline_.arm_in(limits().head_time);
  ++requests_;
  if (limits().requests_max != 0 && requests_ >= limits().requests_max && !draining_) {
    context_.reached(Limit::requests_per_connection);
    drain();
  }
  return true;
}

void Http2Session::on_head_whole() {
  opening_ = nullptr;
  deadline_.disarm();
}

bool Http2Session::spend(Http2Budget& budget, std::uint32_t cost, Limit limit) {
  if (budget.spend(loop().now(), cost)) return true;
  on_flood(limit);
  return false;
}

void Http2Session::on_flood(Limit limit) {
  if (!std::exchange(flooded_, true)) context_.reached(limit);
}

// The codec has refused a request's head; why, it says only of those that came before our settings.
void Http2Session::on_refused_stream(bool surely) {
  if (surely || streams_.size() >= limits().streams_max) context_.reached(Limit::http2_streams);
}

void Http2Session::on_settings() {
  if (std::exchange(settled_, true)) return;
  if (streams_.empty()) deadline_.arm_in(limits().idle_time);
}

void Http2Session::on_ping_answer() {
  if (draining_) finish_drain();
}

// --- Reading

void Http2Session::on_readable() {
  assert_home();
  if (phase_ == Phase::ended) return;
  if (!initial_.empty()) feed(std::exchange(initial_, {}));
  BufferPool::Buffer buffer;
  int reads = 0;
  while (phase_ != Phase::ended && reads < kReadsMax && read_once(buffer)) ++reads;
  buffers().give_back(std::move(buffer));
  if (phase_ == Phase::ended) return;
  if (reads == kReadsMax) readable_.defer(loop());
  schedule_send();
}

// False when there is nothing more to be read now; then somebody will call on_readable again.
bool Http2Session::read_once(BufferPool::Buffer& buffer) {
  if (phase_ == Phase::open && writable_.pending() &&
      nghttp2_session_get_outbound_queue_size(codec_) > kQueuedMax) {
    read_paused_ = true;
    return false;
  }
  Descriptor& descriptor = connection_->descriptor();
  if (!connection_->may_read()) {
    readable_.defer_until(descriptor, Direction::read);
    return false;
  }
  if (buffer == nullptr) buffer = buffers().take();
  const IoResult io = connection_->read({buffer.get(), BufferPool::kBufferBytes});
  switch (io.state) {
    case Io::done:
      if (phase_ == Phase::open) {
        feed({buffer.get(), io.bytes});
      } else {
        if (io.bytes >= linger_left_) {
          end(StreamError::closed);
        } else {
          linger_left_ -= io.bytes;
        }
      }
      return true;
    case Io::would_read:
      readable_.defer_until(descriptor, Direction::read);
      return false;
    case Io::would_write:
      read_paused_ = true;
      writable_.defer_until(descriptor, Direction::write);
      return false;
    case Io::ended:
    case Io::failed:
      end(StreamError::closed);
      return false;
  }
  return false;
}

void Http2Session::feed(std::string_view bytes) {
  if (deaf_) return;
  const ssize_t taken = nghttp2_session_mem_recv(
      codec_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (taken >= 0) return;
  deaf_ = true;
  if (taken == NGHTTP2_ERR_FLOODED) on_flood(Limit::http2_untaken_frames);
  if (taken == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS) on_flood(Limit::http2_continuations);
  if (flooded_) {
    terminate(NGHTTP2_ENHANCE_YOUR_CALM);
  } else if (taken == NGHTTP2_ERR_BAD_CLIENT_MAGIC) {
    terminate(NGHTTP2_PROTOCOL_ERROR);
  } else {
    terminate(NGHTTP2_INTERNAL_ERROR);
  }
}

void Http2Session::give_credit(std::int32_t id, std::size_t bytes) {
  if (phase_ != Phase::open || bytes == 0) return;
  (void)nghttp2_session_consume(codec_, id, bytes);
  schedule_send();
}

// --- Writing

void Http2Session::on_writable() {
  if (phase_ == Phase::ended) return;
  send();
  if (std::exchange(read_paused_, false) && !readable_.pending()) readable_.defer(loop());
}

void Http2Session::send() {
  if (phase_ != Phase::open || writable_.pending()) return;
  Descriptor& descriptor = connection_->descriptor();
  while (out_begin_ != out_end_ || gather()) {
    const IoResult io = connection_->write({out_.get() + out_begin_, out_end_ - out_begin_});
    if (io.state == Io::done) {
      out_begin_ += io.bytes;
      write_idle_.disarm();
      if (out_begin_ == out_end_ || descriptor.ready(Direction::write)) continue;
    } else if (io.state == Io::ended || io.state == Io::failed) {
      end(StreamError::closed);
      return;
    }
    if (!write_idle_.armed()) write_idle_.arm_in(limits().transfer.idle_time);
    // TLS that must read first is tried again when bytes have come.
    if (io.state != Io::would_read) writable_.defer_until(descriptor, Direction::write);
    return;
  }
  if (phase_ != Phase::open) return;
  buffers().give_back(std::move(out_));
  write_idle_.disarm();
  if (nghttp2_session_want_read(codec_) == 0 && nghttp2_session_want_write(codec_) == 0) linger();
}

bool Http2Session::out_has_room(std::size_t bytes) const {
  return BufferPool::kBufferBytes - out_end_ >= bytes;
}

// Fills the buffer with as many frames as there are and fit; false when there is none.
bool Http2Session::gather() {
  if (out_ == nullptr) out_ = buffers().take();
  out_begin_ = out_end_ = 0;
  while (out_end_ != BufferPool::kBufferBytes) {
    if (overhang_.empty()) {
      const std::uint8_t* frame = nullptr;
      const ssize_t bytes = nghttp2_session_mem_send(codec_, &frame);
      if (bytes < 0) {
        end(StreamError::aborted);
        return false;
      }
      if (bytes == 0) break;
      overhang_ = {reinterpret_cast<const char*>(frame), static_cast<std::size_t>(bytes)};
    }
    const std::size_t fits = std::min(overhang_.size(), BufferPool::kBufferBytes - out_end_);
    std::memcpy(out_.get() + out_end_, overhang_.data(), fits);
    out_end_ += fits;
    overhang_.remove_prefix(fits);
  }
  return out_end_ != 0;
}

void Http2Session::reset(Http2Stream& stream, StreamError why) {
  if (phase_ != Phase::open) return;
  (void)nghttp2_submit_rst_stream(codec_, NGHTTP2_FLAG_NONE, stream.id(), code_of(why));
  schedule_send();
}

// --- Ending

void Http2Session::drain() {
  if (draining_ || phase_ != Phase::open) return;
  draining_ = true;
  if (!settled_) {
    terminate(NGHTTP2_NO_ERROR);
    return;
  }
  // RFC 9113 §6.8: announce it, wait for what was on its way meanwhile, then name the last stream.
  (void)nghttp2_submit_shutdown_notice(codec_);
  (void)nghttp2_submit_ping(codec_, NGHTTP2_FLAG_NONE, nullptr);
  drain_.arm_in(kDrainStep);
  schedule_send();
}

void Http2Session::finish_drain() {
  drain_.disarm();
  if (phase_ != Phase::open) return;
  (void)nghttp2_submit_goaway(codec_, NGHTTP2_FLAG_NONE,
                              nghttp2_session_get_last_proc_stream_id(codec_), NGHTTP2_NO_ERROR,
                              nullptr, 0);
  schedule_send();
}

void Http2Session::terminate(std::uint32_t code) {
  (void)nghttp2_session_terminate_session(codec_, code);
  schedule_send();
}

void Http2Session::on_deadline() {
  if (phase_ == Phase::lingering) {
    end(StreamError::closed);
  } else if (opening_ != nullptr) {
    std::exchange(opening_, nullptr)->on_malformed(HeadError::timed_out);
    terminate(NGHTTP2_PROTOCOL_ERROR);
  } else {
    context_.reached(settled_ ? Limit::idle_time : Limit::http2_settings_time);
    terminate(settled_ ? NGHTTP2_NO_ERROR : NGHTTP2_SETTINGS_TIMEOUT);
  }
}

void Http2Session::on_nothing_taken() {
  context_.reached(Limit::http2_untaken_time);
  end(StreamError::timed_out_idle);
}

// Closing with unread bytes in the socket would destroy the last frames on their way.
void Http2Session::linger() {
  phase_ = Phase::lingering;
  close_streams(StreamError::closed);
  drain_.disarm();
  write_idle_.disarm();
  connection_->shutdown_write();
  linger_left_ = limits().linger_bytes;
  deadline_.arm_in(limits().linger_time);
  if (!readable_.pending()) readable_.defer(loop());
}

void Http2Session::end(StreamError why) {
  assert_home();
  if (phase_ == Phase::ended) return;
  phase_ = Phase::ended;
  close_streams(why);
  deadline_.disarm();
  write_idle_.disarm();
  drain_.disarm();
  connection_->abort();
  sweep_.defer(loop());
}

void Http2Session::close_streams(StreamError why) {
  opening_ = nullptr;
  for (auto& [id, stream] : streams_) {
    stream->fail(why);
    stream->on_closed(true);
  }
}

void Http2Session::bury(Http2Stream& stream) {
  if (opening_ == &stream) on_head_whole();
  over_.push_back(stream.id());
  sweep_.defer(loop());
}

void Http2Session::sweep() {
  for (const std::int32_t id : over_) streams_.erase(id);
  over_.clear();
  if (!streams_.empty()) return;
  if (phase_ == Phase::ended) {
    if (!std::exchange(told_, true)) context_.owner.on_closed(*this);
  } else if (phase_ == Phase::open && settled_) {
    deadline_.arm_in(limits().idle_time);
  }
}

}  // namespace gatehouse
