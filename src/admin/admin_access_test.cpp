// What is promised: a name that somebody else may let resolve to us never opens the admin's door.
#include "admin/admin_access.h"

namespace gatehouse {
namespace {

bool allowed(std::string_view authority, std::string_view listens_on = "127.0.0.1") {
  return is_admin_host(authority, *SocketAddress::parse(listens_on, 8901));
}

TEST(AdminAccess, takes_loopback_and_localhost_with_any_port) {
  for (const char* const host : {"127.0.0.1:8901", "127.0.0.1", "127.1.2.3:1", "[::1]:8901",
                                 "[::1]", "localhost", "localhost:80", ""}) {
    EXPECT_TRUE(allowed(host)) << host;
  }
}

TEST(AdminAccess, refuses_names_whatever_they_look_like) {
  for (const char* const host :
       {"rebound.example", "rebound.example:8901", "localhost.rebound.example", "127.0.0.1.example",
        "localhosts", "127.0.0.1.", "2130706433", "0x7f.1"}) {
    EXPECT_FALSE(allowed(host)) << host;
  }
}

TEST(AdminAccess, takes_the_address_that_it_listens_on_and_no_other) {
  EXPECT_TRUE(allowed("192.0.2.7:8901", "192.0.2.7"));
  EXPECT_TRUE(allowed("[2001:db8::1]:8901", "2001:db8::1"));
  EXPECT_FALSE(allowed("192.0.2.8:8901", "192.0.2.7"));
  EXPECT_FALSE(allowed("192.0.2.8:8901"));
}

TEST(AdminAccess, takes_any_address_when_it_listens_on_all) {
  EXPECT_TRUE(allowed("192.0.2.8", "0.0.0.0"));
  EXPECT_TRUE(allowed("[2001:db8::1]", "::"));
  EXPECT_TRUE(allowed("192.0.2.8", "::"));
  EXPECT_FALSE(allowed("rebound.example", "0.0.0.0"));
}

}  // namespace
}  // namespace gatehouse
