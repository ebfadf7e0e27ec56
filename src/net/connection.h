// net/connection: a byte stream over TCP, plain or TLS, that says when it would block and lets one
// wait for it.
//
// Calls never block and never wait: read() and write() move what can be moved now. When they say
// would_read or would_write, the caller awaits until(io) and calls again with the same bytes. TLS
// runs SSL* on the descriptor itself and gives its buffers back when idle. Bytes are never gathered
// here.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/task.h"
#include "net/descriptor.h"

struct ssl_st;

namespace gatehouse {

enum class Io : std::uint8_t { done, would_read, would_write, ended, failed };

struct IoResult {
  Io state = Io::failed;
  std::size_t bytes = 0;  // of Io::done
};

class Connection {
 public:
  // Takes ownership of both; ssl is null for plain TCP and else fresh, in accept or connect state.
  // `kept` is what the session refers to, held as long as it lives.
  Connection(Loop& loop, int fd, ssl_st* ssl, std::shared_ptr<const void> kept = nullptr);
  ~Connection();

  // TLS only: true when the handshake is complete. Plain: true at once.
  Task<bool> handshake();
  // Completes a non-blocking connect(); true when connected.
  Task<bool> connected();

  IoResult read(std::span<char> into);
  // The views go out in order, in one packet where that can be; `bytes` counts over all.
  IoResult write(std::string_view first, std::string_view second = {}, std::string_view third = {});

  // Readable or writable as a blocked call asked for it.
  Descriptor::Awaiter until(Io state) {
    return descriptor_.until_ready(state == Io::would_write ? Direction::write : Direction::read);
  }
  // True while bytes may be had without waiting, be they in the kernel or in TLS.
  bool may_read() const;

  // TLS: sends close_notify, best effort; then ends our direction.
  void shutdown_write();
  // Both directions fail from now on; who waits is woken. The descriptor closes with the object.
  void abort() { descriptor_.abort(); }
  // As abort(); closing then sends a reset instead of an end: what the peer got is not whole.
  void reset();

  Descriptor& descriptor() { return descriptor_; }
  Loop& loop() { return descriptor_.loop(); }
  bool tls() const { return ssl_ != nullptr; }
  std::string_view alpn() const;         // "h2", "http/1.1" or empty
  std::string_view tls_version() const;  // "TLSv1.3" or empty
  std::string_view tls_cipher() const;
  std::string_view server_name() const;  // SNI as sent by the client, or empty
  // Server side of TLS: whether the certificate shown covers the host. True on plain connections.
  bool certificate_covers(std::string_view host) const;
  // Client side of TLS: why the handshake failed, in words; empty when it did not.
  std::string_view tls_failure() const { return tls_failure_; }

 private:
  IoResult write_record(std::string_view first, std::string_view second, std::string_view third);
  IoResult tls_result(int result, bool reading);
  IoResult unless_awaited(IoResult result);

  Descriptor descriptor_;
  ssl_st* const ssl_;
  const std::shared_ptr<const void> kept_;
  std::string_view tls_failure_;
};

}  // namespace gatehouse
