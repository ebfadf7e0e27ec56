#include "config/units.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <span>
#include <system_error>

namespace gatehouse {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t size;
};

constexpr Unit kTimes[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
constexpr Unit kSizes[] = {{"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
// Longer than any time-out or history, and far from the end of the type.
constexpr std::uint64_t kDurationMax = 100ULL * 365 * 86'400'000;

std::optional<std::uint64_t> digits(std::string_view text, int base) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [at, fault] = std::from_chars(text.data(), end, value, base);
  if (text.empty() || fault != std::errc{} || at != end) return std::nullopt;
  return value;
}

// A decimal number and its unit, multiplied.
std::optional<std::uint64_t> measured(std::string_view text, std::span<const Unit> units,
                                      std::uint64_t most) {
  const std::size_t unit_at = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::optional<std::uint64_t> number = parse_whole(text.substr(0, unit_at));
  if (!number) return std::nullopt;
  for (const Unit& unit : units) {
    if (unit.name != text.substr(unit_at)) continue;
    if (*number > most / unit.size) return std::nullopt;
    return *number * unit.size;
  }
  return std::nullopt;
}

std::string in_largest(std::uint64_t value, std::span<const Unit> units) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < units.size(); ++i) {
    if (value % units[i].size == 0) best = i;
  }
  return fmt::format("{}{}", value / units[best].size, units[best].name);
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  const std::optional<std::uint64_t> port = digits(text, 10);
  if (!port || *port > 65'535 || text.size() > 5) return std::nullopt;
  return static_cast<std::uint16_t>(*port);
}

bool is_host(std::string_view host) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  };
  return host.size() <= 253 && std::all_of(host.begin(), host.end(), fits) &&
         !host.starts_with('.') && !host.starts_with('-') && host.find("..") == host.npos;
}

bool is_ipv6(const std::string& text) {
  in6_addr parsed;
  return inet_pton(AF_INET6, text.c_str(), &parsed) == 1;
}

}  // namespace

std::optional<std::uint64_t> parse_whole(std::string_view text) {
  if (text.starts_with("0x")) return digits(text.substr(2), 16);
  if (text.starts_with("0o")) return digits(text.substr(2), 8);
  // YAML 1.1 read 010 as eight, 1.2 reads it as ten: nobody should have to know.
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return digits(text, 10);
}

std::optional<Duration> parse_duration(std::string_view text) {
  if (text == "0") return Duration{0};
  const auto count = measured(text, kTimes, kDurationMax);
  if (!count) return std::nullopt;
  return Duration{static_cast<std::int64_t>(*count)};
}

std::optional<Bytes> parse_bytes(std::string_view text) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (const auto plain = parse_whole(text); plain && *plain <= kMost) return Bytes{*plain};
  const auto count = measured(text, kSizes, kMost);
  if (!count) return std::nullopt;
  return Bytes{*count};
}

std::optional<ByteRate> parse_byte_rate(std::string_view text) {
  if (text == "0") return ByteRate{0};
  if (!text.ends_with("/s")) return std::nullopt;
  const auto bytes = parse_bytes(text.substr(0, text.size() - 2));
  if (!bytes) return std::nullopt;
  return ByteRate{bytes->count};
}

std::optional<Rate> parse_rate(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == text.npos) return std::nullopt;
  const auto count = parse_whole(text.substr(0, slash));
  if (!count) return std::nullopt;
  for (const Unit& unit : kTimes) {
    if (unit.name == "ms" || unit.name != text.substr(slash + 1)) continue;
    return Rate{*count, Duration{static_cast<std::int64_t>(unit.size)}};
  }
  return std::nullopt;
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  Endpoint endpoint;
  if (text.starts_with("unix:")) {
    endpoint.socket_path = text.substr(5);
    // The kernel's limit on a socket's name, its closing NUL counted.
    if (endpoint.socket_path.empty() || endpoint.socket_path.size() > 107) return std::nullopt;
    return endpoint;
  }
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return std::nullopt;
  endpoint.port = *port;
  endpoint.host = text.substr(0, colon);
  if (endpoint.host.starts_with('[') && endpoint.host.ends_with(']')) {
    endpoint.host = endpoint.host.substr(1, endpoint.host.size() - 2);
    if (!is_ipv6(endpoint.host)) return std::nullopt;
    return endpoint;
  }
  if (!is_host(endpoint.host)) return std::nullopt;
  return endpoint;
}

std::optional<Cidr> parse_cidr(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string address{text.substr(0, slash)};
  Cidr cidr;
  in_addr v4;
  const bool is_v4 = inet_pton(AF_INET, address.c_str(), &v4) == 1;
  if (is_v4) {
    cidr.address[10] = cidr.address[11] = 0xFF;
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(&v4);
    std::copy_n(bytes, 4, cidr.address.begin() + 12);
  } else if (inet_pton(AF_INET6, address.c_str(), cidr.address.data()) != 1) {
    return std::nullopt;
  }
  const std::uint64_t width = is_v4 ? 32 : 128;
  std::uint64_t bits = width;
  if (slash != text.size()) {
    const auto given = parse_whole(text.substr(slash + 1));
    if (!given || *given > width) return std::nullopt;
    bits = *given;
  }
  cidr.bits = static_cast<std::uint8_t>(bits + (128 - width));
  for (std::size_t i = 0; i < 16; ++i) {
    const std::size_t kept = cidr.bits <= i * 8 ? 0 : std::min<std::size_t>(cidr.bits - i * 8, 8);
    cidr.address[i] = static_cast<std::uint8_t>(cidr.address[i] & (0xFF00U >> kept));
  }
  return cidr;
}

std::string to_text(Duration duration) {
  if (duration.count() == 0) return "0s";
  return in_largest(static_cast<std::uint64_t>(duration.count()), kTimes);
}

std::string to_text(Bytes bytes) {
  if (bytes.count == 0) return "0";
  return in_largest(bytes.count, kSizes);
}

std::string to_text(ByteRate rate) { return to_text(Bytes{rate.bytes_per_second}) + "/s"; }

std::string to_text(Rate rate) {
  const auto per = static_cast<std::uint64_t>(rate.per.count());
  for (const Unit& unit : kTimes) {
    if (unit.size == per) return fmt::format("{}/{}", rate.count, unit.name);
  }
  return fmt::format("{}/{}", rate.count, to_text(rate.per));
}

std::string to_text(const Endpoint& endpoint) {
  if (endpoint.is_unix()) return "unix:" + endpoint.socket_path;
  const bool brackets = endpoint.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", brackets ? "[" : "", endpoint.host, brackets ? "]" : "",
                     endpoint.port);
}

std::string to_text(const Cidr& cidr) {
  char text[INET6_ADDRSTRLEN] = {};
  const bool is_v4 = cidr.bits >= 96 && cidr.address[10] == 0xFF && cidr.address[11] == 0xFF &&
                     std::all_of(cidr.address.begin(), cidr.address.begin() + 10,
                                 [](std::uint8_t byte) { return byte == 0; });
  if (is_v4) {
    inet_ntop(AF_INET, cidr.address.data() + 12, text, sizeof text);
  } else {
    inet_ntop(AF_INET6, cidr.address.data(), text, sizeof text);
  }
  return fmt::format("{}/{}", text, is_v4 ? cidr.bits - 96 : cidr.bits);
}

}  // namespace gatehouse
