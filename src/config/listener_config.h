// config/listener_config: where the gate listens: its doors for callers and the one for operators.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "config/option.h"
#include "config/scalar.h"

namespace gatehouse {

enum class TlsProfile : std::uint8_t { intermediate, modern };

template <>
struct Words<TlsProfile> {
  static constexpr std::array list{Word{"intermediate", TlsProfile::intermediate},
                                   Word{"modern", TlsProfile::modern}};
};

struct CertificateConfig {
  static constexpr std::string_view kNoun = "certificate";
  std::vector<std::string> hosts;
  FilePath cert;
  FilePath key;
  Origin at;

  static constexpr auto options() {
    using C = CertificateConfig;
    return std::tuple{
        option("hosts", &C::hosts,
               "Names that callers ask for, such as `shop.example` or `*.shop.example`; the first "
               "certificate also answers callers that ask for none."),
        option("cert", &C::cert, "File with the certificate and its chain, in PEM.").required(),
        option("key", &C::key, "File with the private key, in PEM.").required(),
    };
  }
  bool operator==(const CertificateConfig&) const = default;
};

struct TlsConfig {
  static constexpr std::string_view kNoun = "tls";
  TlsProfile profile = TlsProfile::intermediate;
  std::vector<CertificateConfig> certificates;
  Origin at;

  static constexpr auto options() {
    using C = TlsConfig;
    return std::tuple{
        option("profile", &C::profile,
               "Which versions and ciphers are spoken: `intermediate` is TLS 1.2 and 1.3, `modern` "
               "is 1.3 alone."),
        option("certificates", &C::certificates, "The certificates to answer with.").required(),
    };
  }
  bool operator==(const TlsConfig&) const = default;
};

struct ListenerConfig {
  static constexpr std::string_view kNoun = "listener";
  Endpoint address;
  std::optional<TlsConfig> tls;
  std::vector<Cidr> trusted_proxies;
  bool http2 = true;
  Origin at;

  static constexpr auto options() {
    using C = ListenerConfig;
    return std::tuple{
        option("address", &C::address,
               "Address and port to listen on; `:8080` is every address of the machine.")
            .required(),
        option("tls", &C::tls, "Certificates and profile; without it the door speaks plain HTTP."),
        option("trusted_proxies", &C::trusted_proxies,
               "Ranges of addresses whose `X-Forwarded-For` is believed."),
        option("http2", &C::http2, "Whether callers may speak HTTP/2."),
    };
  }
  bool operator==(const ListenerConfig&) const = default;
};

struct AdminConfig {
  static constexpr std::string_view kNoun = "admin";
  std::optional<Endpoint> address;
  FilePath socket;
  Origin at;

  static constexpr auto options() {
    using C = AdminConfig;
    return std::tuple{
        option("address", &C::address, "Address and port that serve health and metrics."),
        option("socket", &C::socket,
               "Unix socket that the command line uses; without it `gatehouse.sock` in the store's "
               "folder."),
    };
  }
  bool operator==(const AdminConfig&) const = default;
};

struct ResolverConfig {
  static constexpr std::string_view kNoun = "resolver";
  std::vector<Endpoint> servers;
  Duration ttl_min{5'000};
  Duration ttl_max{300'000};
  Origin at;

  static constexpr auto options() {
    using C = ResolverConfig;
    using namespace std::chrono_literals;
    return std::tuple{
        option("servers", &C::servers, "Name servers to ask; without it the machine's own."),
        option("ttl_min", &C::ttl_min, "Shortest time that an answer is kept.")
            .between(Duration{1s}, Duration{1h}),
        option("ttl_max", &C::ttl_max, "Longest time that an answer is kept.")
            .between(Duration{1s}, Duration{24h}),
    };
  }
  bool operator==(const ResolverConfig&) const = default;
};

}  // namespace gatehouse
