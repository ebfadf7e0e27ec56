// http/session: what a server session of any protocol is to the worker that owns it, and what it is
// given.
//
// A session owns its connection and offers each request as a ServerStream to the Handler. It ends
// by calling SessionOwner::on_closed exactly once, after its last stream; the owner destroys it
// later in the same turn.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/buffer_pool.h"
#include "http/http1_head.h"
#include "http/stream.h"
#include "metrics/limit_counts.h"
#include "net/connection.h"

namespace gatehouse {

// How long and how slowly a peer may move content.
struct TransferLimits {
  std::chrono::milliseconds idle_time{30'000};
  std::uint32_t rate_min = 240;                 // bytes a second, of content; 0: none
  std::chrono::milliseconds rate_grace{5'000};  // of waiting, before the rate counts
  bool operator==(const TransferLimits&) const = default;
};

struct SessionLimits {
  TransferLimits transfer;
  HeadLimits head;
  std::chrono::milliseconds head_time{
      10'000};  // from a head's first byte to its last; also a TLS handshake
  std::chrono::milliseconds idle_time{60'000};  // between requests
  std::uint32_t requests_max = 0;               // on one connection; 0: none
  std::uint32_t streams_max = 100;              // HTTP/2: at a time
  std::uint64_t linger_bytes =
      64 * 1024;  // read and thrown away after a refusal, so that it arrives
  std::chrono::milliseconds linger_time{1'000};
  bool operator==(const SessionLimits&) const = default;
};

class Handler {
 public:
  // Serves one exchange to its end: either a whole answer went into the stream, or it was aborted.
  // With an error, the head could not be read (method and target are there as far as they were
  // understood) and the answer is a refusal. The stream outlives the task.
  virtual Task<void> serve(ServerStream& stream, HeadError error) = 0;

 protected:
  ~Handler() = default;
};

class Session {
 public:
  virtual ~Session() = default;
  // No new requests: closes at once when idle, else after what is under way (HTTP/2: GOAWAY in two
  // steps).
  virtual void drain() = 0;
  // Ends everything now.
  virtual void abort() = 0;
};

class SessionOwner {
 public:
  virtual void on_closed(Session& session) = 0;
  // Whether this client may speak HTTP/2; if not, its preface is a request of a wrong version.
  virtual bool takes_http2(const Peer& /*peer*/) const { return true; }
  // A plain connection began with HTTP/2's preface (prior knowledge): the HTTP/1 session gives its
  // connection up, with all the bytes read so far, and is closed by this call.
  virtual void on_http2_preface(Session& session, std::unique_ptr<Connection> connection,
                                std::string bytes) = 0;

 protected:
  ~SessionOwner() = default;
};

// What a session is built from; the references outlive it. `limits` may change between sessions,
// never within one.
struct SessionContext {
  Handler& handler;
  SessionOwner& owner;
  BufferPool& buffers;
  const SessionLimits& limits;
  LimitCounts* counts = nullptr;  // null: nobody counts

  void reached(Limit limit) const {
    if (counts != nullptr) counts->reached(limit);
  }
};

}  // namespace gatehouse
