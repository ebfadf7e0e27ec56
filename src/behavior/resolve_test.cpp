// What is promised: an event names its entities in one order, with what is proved of them.
#include "behavior/resolve.h"

namespace gatehouse {
namespace {

const HashKey kKey{{1, 2, 3}};

std::string_view role_text(EntityRole role) {
  switch (role) {
    case EntityRole::actor:
      return "actor";
    case EntityRole::device:
      return "device";
    case EntityRole::origin:
      return "origin";
    case EntityRole::target:
      return "target";
    case EntityRole::claimed:
      return "claimed";
  }
  return "";
}

struct ResolveTest : ::testing::Test {
  Sightings see(const auto& event) {
    bytes.resize(kEventBytesMax);
    bytes.resize(encode(event, bytes));
    return resolve(kKey, *EventView::parse(bytes));
  }
  std::string text(const auto& event) {
    std::string lines;
    for (const Sighting& each : see(event)) {
      lines += std::string(to_text(each.subject.kind)) + " " + std::string(role_text(each.role)) +
               (each.is_verified ? " proved " : " unproved ") + std::string(each.name) + "\n";
    }
    return lines;
  }

  std::vector<char> bytes;
  std::string credential = std::string(16, 'a') + std::string(16, '1');
  Subject subjects[4] = {{SubjectKind::address, {1, 2}},
                         {SubjectKind::user, {3, 4}},
                         {SubjectKind::app, {5, 6}},
                         {SubjectKind::token, {7, 8}}};
  RequestEvent signed_in{.client = "192.0.2.1",
                         .api = "orders",
                         .user_agent = "curl/8.1",
                         .user = "ann",
                         .app = "ios",
                         .proof = "jwt",
                         .credential = credential,
                         .verified = true,
                         .subjects = subjects};
  RequestEvent stranger{.client = "192.0.2.1",
                        .user_agent = "curl/8.1",
                        .sign_in_user = "ann",
                        .sign_in = EventSignIn::failed,
                        .subjects = {subjects, 1}};
};

TEST_F(ResolveTest, names_the_narrowest_first_and_takes_the_gates_hashes) {
  EXPECT_EQ(text(signed_in), "token actor proved " + credential + "\n" +
                                 "user actor proved ann\n"
                                 "app actor proved ios\n"
                                 "device device proved curl/8.1\n"
                                 "address origin proved 192.0.2.1\n"
                                 "api target proved orders\n");
  const Sightings seen = see(signed_in);
  EXPECT_EQ(seen.find(SubjectKind::user)->subject.hash, (StableHash{3, 4}));
  EXPECT_EQ(seen.find(SubjectKind::token)->subject.hash, (StableHash{7, 8}));
  EXPECT_EQ(seen.find(SubjectKind::api)->subject.hash,
            stable_hash(kKey, SubjectKind::api, "orders"));
  EXPECT_EQ(seen.find(SubjectKind::host), nullptr);
}

TEST_F(ResolveTest, a_failed_sign_in_proves_nothing) {
  EXPECT_EQ(text(stranger),
            "device device unproved curl/8.1\n"
            "address origin unproved 192.0.2.1\n"
            "user claimed unproved ann\n");
}

TEST_F(ResolveTest, a_sign_in_that_went_well_proves_user_and_address) {
  stranger.sign_in = EventSignIn::ok;
  EXPECT_EQ(text(stranger),
            "user actor proved ann\n"
            "device device proved curl/8.1\n"
            "address origin proved 192.0.2.1\n");
  EXPECT_EQ(see(stranger).find(SubjectKind::user)->subject.hash,
            stable_hash(kKey, SubjectKind::user, "ann"));
}

TEST_F(ResolveTest, a_credential_that_was_not_checked_is_an_unproved_token) {
  stranger.credential = credential;
  const Sightings seen = see(stranger);
  ASSERT_NE(seen.find(SubjectKind::token), nullptr);
  EXPECT_FALSE(seen.find(SubjectKind::token)->is_verified);
  EXPECT_EQ(seen.find(SubjectKind::token)->subject.hash,
            (StableHash{0x1111111111111111, 0xaaaaaaaaaaaaaaaa}));
  stranger.credential = "not hex";
  EXPECT_EQ(see(stranger).find(SubjectKind::token), nullptr);
}

TEST_F(ResolveTest, a_device_outlives_an_update_and_belongs_to_its_user) {
  const auto device = [&] { return see(signed_in).find(SubjectKind::device)->subject.hash; };
  const StableHash first = device();
  signed_in.user_agent = "curl/8.2.5";
  EXPECT_EQ(device(), first);
  signed_in.user_agent = "wget/8.2.5";
  EXPECT_NE(device(), first);
  signed_in.user_agent = "curl/8.1";
  subjects[0].hash.low = 9;  // elsewhere
  EXPECT_EQ(device(), first);
  subjects[1].hash.low = 9;  // another user
  EXPECT_NE(device(), first);
  signed_in.user_agent = "";
  EXPECT_EQ(see(signed_in).find(SubjectKind::device), nullptr);
}

TEST_F(ResolveTest, a_devices_text_has_products_and_platform_without_versions) {
  char into[256];
  EXPECT_EQ(device_text("Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/126.0.1 Safari/537_36", into),
            "Mozilla/ (Windows NT 10.0; Win64) Chrome/ Safari/");
  EXPECT_EQ(device_text("curl/", into), "curl/");
  EXPECT_EQ(device_text("abcdef", std::span(into, 3)), "abc");
}

TEST_F(ResolveTest, a_user_who_fails_to_sign_in_as_another_is_named_beside_the_claim) {
  signed_in.sign_in_user = "root";
  signed_in.sign_in = EventSignIn::failed;
  EXPECT_TRUE(text(signed_in).ends_with("user claimed unproved root\n"));
  EXPECT_EQ(see(signed_in).size(), 7U);
}

TEST_F(ResolveTest, other_records_name_nobody) {
  EXPECT_EQ(see(SystemEvent{.kind = EventKind::tick}).size(), 0U);
}

}  // namespace
}  // namespace gatehouse
