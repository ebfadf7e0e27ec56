// http/stream: one request and its response as they pass the gate, whatever carries them.
//
// HTTP/1 and HTTP/2 sessions, upstream connections and tunnels all speak these few interfaces, so
// that an exchange needs to know none of them. Data is pulled: who wants bytes peeks, waits when
// there are none, and consumes what it has passed on, which is when credit goes back to the sender.
// Nothing is ever gathered here.
//
// All of it lives on one loop. Every wait ends: by data, by the end, by abort() from either side or
// by a time-out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/stable_hash.h"
#include "base/task.h"
#include "http/message.h"

namespace gatehouse {

// Why a stream ended before its end. The gate's table of errors (gateway/gate_error) gives each a
// status and a page.
enum class StreamError : std::uint8_t {
  none,
  closed,          // the peer closed or reset
  malformed,       // the peer broke the protocol
  too_large,       // a limit of ours was passed
  timed_out_idle,  // nothing moved for too long
  timed_out_total,
  too_slow,  // below the minimum data rate
  connect_failed,
  connect_timed_out,
  tls_failed,
  name_unknown,
  no_capacity,  // queue of waiters full or its deadline over
  aborted,      // by our own side: the other half of the exchange failed, or we are shutting down
};

std::string_view to_text(StreamError error);

// A message's content, pulled.
class Body {
 public:
  // What can be taken now without waiting; empty when nothing has come yet, at the end, and after a
  // failure. Valid until consume() or more().
  virtual std::string_view peek() = 0;
  // Gives back the first `bytes` of peek(): they have been passed on.
  virtual void consume(std::size_t bytes) = 0;
  // True once every byte was consumed and the message is complete, trailers included.
  virtual bool ended() const = 0;
  // Waits until peek() has something, the body ended, or it failed; false only for the last.
  virtual Task<bool> more() = 0;
  // Nobody wants the rest: who waits in more() is woken and told false. A head that is sent after
  // it (HTTP/1) says that the connection closes if the rest has not come yet.
  virtual void cancel() = 0;
  virtual StreamError error() const = 0;
  virtual std::uint64_t bytes_total() const = 0;  // content bytes consumed so far
  // Trailer fields; complete once ended().
  virtual const FieldList& trailers() const = 0;

 protected:
  ~Body() = default;
};

// Where a message's content goes.
class Sink {
 public:
  static constexpr std::size_t kHighWaterBytes = 64 * 1024;

  // Takes as many bytes as fit below the high-water mark and returns how many; 0 means: wait in
  // drained().
  virtual std::size_t write(std::string_view bytes) = 0;
  // Waits until write() would take something, or after finish() until nothing is held back any
  // more; false when the stream failed.
  virtual Task<bool> drained() = 0;
  // Ends the message. `trailers` may be null. What write() took is still on its way.
  virtual void finish(const FieldList* trailers) = 0;
  // Pushes out what is held back for the sake of fewer packets (a head waits for its first bytes of
  // body).
  virtual void flush() = 0;
  virtual StreamError error() const = 0;
  virtual std::uint64_t bytes_total() const = 0;  // content bytes taken so far

 protected:
  ~Sink() = default;
};

// Told when a stream breaks while nobody waits on it: the client went away in mid-answer.
class AbortListener {
 public:
  virtual void on_abort(StreamError why) = 0;

 protected:
  ~AbortListener() = default;
};

// Where a request came from: what a connection knows of its client.
struct Peer {
  std::string address;      // "192.0.2.7", "2001:db8::1"; no port
  StableHash address_hash;  // of that address, under the installation's key
  std::uint16_t port = 0;
  std::uint16_t local_port = 0;
  std::uint16_t listener = 0;  // the worker's number of it
  bool tls = false;
  std::string_view tls_version;  // "TLSv1.3"
  std::string_view tls_cipher;
  std::string_view server_name;  // SNI
};

// The server's side of an exchange: offered by a session, driven by the gateway.
class ServerStream {
 public:
  virtual Arena& arena() = 0;
  virtual RequestHead& request() = 0;
  virtual const Peer& peer() const = 0;
  virtual Body& body() = 0;  // the request's content
  // More content than this is too_large; 0: no bound. Set before the first byte is pulled.
  virtual void bound_body(std::uint64_t bytes_max) = 0;
  // TLS: whether the certificate that was shown covers the host; true on plain connections.
  virtual bool certificate_covers(std::string_view host) const = 0;
  // An informational answer (1xx other than 101) goes out at once.
  virtual void send_informational(const ResponseHead& head) = 0;
  // The final head, or 101. With `end` there is no content; head.framing == length promises
  // head.content_length bytes, anything else goes as chunks, HTTP/2 frames or until close. The head
  // must hold no hop-by-hop field. After a 101 (HTTP/1) body() and sink() carry raw bytes.
  virtual void send_head(const ResponseHead& head, bool end) = 0;
  virtual Sink& sink() = 0;  // the response's content
  // Breaks the exchange: closes the connection (HTTP/1) or resets the stream (HTTP/2).
  virtual void abort(StreamError why) = 0;
  // The listener is told at most once; null to stop listening.
  virtual void listen(AbortListener* listener) = 0;
  // HTTP/1: the connection closes after this exchange, and says so in the head.
  virtual void close_after() = 0;

 protected:
  ~ServerStream() = default;
};

// The upstream's side: one request sent, one response read. Ends with release(), exactly once,
// whether or not it was aborted before.
class ClientStream {
 public:
  // Starts the request; content follows by sink() unless `end`. The head must hold no hop-by-hop
  // field; Host is made from its authority.
  virtual void send_head(const RequestHead& head, bool end) = 0;
  virtual Sink& sink() = 0;
  // Waits for the next head: 1xx ones are returned as well, then the final one. False on failure,
  // see error().
  virtual Task<bool> read_head(ResponseHead& head) = 0;
  virtual Body& body() = 0;
  virtual StreamError error() const = 0;
  virtual bool reused() const = 0;         // came from the pool, so a close may mean nothing
  virtual bool sent_anything() const = 0;  // a byte was accepted by the kernel
  virtual bool received_anything() const = 0;
  virtual void abort(StreamError why) = 0;  // the connection is not reused
  virtual void release() = 0;  // the exchange is over: reuse the connection if it is clean

 protected:
  ~ClientStream() = default;
};

}  // namespace gatehouse
