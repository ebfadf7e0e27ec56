// What is promised: values with units are read exactly as written, and nothing else is one.
#include "config/units.h"

namespace gatehouse {
namespace {

using namespace std::chrono_literals;

TEST(WholeNumbers, are_decimal_hexadecimal_or_octal_with_its_sign) {
  EXPECT_EQ(parse_whole("0"), 0U);
  EXPECT_EQ(parse_whole("10"), 10U);
  EXPECT_EQ(parse_whole("0x1F"), 31U);
  EXPECT_EQ(parse_whole("0o17"), 15U);
  EXPECT_EQ(parse_whole("18446744073709551615"), ~std::uint64_t{0});
}

TEST(WholeNumbers, refuse_signs_bare_octals_blanks_and_what_does_not_fit) {
  for (const char* text : {"", "-1", "+1", "010", "1 ", " 1", "1.5", "1e3", "0x", "0o8", "1_000",
                           "18446744073709551616"}) {
    EXPECT_EQ(parse_whole(text), std::nullopt) << text;
  }
}

TEST(Durations, need_a_unit_unless_they_are_nought) {
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("30s"), 30s);
  EXPECT_EQ(parse_duration("5m"), 5min);
  EXPECT_EQ(parse_duration("24h"), 24h);
  EXPECT_EQ(parse_duration("30d"), 720h);
  EXPECT_EQ(parse_duration("0"), 0ms);
  for (const char* text : {"", "30", "s", "-1s", "1.5s", "1h30m", "30 s", "30S", "99999999999d"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(Sizes, are_powers_of_1024_or_plain_bytes) {
  EXPECT_EQ(parse_bytes("4096"), Bytes{4096});
  EXPECT_EQ(parse_bytes("10B"), Bytes{10});
  EXPECT_EQ(parse_bytes("64KiB"), 64_KiB);
  EXPECT_EQ(parse_bytes("10MiB"), 10_MiB);
  EXPECT_EQ(parse_bytes("20GiB"), 20_GiB);
  for (const char* text : {"", "10MB", "10kib", "KiB", "9999999999999GiB", "-1"}) {
    EXPECT_EQ(parse_bytes(text), std::nullopt) << text;
  }
}

TEST(Rates, are_a_count_in_a_time) {
  EXPECT_EQ(parse_rate("100/s"), (Rate{100, 1s}));
  EXPECT_EQ(parse_rate("10/m"), (Rate{10, 1min}));
  EXPECT_EQ(parse_rate("10/d"), (Rate{10, 24h}));
  for (const char* text : {"", "100", "/s", "100/", "100/ms", "1/2s", "100 / s"}) {
    EXPECT_EQ(parse_rate(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_byte_rate("240B/s"), ByteRate{240});
  EXPECT_EQ(parse_byte_rate("1KiB/s"), ByteRate{1024});
  EXPECT_EQ(parse_byte_rate("0"), ByteRate{0});
  EXPECT_EQ(parse_byte_rate("240B/m"), std::nullopt);
}

TEST(Endpoints, are_a_host_and_a_port_or_a_socket) {
  EXPECT_EQ(parse_endpoint(":8080")->host, "");
  EXPECT_EQ(parse_endpoint(":8080")->port, 8080);
  EXPECT_EQ(parse_endpoint("shop.internal:443")->host, "shop.internal");
  EXPECT_EQ(parse_endpoint("[::1]:80")->host, "::1");
  EXPECT_EQ(parse_endpoint("unix:/run/x.sock")->socket_path, "/run/x.sock");
  for (const char* text : {"", "8080", "host", "host:", ":65536", ":+1", "::1:80x", "[::1",
                           "[x]:80", "a b:80", "a/b:80", "user@host:80", "unix:", ".a:1"}) {
    EXPECT_EQ(parse_endpoint(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_endpoint("unix:/" + std::string(107, 'a')), std::nullopt);
}

TEST(Ranges, lose_the_bits_past_their_prefix) {
  EXPECT_EQ(to_text(*parse_cidr("10.1.2.3/8")), "10.0.0.0/8");
  EXPECT_EQ(to_text(*parse_cidr("192.0.2.7")), "192.0.2.7/32");
  EXPECT_EQ(to_text(*parse_cidr("2001:db8::1/33")), "2001:db8::/33");
  EXPECT_EQ(to_text(*parse_cidr("0.0.0.0/0")), "0.0.0.0/0");
  EXPECT_EQ(to_text(*parse_cidr("::/0")), "::/0");
  for (const char* text : {"", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/", "x"}) {
    EXPECT_EQ(parse_cidr(text), std::nullopt) << text;
  }
}

TEST(Units, are_written_as_they_are_read) {
  for (const char* text : {"0s", "1ms", "1500ms", "90s", "1m", "36h", "30d"}) {
    EXPECT_EQ(to_text(*parse_duration(text)), text);
  }
  for (const char* text : {"0", "1B", "1KiB", "1025B", "100MiB", "1GiB"}) {
    EXPECT_EQ(to_text(*parse_bytes(text)), text);
  }
  for (const char* text : {"1/s", "7/m", "9/h"}) EXPECT_EQ(to_text(*parse_rate(text)), text);
  for (const char* text : {":8080", "[::1]:80", "a.b:1", "unix:/x"}) {
    EXPECT_EQ(to_text(*parse_endpoint(text)), text);
  }
}

}  // namespace
}  // namespace gatehouse
