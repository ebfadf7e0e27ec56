// Promised: nobody who isn't trusted can choose the address that the gate takes for the client's.
#include "gateway/trusted_proxies.h"

#include <random>

namespace gatehouse {
namespace {

TrustedProxies trust(std::initializer_list<const char*> texts) {
  std::vector<IpPrefix> prefixes;
  for (const char* text : texts) prefixes.push_back(*IpPrefix::parse(text));
  return TrustedProxies(prefixes);
}

std::string client(std::string_view peer, std::vector<std::string> values,
                   FieldId id = FieldId::x_forwarded_for,
                   ForwardedBy by = ForwardedBy::x_forwarded_for) {
  Arena arena;
  FieldList fields(arena);
  for (const std::string& value : values) EXPECT_TRUE(fields.add(id, "name", value));
  const TrustedProxies trusted = trust({"10.0.0.0/8", "2001:db8::/32"});
  const ClientAddress found = client_address(*IpAddress::parse(peer), fields, trusted, by);
  return found.address.text() + " " + std::to_string(found.hops);
}

std::string forwarded(std::string_view peer, std::vector<std::string> values) {
  return client(peer, std::move(values), FieldId::forwarded, ForwardedBy::forwarded);
}

TEST(ClientAddress, is_the_peer_when_the_peer_is_not_trusted) {
  EXPECT_EQ(client("192.0.2.1", {"198.51.100.1"}), "192.0.2.1 0");
  EXPECT_EQ(client("10.0.0.1", {}), "10.0.0.1 0");
}

TEST(ClientAddress, is_the_first_from_the_right_that_is_not_trusted) {
  EXPECT_EQ(client("10.0.0.1", {"198.51.100.1"}), "198.51.100.1 1");
  EXPECT_EQ(client("10.0.0.1", {"6.6.6.6, 198.51.100.1, 10.0.0.2"}), "198.51.100.1 2");
  EXPECT_EQ(client("10.0.0.1", {"6.6.6.6", "198.51.100.1 ,10.0.0.2"}), "198.51.100.1 2");
  EXPECT_EQ(client("::ffff:10.0.0.1", {"::ffff:198.51.100.1"}), "198.51.100.1 1");
  EXPECT_EQ(client("2001:db8::5", {"2001:db9::1"}), "2001:db9::1 1");
}

TEST(ClientAddress, is_the_leftmost_when_all_are_trusted) {
  EXPECT_EQ(client("10.0.0.1", {"10.0.0.3, 10.0.0.2"}), "10.0.0.3 2");
}

TEST(ClientAddress, stops_at_the_proxy_that_named_no_address) {
  EXPECT_EQ(client("10.0.0.1", {"6.6.6.6, unknown, 10.0.0.2"}), "10.0.0.2 1");
  EXPECT_EQ(client("10.0.0.1", {"6.6.6.6, 1.2.3.4.5"}), "10.0.0.1 0");
  EXPECT_EQ(client("10.0.0.1", {" , ,"}), "10.0.0.1 0");
}

TEST(ClientAddress, reads_ports_and_brackets) {
  EXPECT_EQ(client("10.0.0.1", {"198.51.100.1:4711"}), "198.51.100.1 1");
  EXPECT_EQ(client("10.0.0.1", {"[2001:db9::1]:4711"}), "2001:db9::1 1");
  EXPECT_EQ(client("10.0.0.1", {"[2001:db9::1]"}), "2001:db9::1 1");
  EXPECT_EQ(client("10.0.0.1", {"198.51.100.1:x"}), "10.0.0.1 0");
  EXPECT_EQ(client("10.0.0.1", {"[198.51.100.1]"}), "10.0.0.1 0");
  EXPECT_EQ(client("10.0.0.1", {"[2001:db9::1]x"}), "10.0.0.1 0");
}

TEST(ClientAddress, looks_at_the_last_32_entries_alone) {
  std::string list = "6.6.6.6";
  for (int i = 0; i < 40; ++i) list += ", 10.0.0.2";
  EXPECT_EQ(client("10.0.0.1", {list}), "10.0.0.2 32");
}

TEST(ClientAddress, reads_forwarded) {
  EXPECT_EQ(forwarded("10.0.0.1", {"for=198.51.100.1;proto=https;by=10.0.0.1"}), "198.51.100.1 1");
  EXPECT_EQ(forwarded("10.0.0.1", {"for=6.6.6.6, proto=http; For=\"[2001:db9::1]:47\""}),
            "2001:db9::1 1");
  EXPECT_EQ(forwarded("10.0.0.1", {"for=6.6.6.6, proto=http"}), "10.0.0.1 0");
  EXPECT_EQ(forwarded("10.0.0.1", {"for=6.6.6.6, for=_hidden"}), "10.0.0.1 0");
  EXPECT_EQ(forwarded("10.0.0.1", {"x=\"a\\\",for=6.6.6.6,\", for=198.51.100.1"}),
            "198.51.100.1 1");
  EXPECT_EQ(forwarded("10.0.0.1", {"for=198.51.100.1;x=\"a,for=6.6.6.6"}), "198.51.100.1 1");
}

TEST(ClientAddress, hears_only_the_field_that_the_config_names) {
  EXPECT_EQ(client("10.0.0.1", {"for=198.51.100.1"}, FieldId::forwarded), "10.0.0.1 0");
  EXPECT_EQ(client("10.0.0.1", {"198.51.100.1"}, FieldId::x_forwarded_for, ForwardedBy::forwarded),
            "10.0.0.1 0");
}

TEST(TrustedProxies, hold_what_one_of_their_prefixes_holds) {
  std::mt19937 dice(11);
  std::vector<IpPrefix> prefixes;
  const auto random_address = [&](unsigned step) {
    IpAddress address = *IpAddress::parse(dice() % 2 == 0 ? "10.0.0.0" : "2001:db8::");
    address.bytes[14] = static_cast<std::uint8_t>(dice() % 8);
    address.bytes[15] = static_cast<std::uint8_t>(dice() % (256 / step) * step);
    return address;
  };
  for (int i = 0; i < 24; ++i) {
    const std::string text = random_address(16).text();
    const unsigned most = text.find(':') == std::string::npos ? 32 : 128;
    prefixes.push_back(*IpPrefix::parse(text + "/" + std::to_string(most - dice() % 5)));
  }
  const TrustedProxies set(prefixes);
  int inside = 0;
  for (int i = 0; i < 5'000; ++i) {
    const IpAddress address = random_address(1);
    const bool expected = std::any_of(prefixes.begin(), prefixes.end(),
                                      [&](const IpPrefix& p) { return p.contains(address); });
    ASSERT_EQ(set.contains(address), expected) << address.text();
    inside += expected ? 1 : 0;
  }
  EXPECT_GT(inside, 100);
  EXPECT_LT(inside, 4'800);
  EXPECT_FALSE(TrustedProxies().contains(*IpAddress::parse("::1")));
}

}  // namespace
}  // namespace gatehouse
