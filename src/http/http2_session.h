// http/http2_session: the server's side of one HTTP/2 connection (RFC 9113), on nghttp2.
//
// Place    owned by a worker; offers each stream's request to its Handler, many at a time.
// Holds    while idle no buffer and no coroutine: the session itself waits for readability. One
//          pooled buffer while reading, one while writing, and those of its streams.
// Full     streams_max at a time; kWindowBytes of credit for all streams together; kQueuedMax
//          frames that the peer doesn't take, then nothing more is read from it.
// Floods   resets, empty frames, settings, pings and priorities have a budget; who passes it, or
//          sends heads many times over their limit, is sent away with ENHANCE_YOUR_CALM.
// Counts   each limit that is reached, once a connection but for refused streams (LimitCounts).
// Ends     after an error of framing, a time-out, drain() or abort(), or when the peer has gone:
//          first every handler's task ends, then the owner is told, once.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "http/http2_budget.h"
#include "http/http2_call.h"
#include "http/http2_stream.h"
#include "http/session.h"

struct nghttp2_session;

namespace gatehouse {

class Http2Session final : public LoopBound, public Session {
 public:
  static constexpr std::int32_t kWindowBytes = 1 << 20;  // of the connection
  static constexpr std::size_t kQueuedMax = 1'000;
  static constexpr std::size_t kHeadOvershoot = 4;  // times head_bytes_max, then it is a flood
  static constexpr std::size_t kContinuationsMax = 8;
  static constexpr std::size_t kSettingsMax = 32;        // in one frame
  static constexpr std::size_t kUntakenMax = 256;        // answers to pings and settings
  static constexpr std::uint32_t kResetsMax = 256;       // by the peer, or forced upon us
  static constexpr std::uint32_t kIdleCostMax = 10'000;  // of frames that ask for nothing
  static constexpr std::uint32_t kPingCost = 1;
  static constexpr std::uint32_t kIdleFrameCost = 10;
  static constexpr std::chrono::milliseconds kDrainStep{1'000};

  // `initial_bytes`: what was read before it was known to be HTTP/2, from the preface on.
  Http2Session(std::unique_ptr<Connection> connection, std::string initial_bytes, Peer peer,
               const SessionContext& context);
  ~Http2Session() override;

  // Session
  void drain() override;
  void abort() override { end(StreamError::aborted); }

  // What its streams need.
  Loop& loop() { return connection_->loop(); }
  BufferPool& buffers() { return context_.buffers; }
  const SessionLimits& limits() const { return context_.limits; }
  Handler& handler() { return context_.handler; }
  const Peer& peer() const { return peer_; }
  Connection& connection() { return *connection_; }
  nghttp2_session* codec() { return codec_; }
  bool open() const { return phase_ == Phase::open; }
  void schedule_send() { send_.defer(loop()); }
  void reset(Http2Stream& stream, StreamError why);
  void give_credit(std::int32_t id, std::size_t bytes);
  // It is over: destroyed from the top of the stack.
  void bury(Http2Stream& stream);

 private:
  friend struct Http2Callbacks;
  enum class Phase : std::uint8_t { open, lingering, ended };

  // What the codec found; false ends the connection with ENHANCE_YOUR_CALM.
  bool begin_stream(std::int32_t id);
  bool spend(Http2Budget& budget, std::uint32_t cost, Limit limit);
  void on_flood(Limit limit);
  void on_refused_stream(bool surely);
  Http2Stream* find(std::int32_t id);
  void on_head_whole();
  void on_settings();
  void on_ping_answer();

  void on_readable();
  bool read_once(BufferPool::Buffer& buffer);
  void feed(std::string_view bytes);
  void on_writable();
  void send();
  bool gather();
  bool out_has_room(std::size_t bytes) const;

  void terminate(std::uint32_t code);
  void linger();
  void end(StreamError why);
  void close_streams(StreamError why);
  void sweep();
  void on_deadline();
  void on_nothing_taken();
  void finish_drain();

  SessionContext context_;
  std::unique_ptr<Connection> connection_;
  std::string initial_;
  Peer peer_;
  nghttp2_session* codec_ = nullptr;
  std::unordered_map<std::int32_t, std::unique_ptr<Http2Stream>> streams_;
  std::vector<std::int32_t> over_;
  Http2Call<Http2Session> readable_;
  Http2Call<Http2Session> writable_;
  Http2Call<Http2Session> send_;
  Http2Call<Http2Session> sweep_;
  Timer deadline_;    // of the preface, of a head, of idleness, of the linger
  Timer write_idle_;  // the peer takes nothing
  Timer drain_;
  Http2Budget peer_resets_{kResetsMax};
  Http2Budget own_resets_{kResetsMax};
  Http2Budget idle_frames_{kIdleCostMax};
  BufferPool::Buffer out_;
  std::size_t out_begin_ = 0;
  std::size_t out_end_ = 0;
  std::string_view overhang_;  // the rest of a frame, in the codec's memory until it is asked again
  Http2Stream* opening_ = nullptr;           // its head is under way
  HeadError field_error_ = HeadError::none;  // of the field that the codec refuses just now
  std::uint64_t linger_left_ = 0;
  std::uint32_t requests_ = 0;
  Phase phase_ = Phase::open;
  bool settled_ = false;  // the peer's settings have come
  bool draining_ = false;
  bool flooded_ = false;
  bool deaf_ = false;  // the codec has failed and must not be fed again
  bool read_paused_ = false;
  bool told_ = false;
};

}  // namespace gatehouse
