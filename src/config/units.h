// config/units: values that carry a unit, and how they are written.
//
//   duration := number ("ms" | "s" | "m" | "h" | "d")        30s  250ms  24h; 0 needs no unit
//   bytes    := number ("B" | "KiB" | "MiB" | "GiB")?        10MiB  4096
//   rate     := number "/" ("s" | "m" | "h" | "d")           100/s
//   byterate := bytes "/s"                                   240B/s
//   endpoint := host? ":" port | "unix:" path                :8080  [::1]:443  unix:/run/x.sock
//   cidr     := address ("/" bits)?                          10.0.0.0/8
//
// Each parse returns nothing for a text that isn't one; the reader makes the error. Numbers are
// whole and have no sign.
#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/origin.h"

namespace gatehouse {

using Duration = std::chrono::milliseconds;

struct Bytes {
  std::uint64_t count = 0;
  constexpr auto operator<=>(const Bytes&) const = default;
};

struct ByteRate {
  std::uint64_t bytes_per_second = 0;
  constexpr auto operator<=>(const ByteRate&) const = default;
};

struct Rate {
  std::uint64_t count = 0;
  Duration per{1000};
  constexpr bool operator==(const Rate&) const = default;
};

struct Endpoint {
  std::string host;  // empty: every address of the machine. An IPv6 address has no brackets.
  std::uint16_t port = 0;
  std::string socket_path;  // of a Unix socket; then host and port mean nothing
  Origin at;

  bool is_unix() const { return !socket_path.empty(); }
  bool operator==(const Endpoint&) const = default;
};

struct Cidr {
  std::array<std::uint8_t, 16> address{};  // IPv4 as ::ffff:a.b.c.d; bits past `bits` are zero
  std::uint8_t bits = 0;                   // of the 128
  bool operator==(const Cidr&) const = default;
};

constexpr Bytes operator""_B(unsigned long long count) { return {count}; }
constexpr Bytes operator""_KiB(unsigned long long count) { return {count << 10}; }
constexpr Bytes operator""_MiB(unsigned long long count) { return {count << 20}; }
constexpr Bytes operator""_GiB(unsigned long long count) { return {count << 30}; }

std::optional<std::uint64_t> parse_whole(std::string_view text);  // decimal, 0x…, 0o…
std::optional<Duration> parse_duration(std::string_view text);
std::optional<Bytes> parse_bytes(std::string_view text);
std::optional<ByteRate> parse_byte_rate(std::string_view text);
std::optional<Rate> parse_rate(std::string_view text);
std::optional<Endpoint> parse_endpoint(std::string_view text);
std::optional<Cidr> parse_cidr(std::string_view text);

// As a person would write it: the largest unit that divides it.
std::string to_text(Duration duration);
std::string to_text(Bytes bytes);
std::string to_text(ByteRate rate);
std::string to_text(Rate rate);
std::string to_text(const Endpoint& endpoint);
std::string to_text(const Cidr& cidr);

}  // namespace gatehouse
