#include "http/authority.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "http/characters.h"

namespace gatehouse {
namespace {

bool is_name(std::string_view host) {
  if (host.empty() || !all_in(host, kHostName)) return false;
  return host.front() != '.' && host.back() != '.' && host.find("..") == std::string_view::npos;
}

bool is_ipv6_literal(std::string_view host) {
  if (host.size() < 4 || host.front() != '[' || host.back() != ']') return false;
  host = host.substr(1, host.size() - 2);
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (host.size() >= text.size() || host.find('\0') != std::string_view::npos) return false;
  std::copy(host.begin(), host.end(), text.begin());
  in6_addr address;
  return inet_pton(AF_INET6, text.data(), &address) == 1;
}

bool is_port(std::string_view port) {
  if (port.empty() || port.size() > 5 || port.front() == '0') return false;
  unsigned value = 0;
  for (const char c : port) {
    if (!is_digit(c)) return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value <= 65535;
}

// Where the host ends: at the colon before the port, or at the end.
std::size_t host_bytes(std::string_view authority) {
  std::size_t from = 0;
  if (authority.starts_with('[')) from = std::min(authority.find(']'), authority.size());
  return std::min(authority.find(':', from), authority.size());
}

}  // namespace

std::optional<std::string_view> canonical_authority(std::string_view text, Arena& arena) {
  const std::size_t bytes = host_bytes(text);
  std::string_view host = text.substr(0, bytes);
  const std::string_view port = text.substr(bytes);  // with its colon
  if (!port.empty() && !is_port(port.substr(1))) return std::nullopt;
  const bool dot = host.ends_with('.');
  if (dot) host.remove_suffix(1);
  if (host.size() > kHostBytesMax || !(is_name(host) || is_ipv6_literal(host))) return std::nullopt;

  const bool upper = std::any_of(host.begin(), host.end(), [](char c) { return c != to_lower(c); });
  if (!dot && !upper) return text;
  char* const place = arena.take(host.size() + port.size());
  if (place == nullptr) return std::nullopt;
  std::transform(host.begin(), host.end(), place, to_lower);
  std::copy(port.begin(), port.end(), place + host.size());
  return std::string_view{place, host.size() + port.size()};
}

std::string_view host_of(std::string_view authority) {
  return authority.substr(0, host_bytes(authority));
}

std::uint16_t port_of(std::string_view authority) {
  const std::size_t bytes = host_bytes(authority);
  unsigned value = 0;
  for (std::size_t i = bytes + 1; i < authority.size(); ++i) {
    value = value * 10 + static_cast<unsigned>(authority[i] - '0');
  }
  return static_cast<std::uint16_t>(value);
}

}  // namespace gatehouse
