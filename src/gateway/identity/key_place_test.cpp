// What is promised: a path is a path, an address is taken apart as it is written, and what could
// carry a secret or lead elsewhere is refused.
#include "gateway/identity/key_place.h"

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

std::optional<KeyPlace> parse(std::string_view text) {
  Node node;
  node.kind = NodeKind::scalar;
  node.text = text;
  node.at.file = std::make_shared<const std::string>("/etc/gate/gatehouse.yaml");
  return Scalar<KeyPlace>::parse(node);
}

TEST(KeyPlace, takes_a_path_from_the_folder_of_the_file_that_names_it) {
  const auto place = parse("keys/jwks.json");
  ASSERT_TRUE(place.has_value());
  EXPECT_FALSE(place->is_address());
  EXPECT_EQ(place->file.path, "/etc/gate/keys/jwks.json");
  EXPECT_EQ(parse("/run/jwks.json")->file.path, "/run/jwks.json");
}

TEST(KeyPlace, takes_an_address_apart) {
  const auto place = parse("https://id.example/.well-known/jwks.json?v=1");
  ASSERT_TRUE(place.has_value());
  EXPECT_TRUE(place->is_address());
  EXPECT_TRUE(place->tls);
  EXPECT_EQ(place->host, "id.example");
  EXPECT_EQ(place->port, 443);
  EXPECT_EQ(place->authority, "id.example");
  EXPECT_EQ(place->target, "/.well-known/jwks.json?v=1");
  EXPECT_EQ(place->shown(), "https://id.example/.well-known/jwks.json");
  EXPECT_EQ(parse("http://127.0.0.1:8000")->port, 8000);
  EXPECT_EQ(parse("http://127.0.0.1:8000")->target, "/");
  EXPECT_EQ(parse("http://id.example?a")->target, "/?a");
  EXPECT_EQ(parse("https://[2001:db8::1]/k")->host, "2001:db8::1");
  EXPECT_EQ(parse("https://[2001:db8::1]/k")->port, 443);
  EXPECT_EQ(parse("https://[2001:db8::1]:8443/k")->port, 8443);
}

TEST(KeyPlace, refuses_what_it_would_have_to_guess_at) {
  for (const std::string_view text :
       {"", "https://", "https:///x", "ftp://id.example/x", "https://user:pw@id.example/x",
        "https://id.example/x#y", "https://id.example/a b", "https://id.example:0/x",
        "https://id.example:99999/x", "https://id.example:/x", "https://:443/x"}) {
    EXPECT_EQ(parse(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace gatehouse
