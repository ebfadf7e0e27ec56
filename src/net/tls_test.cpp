// What is promised: what can't be shown or trusted is told before anything listens, with the place
// of its declaration and a remedy.
#include "net/tls.h"

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

using ::testing::HasSubstr;

TEST(TlsServerTest, nothing_to_show_is_an_error) {
  const auto built = TlsServer::build({}, TicketKeys::random());
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().code, "E0613");
}

TEST(TlsServerTest, a_chain_that_is_not_there_is_told_with_its_place) {
  TlsServer::Options options;
  options.certificates.push_back({{},
                                  "/nowhere/chain.pem",
                                  "/nowhere/key.pem",
                                  {.file = "a.yaml", .line = 7, .column = 1, .length = 1}});
  const auto built = TlsServer::build(options, TicketKeys::random());
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().code, "E0611");
  EXPECT_EQ(built.error().at.line, 7U);
  EXPECT_THAT(built.error().what, HasSubstr("`/nowhere/chain.pem`"));
}

TEST(TlsClientTest, roots_that_are_not_there_are_an_error) {
  const auto built = TlsClient::build({.ca = "/nowhere/roots.pem", .server_name = {}});
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().code, "E0614");
}

TEST(TlsClientTest, a_session_that_nobody_took_can_be_forgotten) {
  const auto built = TlsClient::build({.verify = false, .ca = {}, .server_name = {}});
  ASSERT_TRUE(built) << built.error().what;
  TlsClient::forget((*built)->connect("shop.example"));
  TlsClient::forget(nullptr);
}

TEST(TicketKeysTest, are_never_the_same) {
  EXPECT_NE(TicketKeys::random().bytes, TicketKeys::random().bytes);
}

}  // namespace
}  // namespace gatehouse
