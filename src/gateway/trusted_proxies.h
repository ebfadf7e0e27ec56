// gateway/trusted_proxies: who the client is when other proxies stand in front of the gate.
//
// Place   asked once for each request, before the gate's own forwarding fields replace those that
//         came. Only one of the two fields counts, the one that the config names: a client can
//         write the other one as it likes.
// Rule    from the peer leftwards through the list: while the one who speaks is trusted, the
//         address that it names is believed. The first that isn't trusted is the client. What
//         isn't an address ("unknown", "_hidden") ends the walk at the proxy that said it.
// Bound   the last kHopsMax entries are looked at; nothing is allocated.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "http/message.h"

namespace gatehouse {

class TrustedProxies {
 public:
  TrustedProxies() = default;  // nobody
  explicit TrustedProxies(std::span<const IpPrefix> prefixes);

  bool contains(const IpAddress& address) const;

 private:
  struct Range {
    IpAddress first;
    IpAddress last;
  };
  static std::vector<Range> merged(std::vector<Range> ranges);

  std::vector<Range> v4_;  // sorted, disjoint
  std::vector<Range> v6_;
};

enum class ForwardedBy : std::uint8_t { x_forwarded_for, forwarded };

struct ClientAddress {
  static constexpr std::size_t kHopsMax = 32;

  IpAddress address;
  std::uint8_t hops = 0;  // how many proxies stood between, beside the gate
};

ClientAddress client_address(const IpAddress& peer, const FieldList& fields,
                             const TrustedProxies& trusted, ForwardedBy by);

}  // namespace gatehouse
