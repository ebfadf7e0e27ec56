#include "net/connection.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include "net/tls.h"

namespace gatehouse {

Connection::Connection(Loop& loop, int fd, ssl_st* ssl, std::shared_ptr<const void> kept)
    : descriptor_(loop, fd), ssl_(ssl), kept_(std::move(kept)) {
  if (ssl_ != nullptr) SSL_set_fd(ssl_, fd);
}

Connection::~Connection() {
  if (ssl_ != nullptr) SSL_free(ssl_);
}

Task<bool> Connection::handshake() {
  if (ssl_ == nullptr) co_return true;
  for (;;) {
    if (descriptor_.aborted()) co_return false;
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_);
    if (result == 1) co_return true;
    const IoResult io = tls_result(result, true);
    if (io.state != Io::would_read && io.state != Io::would_write) {
      const long verified = SSL_get_verify_result(ssl_);
      tls_failure_ = verified == X509_V_OK ? std::string_view{"handshake refused or broken off"}
                                           : X509_verify_cert_error_string(verified);
      co_return false;
    }
    Descriptor::Awaiter ready = until(io.state);
    co_await ready;
  }
}

Task<bool> Connection::connected() {
  // A fresh socket is writable once connect() has succeeded or failed.
  Descriptor::Awaiter ready = descriptor_.until_ready(Direction::write);
  co_await ready;
  if (descriptor_.aborted()) co_return false;
  int error = 0;
  socklen_t bytes = sizeof error;
  ::getsockopt(descriptor_.fd(), SOL_SOCKET, SO_ERROR, &error, &bytes);
  co_return error == 0;
}

IoResult Connection::read(std::span<char> into) {
  if (descriptor_.aborted()) return {};
  if (ssl_ != nullptr) {
    ERR_clear_error();
    const int bytes =
        SSL_read(ssl_, into.data(), static_cast<int>(std::min<std::size_t>(into.size(), INT_MAX)));
    if (bytes > 0) return {Io::done, static_cast<std::size_t>(bytes)};
    return unless_awaited(tls_result(bytes, true));
  }
  for (;;) {
    const ssize_t bytes = ::recv(descriptor_.fd(), into.data(), into.size(), 0);
    if (bytes > 0) {
      if (static_cast<std::size_t>(bytes) < into.size()) descriptor_.drained();
      return {Io::done, static_cast<std::size_t>(bytes)};
    }
    if (bytes == 0) return {Io::ended, 0};
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return {};
    descriptor_.blocked(Direction::read);
    return {Io::would_read, 0};
  }
}

IoResult Connection::write(std::string_view first, std::string_view second,
                           std::string_view third) {
  if (descriptor_.aborted()) return {};
  if (ssl_ != nullptr) return write_record(first, second, third);
  const auto part = [](std::string_view view) {
    return iovec{const_cast<char*>(view.data()), view.size()};
  };
  iovec parts[3];
  msghdr message{};
  message.msg_iov = parts;
  for (const std::string_view view : {first, second, third}) {
    if (!view.empty()) parts[message.msg_iovlen++] = part(view);
  }
  for (;;) {
    // send() for the single view that most writes are: the kernel takes it without a vector.
    const ssize_t bytes =
        message.msg_iovlen == 1
            ? ::send(descriptor_.fd(), parts[0].iov_base, parts[0].iov_len, MSG_NOSIGNAL)
            : ::sendmsg(descriptor_.fd(), &message, MSG_NOSIGNAL);
    if (bytes >= 0) {
      if (static_cast<std::size_t>(bytes) < first.size() + second.size() + third.size()) {
        descriptor_.blocked(Direction::write);
      }
      return {Io::done, static_cast<std::size_t>(bytes)};
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return {};
    descriptor_.blocked(Direction::write);
    return {Io::would_write, 0};
  }
}

// One record for a small head and its body: gathers on the stack what fits there. What is not
// taken now comes again in front of what follows it, as SSL_write() demands.
IoResult Connection::write_record(std::string_view first, std::string_view second,
                                  std::string_view third) {
  char gathered[4096];
  std::string_view out = !first.empty() ? first : !second.empty() ? second : third;
  if (out.size() < sizeof gathered && out.size() < first.size() + second.size() + third.size()) {
    std::size_t used = 0;
    for (const std::string_view view : {first, second, third}) {
      used += view.copy(gathered + used, sizeof gathered - used);
    }
    out = {gathered, used};
  }
  if (out.empty()) return {Io::done, 0};
  ERR_clear_error();
  const int bytes =
      SSL_write(ssl_, out.data(), static_cast<int>(std::min<std::size_t>(out.size(), INT_MAX)));
  if (bytes > 0) return {Io::done, static_cast<std::size_t>(bytes)};
  return unless_awaited(tls_result(bytes, false));
}

// One waiter a direction. Reading wants to write only for a peer that asks for new keys while it
// takes nothing of what is sent to it: no peer that means well.
IoResult Connection::unless_awaited(IoResult result) {
  return result.state == Io::would_write && descriptor_.awaited(Direction::write) ? IoResult{}
                                                                                  : result;
}

bool Connection::may_read() const {
  return descriptor_.ready(Direction::read) || (ssl_ != nullptr && SSL_has_pending(ssl_) == 1);
}

void Connection::shutdown_write() {
  if (descriptor_.aborted()) return;
  if (ssl_ != nullptr && SSL_is_init_finished(ssl_)) {
    ERR_clear_error();
    (void)SSL_shutdown(ssl_);
  }
  (void)::shutdown(descriptor_.fd(), SHUT_WR);
}

void Connection::reset() {
  const linger at_once{1, 0};
  (void)::setsockopt(descriptor_.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  descriptor_.abort();
}

std::string_view Connection::alpn() const {
  if (ssl_ == nullptr) return {};
  const unsigned char* name = nullptr;
  unsigned bytes = 0;
  SSL_get0_alpn_selected(ssl_, &name, &bytes);
  return {reinterpret_cast<const char*>(name), bytes};
}

std::string_view Connection::tls_version() const {
  return ssl_ == nullptr ? std::string_view{} : SSL_get_version(ssl_);
}

std::string_view Connection::tls_cipher() const {
  return ssl_ == nullptr ? std::string_view{} : SSL_get_cipher_name(ssl_);
}

std::string_view Connection::server_name() const {
  const char* const name =
      ssl_ == nullptr ? nullptr : SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? std::string_view{} : name;
}

bool Connection::certificate_covers(std::string_view host) const {
  return ssl_ == nullptr || TlsServer::covers(ssl_, host);
}

IoResult Connection::tls_result(int result, bool reading) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      descriptor_.blocked(Direction::read);
      return {Io::would_read, 0};
    case SSL_ERROR_WANT_WRITE:
      descriptor_.blocked(Direction::write);
      return {Io::would_write, 0};
    case SSL_ERROR_ZERO_RETURN:
      return {reading ? Io::ended : Io::failed, 0};
    default:
      return {};
  }
}

}  // namespace gatehouse
