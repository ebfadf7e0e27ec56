#include "net/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "net/socket_address.h"

namespace gatehouse {
namespace {

constexpr unsigned char kSessionContext[] = "gatehouse";
constexpr char kCiphers12[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

std::string reason() {
  char text[256];
  const unsigned long code = ERR_peek_last_error();
  ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  const std::string whole = text;
  return whole.substr(whole.rfind(':') + 1);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// `name` is in lower case already.
bool equals(std::string_view name, std::string_view host) {
  return std::equal(name.begin(), name.end(), host.begin(), host.end(),
                    [](char a, char b) { return a == lower(b); });
}

// RFC 6125: a wildcard stands for exactly one leftmost label.
bool host_matches(std::string_view pattern, std::string_view host) {
  if (pattern == "*" || equals(pattern, host)) return true;
  if (!pattern.starts_with("*.")) return false;
  const std::size_t dot = host.find('.');
  return dot != std::string_view::npos && dot != 0 && equals(pattern.substr(1), host.substr(dot));
}

// Without port and brackets.
std::string_view bare_host(std::string_view host) {
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  const std::size_t colon = host.find(':');
  return host.find(':', colon + 1) == std::string_view::npos ? host.substr(0, colon) : host;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
  return out;
}

std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> names;
  auto* const all = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(all, i);
    if (name->type == GEN_IPADD) {
      const ASN1_OCTET_STRING* const bytes = name->d.iPAddress;
      char text[INET6_ADDRSTRLEN] = {};
      const int family = ASN1_STRING_length(bytes) == 4 ? AF_INET : AF_INET6;
      ::inet_ntop(family, ASN1_STRING_get0_data(bytes), text, sizeof text);
      names.emplace_back(text);
    }
    if (name->type != GEN_DNS) continue;
    const ASN1_IA5STRING* const text = name->d.dNSName;
    names.push_back(lower({reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                           static_cast<std::size_t>(ASN1_STRING_length(text))}));
  }
  GENERAL_NAMES_free(all);
  return names;
}

// NOLINTNEXTLINE(readability-function-size): the parameters are OpenSSL's.
int select_alpn(SSL*, const unsigned char** out, unsigned char* out_bytes,
                const unsigned char* offered, unsigned offered_bytes, void* http2) {
  static constexpr unsigned char kBoth[] = "\x02h2\x08http/1.1";
  const unsigned char* const ours = http2 != nullptr ? kBoth : kBoth + 3;
  const unsigned bytes = static_cast<unsigned>(sizeof kBoth - 1) - (http2 != nullptr ? 0u : 3u);
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_bytes, ours, bytes, offered, offered_bytes) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

TicketKeys TicketKeys::random() {
  TicketKeys keys;
  if (RAND_bytes(keys.bytes.data(), static_cast<int>(keys.bytes.size())) != 1) std::abort();
  return keys;
}

struct TlsServer::Certificate {
  std::vector<std::string> hosts;
  SSL_CTX* context = nullptr;

  Certificate() = default;
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;
  ~Certificate() { SSL_CTX_free(context); }

