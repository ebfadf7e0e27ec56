// What is promised: addresses are read and written as people write them, names are none, and a
// mapped IPv4 address reads as IPv4.
#include "net/socket_address.h"

#include <gtest/gtest.h>

#include <utility>

namespace gatehouse {
namespace {

TEST(SocketAddressTest, what_is_read_is_written_the_same) {
  for (const auto& [host, text] :
       {std::pair{"192.0.2.7", "192.0.2.7:80"}, std::pair{"2001:db8::1", "[2001:db8::1]:80"},
        std::pair{"::", "[::]:80"}, std::pair{"::ffff:192.0.2.7", "192.0.2.7:80"}}) {
    const auto address = SocketAddress::parse(host, 80);
    ASSERT_TRUE(address) << host;
    EXPECT_EQ(address->to_text(), text);
    EXPECT_EQ(address->port(), 80);
    const SocketAddress copy(address->data(), address->size());
    EXPECT_EQ(copy.to_text(), text);
  }
}

TEST(SocketAddressTest, a_name_or_half_an_address_is_none) {
  for (const char* const host : {"", "localhost", "192.0.2", "192.0.2.256", "[::1]", "1.2.3.4 ",
                                 "2001:db8::1%eth0-with-a-name-that-is-longer-than-any-address"}) {
    EXPECT_FALSE(SocketAddress::parse(host, 1)) << host;
  }
}

TEST(SocketAddressTest, nothing_is_known_of_a_descriptor_that_is_no_socket) {
  EXPECT_EQ(SocketAddress::local_of(-1).port(), 0);
}

TEST(SocketAddressTest, host_and_port_are_taken_apart) {
  const auto named = split_host_port("shop.example:8080");
  ASSERT_TRUE(named);
  EXPECT_EQ(named->host, "shop.example");
  EXPECT_EQ(named->port, 8080);
  EXPECT_EQ(split_host_port("[2001:db8::1]:0")->host, "2001:db8::1");
  EXPECT_EQ(split_host_port(":1")->host, "");
  EXPECT_EQ(split_host_port("a:65535")->port, 65535);
  for (const char* const text :
       {"shop.example", "a:", "a:x", "a:80x", "a:65536", "::1:80", "a:-1"}) {
    EXPECT_FALSE(split_host_port(text)) << text;
  }
}

}  // namespace
}  // namespace gatehouse
