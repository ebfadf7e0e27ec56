// What is promised: who is denied, or not among those allowed, gets 403; lists come from the config
// and from files, and what is wrong in a file is told with its line.
#include "gateway/policies/ip_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/policies/exchange_testing.h"

namespace gatehouse::testing {
namespace {

using ::testing::HasSubstr;

std::uint16_t ask(ExchangeRig& rig, std::string_view address) {
  return rig.ask([&](QuietStream& stream) { stream.peer().address = address; });
}

std::string file(std::string_view name, std::string_view text) {
  const auto path = std::filesystem::path(::testing::TempDir()) /
                    (std::string(name) + std::to_string(::getpid()));
  std::ofstream(path) << text;
  return path.string();
}

TEST(IpListPolicy, refuses_whom_it_denies) {
  ExchangeRig rig("  a: {kind: ip_list, deny: [192.0.2.0/24, '2001:db8::/32']}");
  ASSERT_EQ(rig.faults, "");
  EXPECT_EQ(ask(rig, "192.0.2.9"), 403);
  EXPECT_EQ(rig.code, "address-not-allowed");
  EXPECT_EQ(ask(rig, "::ffff:192.0.2.9"), 403);
  EXPECT_EQ(ask(rig, "2001:db8::1"), 403);
  EXPECT_EQ(ask(rig, "192.0.3.9"), 404);
}

TEST(IpListPolicy, lets_only_those_through_whom_it_allows_and_denying_wins) {
  ExchangeRig rig("  a: {kind: ip_list, allow: [10.0.0.0/8], deny: [10.9.0.0/16]}");
  ASSERT_EQ(rig.faults, "");
  EXPECT_EQ(ask(rig, "10.1.2.3"), 404);
  EXPECT_EQ(ask(rig, "10.9.2.3"), 403);
  EXPECT_EQ(ask(rig, "11.1.2.3"), 403);
  EXPECT_EQ(ask(rig, "not an address"), 403);
}

TEST(IpListPolicy, reads_files_with_comments) {
  const std::string path = file("ip_list_good", "# office\n10.0.0.0/8\n\n  192.0.2.7 # one\r\n");
  ExchangeRig rig("  a: {kind: ip_list, allow_files: ['" + path + "']}");
  ASSERT_EQ(rig.faults, "");
  EXPECT_EQ(ask(rig, "10.1.2.3"), 404);
  EXPECT_EQ(ask(rig, "192.0.2.7"), 404);
  EXPECT_EQ(ask(rig, "192.0.2.8"), 403);
  std::filesystem::remove(path);
}

TEST(IpListPolicy, an_empty_file_of_allowed_addresses_allows_nobody) {
  const std::string path = file("ip_list_empty", "# nobody yet\n");
  ExchangeRig rig("  a: {kind: ip_list, allow_files: ['" + path + "']}");
  EXPECT_EQ(ask(rig, "10.1.2.3"), 403);
  std::filesystem::remove(path);
}

TEST(IpListPolicy, tells_the_line_of_a_file_that_is_wrong) {
  const std::string path = file("ip_list_bad", "10.0.0.0/8\n  10.0.0.1/8 # bits\nnobody\n");
  const ExchangeRig rig("  a: {kind: ip_list, deny_files: ['" + path + "']}");
  EXPECT_THAT(rig.faults, HasSubstr(path + ":2:3"));
  EXPECT_THAT(rig.faults, HasSubstr("did you mean `10.0.0.0/8`?"));
  EXPECT_THAT(rig.faults, HasSubstr(path + ":3:1"));
  std::filesystem::remove(path);
}

TEST(IpListPolicy, asks_for_a_list_and_for_files_that_are_there) {
  EXPECT_THAT(ExchangeRig("  a: {kind: ip_list}").faults, HasSubstr("lists no addresses"));
  EXPECT_THAT(ExchangeRig("  a: {kind: ip_list, deny_files: [/nowhere/x]}").faults,
              HasSubstr("does not exist"));
}

}  // namespace
}  // namespace gatehouse::testing
