// base/ip_address: an address of either family as one value of 16 bytes, and prefixes of them.
//
// An IPv4 address is held as ::ffff:a.b.c.d, so that the same client has one value whichever way
// its packets came; it is printed as IPv4. A prefix holds addresses of its own family alone: ::/0
// doesn't hold 192.0.2.1.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gatehouse {

struct IpAddress {
  static constexpr std::size_t kTextBytes = 46;

  std::array<std::uint8_t, 16> bytes{};  // network order

  // "192.0.2.7", "2001:db8::1", "::ffff:192.0.2.7"; no brackets, port, zone or leading zeros.
  static std::optional<IpAddress> parse(std::string_view text);

  bool is_v4() const;
  std::string_view print(std::span<char, kTextBytes> to) const;
  std::string text() const;

  auto operator<=>(const IpAddress&) const = default;
};

struct IpPrefix {
  IpAddress network;      // the bits behind the prefix are 0
  std::uint8_t bits = 0;  // of 128: those of an IPv4 prefix count from 96

  // "10.0.0.0/8", "2001:db8::/32", or one address.
  [[nodiscard]] static Result<IpPrefix> parse(std::string_view text);

  bool is_v4() const { return bits >= 96 && network.is_v4(); }
  bool contains(const IpAddress& address) const;
  IpAddress last() const;
  std::string text() const;

  bool operator==(const IpPrefix&) const = default;
};

}  // namespace gatehouse
