// net/tls: who we are to clients (certificates by server name) and whom we believe upstream.
//
// A TlsServer is immutable: a certificate change builds a new one; open connections keep theirs.
// Ticket keys are made once a process and passed in, so that tickets survive reloads. OpenSSL's
// types stay behind this header.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

struct ssl_st;
struct ssl_ctx_st;

namespace gatehouse {

// Name, HMAC key and AES key of session tickets, together.
struct TicketKeys {
  std::array<unsigned char, 80> bytes{};
  static TicketKeys random();
};

enum class TlsVersions : std::uint8_t { from_12, only_13 };

struct CertificateFiles {
  std::vector<std::string>
      hosts;          // "shop.example", "*.shop.example", "*"; empty: the certificate's own names
  std::string chain;  // PEM: leaf first
  std::string key;    // PEM
  SourcePosition at = {};  // where it was declared, for errors
};

class TlsServer {
 public:
  struct Options {
    TlsVersions versions = TlsVersions::from_12;
    bool http2 = true;
    std::vector<CertificateFiles>
        certificates;  // the first is shown to clients that name none or an unknown host
  };

  [[nodiscard]] static Result<std::unique_ptr<const TlsServer>> build(const Options& options,
                                                                      const TicketKeys& tickets);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  // A session in accept state, to be owned by a Connection that keeps this object, to which it
  // refers. Null for want of memory.
  ssl_st* accept() const;
  // Whether the certificate that this session shows covers the host (port ignored).
  static bool covers(const ssl_st* session, std::string_view host);

 private:
  struct Certificate;
  TlsServer() = default;
  const Certificate& choose(std::string_view name) const;
  static int on_server_name(ssl_st* session, int* alert, void* self);

  std::vector<std::unique_ptr<Certificate>> certificates_;
};

class TlsClient {
 public:
  struct Options {
    bool verify = true;
    std::string ca;           // PEM file; empty: the system's store
    std::string server_name;  // SNI and the name that must be in the certificate; an address is
                              // checked as one
  };

  [[nodiscard]] static Result<std::unique_ptr<const TlsClient>> build(const Options& options);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // A session in connect state; `fallback_name` is checked where the options name no server. Null
  // when it could not be made to check the name.
  ssl_st* connect(const std::string& fallback_name) const;
  // Frees a session that no Connection took; null is fine.
  static void forget(ssl_st* session);

 private:
  TlsClient() = default;
  Options options_;
  ssl_ctx_st* context_ = nullptr;
};

}  // namespace gatehouse
