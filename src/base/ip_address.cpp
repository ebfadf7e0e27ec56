#include "base/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace gatehouse {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// The bits of byte `i` that a prefix of `bits` keeps.
std::uint8_t mask_of(std::size_t i, unsigned bits) {
  const unsigned before = static_cast<unsigned>(i) * 8;
  if (bits >= before + 8) return 0xff;
  if (bits <= before) return 0;
  return static_cast<std::uint8_t>(0xff00U >> (bits - before));
}

IpAddress masked(const IpAddress& address, unsigned bits) {
  IpAddress result = address;
  for (std::size_t i = 0; i < 16; ++i) {
    result.bytes[i] = static_cast<std::uint8_t>(result.bytes[i] & mask_of(i, bits));
  }
  return result;
}

Error bad_prefix(std::string what, std::string help) {
  return Error{.code = "E0301", .what = std::move(what), .help = std::move(help)};
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  std::array<char, kTextBytes> terminated{};
  if (text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  std::copy(text.begin(), text.end(), terminated.begin());
  IpAddress address;
  if (text.find(':') != std::string_view::npos) {
    if (inet_pton(AF_INET6, terminated.data(), address.bytes.data()) != 1) return std::nullopt;
    return address;
  }
  std::copy(kMapped.begin(), kMapped.end(), address.bytes.begin());
  if (inet_pton(AF_INET, terminated.data(), address.bytes.data() + 12) != 1) return std::nullopt;
  return address;
}

bool IpAddress::is_v4() const { return std::equal(kMapped.begin(), kMapped.end(), bytes.begin()); }

std::string_view IpAddress::print(std::span<char, kTextBytes> to) const {
  const bool v4 = is_v4();
  const char* const text = inet_ntop(v4 ? AF_INET : AF_INET6, bytes.data() + (v4 ? 12 : 0),
                                     to.data(), static_cast<socklen_t>(to.size()));
  return text == nullptr ? std::string_view{} : std::string_view{text};
}

std::string IpAddress::text() const {
  std::array<char, kTextBytes> buffer;
  return std::string(print(buffer));
}

Result<IpPrefix> IpPrefix::parse(std::string_view text) {
  const std::string quoted = "`" + std::string(text) + "`";
  const std::size_t slash = text.find('/');
  const std::optional<IpAddress> address = IpAddress::parse(text.substr(0, slash));
  if (!address) {
    return fail(bad_prefix(quoted + " isn't an address or a prefix",
                           "write `10.0.0.0/8`, `2001:db8::/32` or one address"));
  }
  const bool v4_text = text.substr(0, slash).find(':') == std::string_view::npos;
  const unsigned most = v4_text ? 32 : 128;
  unsigned bits = most;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const char* const end = digits.data() + digits.size();
    const auto [stop, code] = std::from_chars(digits.data(), end, bits);
    if (code != std::errc{} || stop != end || bits > most) {
      return fail(bad_prefix(
          "the length of " + quoted + " isn't a number from 0 to " + std::to_string(most),
          "write how many leading bits count, as in `10.0.0.0/8`"));
    }
  }
  bits += 128 - most;
  const IpPrefix prefix{masked(*address, bits), static_cast<std::uint8_t>(bits)};
  if (prefix.network != *address) {
    return fail(bad_prefix(quoted + " has bits behind its length",
                           "did you mean `" + prefix.text() + "`?"));
  }
  return prefix;
}

bool IpPrefix::contains(const IpAddress& address) const {
  return address.is_v4() == is_v4() && masked(address, bits) == network;
}

IpAddress IpPrefix::last() const {
  IpAddress result = network;
  for (std::size_t i = 0; i < 16; ++i) {
    result.bytes[i] = static_cast<std::uint8_t>(result.bytes[i] | (0xff & ~mask_of(i, bits)));
  }
  return result;
}

std::string IpPrefix::text() const {
  return network.text() + "/" + std::to_string(is_v4() ? bits - 96 : bits);
}

}  // namespace gatehouse
