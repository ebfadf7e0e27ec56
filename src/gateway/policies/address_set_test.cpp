// What is promised: an address is in the set exactly when one of its networks holds it, also at
// the networks' edges, and whichever way it is written.
#include "gateway/policies/address_set.h"

#include <gtest/gtest.h>

#include <random>

namespace gatehouse {
namespace {

IpAddress address(std::string_view text) {
  const auto parsed = IpAddress::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(IpAddress{});
}

AddressSet set_of(std::initializer_list<std::string_view> texts) {
  std::vector<IpPrefix> networks;
  for (const std::string_view text : texts) networks.push_back(*IpPrefix::parse(text));
  return AddressSet(networks);
}

TEST(AddressSet, holds_a_network_from_its_first_address_to_its_last) {
  const AddressSet set = set_of({"10.1.2.0/23", "192.0.2.7", "2001:db8::/33"});
  for (const char* const in : {"10.1.2.0", "10.1.3.255", "192.0.2.7",
                               "2001:db8::", "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff"}) {
    EXPECT_TRUE(set.contains(address(in))) << in;
  }
  for (const char* const out : {"10.1.1.255", "10.1.4.0", "192.0.2.6", "192.0.2.8",
                                "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8:8000::"}) {
    EXPECT_FALSE(set.contains(address(out))) << out;
  }
}

TEST(AddressSet, an_ipv4_address_written_as_ipv6_is_the_ipv4_address) {
  const AddressSet set = set_of({"192.0.2.0/24", "::ffff:198.51.100.0/120"});
  EXPECT_TRUE(set.contains(address("::ffff:192.0.2.1")));
  EXPECT_TRUE(set.contains(address("198.51.100.7")));
  EXPECT_FALSE(set_of({"::/0"}).contains(address("192.0.2.1")));
  EXPECT_FALSE(set_of({"0.0.0.0/0"}).contains(address("2001:db8::1")));
  EXPECT_TRUE(set_of({"0.0.0.0/0"}).contains(address("255.255.255.255")));
}

TEST(AddressSet, networks_that_meet_become_one_range) {
  EXPECT_EQ(set_of({"10.0.0.0/9", "10.128.0.0/9", "10.3.0.0/16", "10.0.0.1"}).ranges(), 1U);
  EXPECT_EQ(set_of({"10.0.0.0/9", "11.128.0.0/9"}).ranges(), 2U);
  EXPECT_EQ(set_of({"255.255.255.255", "0.0.0.0"}).ranges(), 2U);
  EXPECT_TRUE(AddressSet().empty());
  EXPECT_FALSE(AddressSet().contains(address("10.0.0.1")));
}

// The slow twin asks each network.
TEST(AddressSet, agrees_with_asking_each_network) {
  std::mt19937_64 random(17);
  std::vector<IpPrefix> networks;
  for (int i = 0; i < 300; ++i) {
    const bool v4 = i % 2 == 0;
    const auto bits = v4 ? 12 + random() % 21 : 20 + random() % 109;
    IpAddress base = address(v4 ? "10.0.0.0" : "2001:db8::");
    for (std::size_t k = v4 ? 13 : 4; k < 16; ++k)
      base.bytes[k] = static_cast<std::uint8_t>(random());
    for (std::size_t bit = v4 ? 96 + bits : bits; bit < 128; ++bit) {
      base.bytes[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> bit % 8));
    }
    networks.push_back(*IpPrefix::parse(base.text() + '/' + std::to_string(bits)));
  }
  const AddressSet set(networks);
  int inside = 0;
  for (int i = 0; i < 20'000; ++i) {
    const IpPrefix& near = networks[random() % networks.size()];
    IpAddress one = i % 3 == 0 ? near.network : near.last();
    one.bytes[15] = static_cast<std::uint8_t>(one.bytes[15] + random() % 3 - 1);
    if (i % 3 == 2) one.bytes[14] = static_cast<std::uint8_t>(random());
    bool wanted = false;
    for (const IpPrefix& network : networks) wanted = wanted || network.contains(one);
    ASSERT_EQ(set.contains(one), wanted) << one.text();
    inside += wanted ? 1 : 0;
  }
  EXPECT_GT(inside, 1000);
  EXPECT_LT(inside, 19'000);
}

}  // namespace
}  // namespace gatehouse
