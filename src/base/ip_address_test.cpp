// Promised: both families parse and print, a mapped address is its IPv4 one, and a prefix holds
// exactly the addresses of its own family that begin with its bits.
#include "base/ip_address.h"

namespace gatehouse {
namespace {

std::string round(std::string_view text) {
  const auto address = IpAddress::parse(text);
  return address ? address->text() : "no";
}

TEST(IpAddress, parses_and_prints_both_families) {
  EXPECT_EQ(round("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(round("2001:DB8:0::1"), "2001:db8::1");
  EXPECT_EQ(round("::"), "::");
  EXPECT_EQ(round("::ffff:192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(IpAddress::parse("::ffff:192.0.2.7"), IpAddress::parse("192.0.2.7"));
  EXPECT_NE(IpAddress::parse("::192.0.2.7"), IpAddress::parse("192.0.2.7"));
}

TEST(IpAddress, refuses_what_is_not_one) {
  for (const char* text : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ",
                           ":::", "[::1]", "fe80::1%eth0", "1.2.3.4:80", "g::", "localhost"}) {
    EXPECT_EQ(round(text), "no") << text;
  }
  EXPECT_EQ(round(std::string(100, ':')), "no");
  EXPECT_EQ(round(std::string_view("1.2.3.4\0x", 9)), "no");
}

bool holds(std::string_view prefix, std::string_view address) {
  return IpPrefix::parse(prefix)->contains(*IpAddress::parse(address));
}

TEST(IpPrefix, holds_addresses_of_its_own_family_alone) {
  EXPECT_TRUE(holds("10.0.0.0/8", "10.255.255.255"));
  EXPECT_FALSE(holds("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(holds("10.0.0.0/8", "::ffff:10.1.1.1"));
  EXPECT_TRUE(holds("::ffff:10.0.0.0/104", "10.1.1.1"));
  EXPECT_TRUE(holds("192.0.2.128/25", "192.0.2.129"));
  EXPECT_FALSE(holds("192.0.2.128/25", "192.0.2.127"));
  EXPECT_TRUE(holds("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(holds("2001:db8::/33", "2001:db8:8000::1"));
  EXPECT_TRUE(holds("0.0.0.0/0", "1.2.3.4"));
  EXPECT_FALSE(holds("0.0.0.0/0", "::1"));
  EXPECT_TRUE(holds("::/0", "::1"));
  EXPECT_FALSE(holds("::/0", "1.2.3.4"));
  EXPECT_TRUE(holds("192.0.2.7", "192.0.2.7"));
  EXPECT_FALSE(holds("192.0.2.7", "192.0.2.6"));
}

TEST(IpPrefix, knows_its_last_address_and_text) {
  EXPECT_EQ(IpPrefix::parse("10.0.0.0/9")->last().text(), "10.127.255.255");
  EXPECT_EQ(IpPrefix::parse("2001:db8::/127")->last().text(), "2001:db8::1");
  EXPECT_EQ(IpPrefix::parse("10.0.0.0/9")->text(), "10.0.0.0/9");
  EXPECT_EQ(IpPrefix::parse("::1")->text(), "::1/128");
}

TEST(IpPrefix, says_what_is_wrong) {
  EXPECT_EQ(IpPrefix::parse("10.0.0.1/8").error().what, "`10.0.0.1/8` has bits behind its length");
  EXPECT_EQ(IpPrefix::parse("10.0.0.1/8").error().help, "did you mean `10.0.0.0/8`?");
  EXPECT_EQ(IpPrefix::parse("10.0.0.0/33").error().what,
            "the length of `10.0.0.0/33` isn't a number from 0 to 32");
  EXPECT_EQ(IpPrefix::parse("10.0.0.0/").error().what,
            "the length of `10.0.0.0/` isn't a number from 0 to 32");
  EXPECT_EQ(IpPrefix::parse("ten/8").error().what, "`ten/8` isn't an address or a prefix");
}

}  // namespace
}  // namespace gatehouse