  bool covers(std::string_view host) const {
    return std::any_of(hosts.begin(), hosts.end(),
                       [&](const std::string& pattern) { return host_matches(pattern, host); });
  }
};

TlsServer::~TlsServer() = default;

Result<std::unique_ptr<const TlsServer>> TlsServer::build(const Options& options,
                                                          const TicketKeys& tickets) {
  std::unique_ptr<TlsServer> server(new TlsServer);
  for (const CertificateFiles& files : options.certificates) {
    auto entry = std::make_unique<Certificate>();
    SSL_CTX* const context = entry->context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_min_proto_version(
        context, options.versions == TlsVersions::only_13 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context, kCiphers12);
    SSL_CTX_set_options(
        context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(context, kSessionContext, sizeof kSessionContext - 1);
    SSL_CTX_set_num_tickets(context, 1);
    unsigned char keys[80];
    std::copy(tickets.bytes.begin(), tickets.bytes.end(), keys);
    SSL_CTX_set_tlsext_ticket_keys(context, keys, sizeof keys);
    SSL_CTX_set_alpn_select_cb(context, select_alpn, options.http2 ? server.get() : nullptr);
    if (SSL_CTX_use_certificate_chain_file(context, files.chain.c_str()) != 1) {
      return fail({"E0611", "`" + files.chain + "` holds no usable certificate chain: " + reason(),
                   "name a readable PEM file, leaf certificate first", files.at});
    }
    if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
      return fail({"E0612", "`" + files.key + "` is not the key of this certificate: " + reason(),
                   "name the readable, unencrypted PEM key that belongs to `" + files.chain + "`",
                   files.at});
    }
    for (const std::string& host : files.hosts) entry->hosts.push_back(lower(host));
    if (entry->hosts.empty()) entry->hosts = names_of(SSL_CTX_get0_certificate(context));
    SSL_CTX_set_app_data(context, reinterpret_cast<char*>(entry.get()));
    SSL_CTX_set_tlsext_servername_callback(context, &TlsServer::on_server_name);
    SSL_CTX_set_tlsext_servername_arg(context, server.get());
    server->certificates_.push_back(std::move(entry));
  }
  if (server->certificates_.empty()) {
    return fail({"E0613", "this listener has `tls` but no certificate",
                 "add one under `certificates:` with `cert` and `key`"});
  }
  return server;
}

ssl_st* TlsServer::accept() const {
  SSL* const session = SSL_new(certificates_.front()->context);
  if (session != nullptr) SSL_set_accept_state(session);
  return session;
}

bool TlsServer::covers(const ssl_st* session, std::string_view host) {
  const auto* const certificate =
      reinterpret_cast<const Certificate*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(session)));
  return certificate->covers(bare_host(host));
}

const TlsServer::Certificate& TlsServer::choose(std::string_view name) const {
  const std::string host = lower(name);
  const Certificate* wild = nullptr;
  for (const auto& certificate : certificates_) {
    if (std::find(certificate->hosts.begin(), certificate->hosts.end(), host) !=
        certificate->hosts.end()) {
      return *certificate;
    }
    if (wild == nullptr && certificate->covers(host)) wild = certificate.get();
  }
  return wild != nullptr ? *wild : *certificates_.front();
}

int TlsServer::on_server_name(ssl_st* session, int*, void* self) {
  const char* const name = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_SSL_CTX(session, static_cast<const TlsServer*>(self)->choose(name).context);
  return SSL_TLSEXT_ERR_OK;
}

Result<std::unique_ptr<const TlsClient>> TlsClient::build(const Options& options) {
  std::unique_ptr<TlsClient> client(new TlsClient);
  client->options_ = options;
  SSL_CTX* const context = client->context_ = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // An end without close_notify is a failure: a response that lasts until the end may be cut short.
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);
  static constexpr unsigned char kHttp1[] = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(context, kHttp1, sizeof kHttp1 - 1);
  SSL_CTX_set_verify(context, options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  const bool loaded = options.ca.empty()
                          ? SSL_CTX_set_default_verify_paths(context) == 1
                          : SSL_CTX_load_verify_file(context, options.ca.c_str()) == 1;
  if (!loaded) {
    return fail({"E0614", "`" + options.ca + "` holds no usable CA certificate: " + reason(),
                 "name a readable PEM file with the certificates to trust"});
  }
  return client;
}

TlsClient::~TlsClient() { SSL_CTX_free(context_); }

ssl_st* TlsClient::connect(const std::string& fallback_name) const {
  SSL* const session = SSL_new(context_);
  if (session == nullptr) return nullptr;
  const std::string& name = options_.server_name.empty() ? fallback_name : options_.server_name;
  const bool checked =
      SocketAddress::parse(name, 0)
          ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), name.c_str()) == 1
          : SSL_set_tlsext_host_name(session, name.c_str()) == 1 &&
                SSL_set1_host(session, name.c_str()) == 1;
  if (!checked) {
    SSL_free(session);
    return nullptr;
  }
  SSL_set_connect_state(session);
  return session;
}

void TlsClient::forget(ssl_st* session) { SSL_free(session); }

}  // namespace gatehouse
