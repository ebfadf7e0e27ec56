// What is promised: the gravest verdict on any subject of a request counts and an operator's allow
// beats all; what is only observed is noted and not done, and the strictest enforced rung below it
// is; a new sign-in passes a challenge; who can't be held any more is refused.
#include "gateway/policies/risk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/identity/hs256_testing.h"
#include "gateway/policies/exchange_testing.h"

namespace gatehouse::testing {
namespace {

using namespace std::chrono_literals;
using enum VerdictLevel;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kSecret = "0123456789abcdef0123456789abcdef";
constexpr std::string_view kHeader = R"({"alg":"HS256","kid":"a"})";

std::string done_and_would(const RiskRules& rules, VerdictLevel level) {
  const RiskChoice choice = choose(rules, level);
  return std::string(to_text(choice.done)) + '/' + std::string(to_text(choice.would));
}

TEST(RiskRules, observing_does_nothing_and_says_what_it_would_do) {
  const RiskRules rules = risk_rules({}, std::nullopt);
  EXPECT_EQ(done_and_would(rules, allow), "none/none");
  EXPECT_EQ(done_and_would(rules, watch), "none/mark");
  EXPECT_EQ(done_and_would(rules, slow), "none/slow");
  EXPECT_EQ(done_and_would(rules, challenge), "none/challenge");
  EXPECT_EQ(done_and_would(rules, trap), "none/trap");
  EXPECT_EQ(done_and_would(rules, block), "none/block");
}

TEST(RiskRules, enforcing_does_what_the_level_says) {
  BehaviorConfig general;
  general.mode = BehaviorMode::enforce;
  const RiskRules rules = risk_rules(general, std::nullopt);
  EXPECT_EQ(done_and_would(rules, allow), "none/none");
  EXPECT_EQ(done_and_would(rules, watch), "mark/none");
  EXPECT_EQ(done_and_would(rules, slow), "slow/none");
  EXPECT_EQ(done_and_would(rules, challenge), "challenge/none");
  EXPECT_EQ(done_and_would(rules, trap), "trap/none");
  EXPECT_EQ(done_and_would(rules, block), "block/none");
}

TEST(RiskRules, the_strictest_enforced_rung_below_an_observed_level_is_done) {
  BehaviorConfig general;
  general.risk.slow = BehaviorMode::enforce;
  const RiskRules rules = risk_rules(general, std::nullopt);
  EXPECT_EQ(done_and_would(rules, block), "slow/block");
  EXPECT_EQ(done_and_would(rules, challenge), "slow/challenge");
  EXPECT_EQ(done_and_would(rules, slow), "slow/none");
  EXPECT_EQ(done_and_would(rules, watch), "none/mark");
}

TEST(RiskRules, the_nearer_word_counts) {
  BehaviorConfig general;
  general.risk.block = BehaviorMode::enforce;
  RouteRiskConfig route;
  EXPECT_TRUE(risk_rules(general, route).enforced[5]);
  route.mode = RouteRiskMode::observe;
  EXPECT_FALSE(risk_rules(general, route).enforced[5]);
  route.block = BehaviorMode::enforce;
  EXPECT_TRUE(risk_rules(general, route).enforced[5]);
  route.slow_time = 5s;
  EXPECT_EQ(risk_rules(general, route).slow_time, 5s);
  EXPECT_EQ(risk_rules(general, std::nullopt).slow_time, 1s);
  route.mode = RouteRiskMode::off;
  EXPECT_TRUE(risk_rules(general, route).off);
}

// What may pass a challenge that was set at second 1000.
bool passes(std::string_view claims, bool verified = true) {
  Identity identity;
  identity.proof = "jwt";
  identity.verified = verified;
  identity.claims = JsonDocument::read(claims);
  const Verdict verdict{.subject = {}, .level = challenge, .since = WallTime{1000s}};
  return passes_challenge(identity, verdict, {"mfa", "otp"});
}

TEST(Challenge, is_passed_by_a_later_sign_in_alone) {
  EXPECT_TRUE(passes(R"({"auth_time":1001})"));
  EXPECT_FALSE(passes(R"({"auth_time":1000})"));
  EXPECT_FALSE(passes(R"({"auth_time":"1001"})"));
  EXPECT_FALSE(passes(R"({"iat":1001})"));
  EXPECT_FALSE(passes(R"({"auth_time":1001})", false));
}

TEST(Challenge, is_passed_by_a_strong_method_in_a_newer_token) {
  EXPECT_TRUE(passes(R"({"iat":1001,"amr":["pwd","otp"]})"));
  EXPECT_FALSE(passes(R"({"iat":1000,"amr":["pwd","otp"]})"));
  EXPECT_FALSE(passes(R"({"amr":["otp"]})"));
  EXPECT_FALSE(passes(R"({"iat":1001,"amr":["pwd"]})"));
  EXPECT_FALSE(passes(R"({"iat":1001,"amr":[]})"));
  EXPECT_FALSE(passes(R"({"iat":1001,"amr":"otp"})"));
}

TEST(Challenge, is_not_passed_when_nobody_knows_since_when_it_stands) {
  Identity identity;
  identity.verified = true;
  identity.claims = JsonDocument::read(R"({"auth_time":1001})");
  EXPECT_FALSE(passes_challenge(identity, {.subject = {}, .level = challenge}, {}));
}

// A route that asks for a token, with what stands in `risk` under `behavior`.
struct RiskTest : ::testing::Test {
  explicit RiskTest(std::string_view behavior = "{mode: enforce, risk: {mark: X-Risk}}")
      : rig("  signed-in: {kind: jwt, algorithms: [HS256], app_claim: azp, secret: " +
            std::string(kSecret) + "}\nbehavior: " + std::string(behavior)) {
    rig.look = [this](Exchange& exchange) {
      const Field* const field = exchange.request().fields.find("X-Risk");
      marked = field == nullptr ? std::string_view{} : field->value;
    };
  }

  void set(SubjectKind kind, std::string_view name, VerdictLevel level) {
    rig.verdicts.set({.subject = {kind, stable_hash(rig.key, kind, name)},
                      .level = level,
                      .by_operator = level == allow,
                      .expires = rig.clock.wall() + 60s,
                      .reason = "why",
                      .since = rig.clock.wall()});
  }

  // The answer's status to ann, who calls with the app `ios` and has signed in at that second; 404
  // is that she passed.
  std::uint16_t ask(std::chrono::seconds auth = 0s) {
    const auto now = std::chrono::floor<std::chrono::seconds>(rig.clock.wall().time_since_epoch());
    const std::string token =
        hs256_token(kHeader,
                    R"({"sub":"ann","azp":"ios","exp":)" + std::to_string(now.count() + 60) +
                        R"(,"auth_time":)" + std::to_string((now + auth).count()) + '}',
                    kSecret);
    const std::string bearer = "Bearer " + token;
    marked.clear();
    return rig.ask([&](QuietStream& stream) {
      stream.peer().address_hash = stable_hash(rig.key, SubjectKind::address, "203.0.113.7");
      EXPECT_TRUE(stream.request().fields.add(FieldId::authorization, "Authorization", bearer));
      EXPECT_TRUE(stream.request().fields.add(FieldId::other, "X-Risk", "none at all"));
    });
  }

  std::uint64_t done(EventAct act) {
    return rig.metrics.acts_done[static_cast<std::size_t>(act)].value();
  }
  std::uint64_t would(EventAct act) {
    return rig.metrics.acts_would[static_cast<std::size_t>(act)].value();
  }

  ExchangeRig rig;
  std::string marked;
};

TEST_F(RiskTest, without_a_verdict_everybody_passes_unmarked) {
  ASSERT_NE(rig.local.snapshot, nullptr) << rig.faults;
  EXPECT_EQ(ask(), 404);
  EXPECT_EQ(marked, "");
  EXPECT_EQ(done(EventAct::none), 0U);
}

TEST_F(RiskTest, each_subject_of_the_request_is_looked_up) {
  for (const auto& [kind, name] :
       {std::pair{SubjectKind::address, "203.0.113.7"}, std::pair{SubjectKind::user, "ann"},
        std::pair{SubjectKind::app, "ios"}}) {
    rig.verdicts.clear_all();
    set(kind, name, block);
    EXPECT_EQ(ask(), 403) << to_text(kind);
    EXPECT_EQ(rig.code, "blocked-by-verdict");
  }
  EXPECT_EQ(done(EventAct::block), 3U);
  set(SubjectKind::user, "bob", block);
  rig.verdicts.clear({SubjectKind::app, stable_hash(rig.key, SubjectKind::app, "ios")});
  EXPECT_EQ(ask(), 404);
}

TEST_F(RiskTest, the_gravest_verdict_counts) {
  set(SubjectKind::address, "203.0.113.7", watch);
  EXPECT_EQ(ask(), 404);
  EXPECT_EQ(marked, "watch");
  EXPECT_EQ(done(EventAct::mark), 1U);
  set(SubjectKind::app, "ios", block);
  EXPECT_EQ(ask(), 403);
  EXPECT_THAT(rig.answer->text, HasSubstr("why"));
}

TEST_F(RiskTest, an_operators_allow_beats_all) {
  set(SubjectKind::app, "ios", block);
  set(SubjectKind::address, "203.0.113.7", challenge);
  set(SubjectKind::user, "ann", allow);
  EXPECT_EQ(ask(), 404);
  EXPECT_EQ(marked, "");
}

TEST_F(RiskTest, a_challenge_says_what_to_do_and_a_new_sign_in_passes_it) {
  set(SubjectKind::user, "ann", challenge);
  rig.clock.advance(5s);
  EXPECT_EQ(ask(-5s), 401);
  EXPECT_EQ(rig.code, "challenged-by-verdict");
  EXPECT_THAT(rig.answer->fields,
              HasSubstr("WWW-Authenticate: Bearer error=\"insufficient_user_authentication\""));
  EXPECT_THAT(rig.answer->fields, HasSubstr("max_age=5\n"));
  EXPECT_THAT(rig.answer->text, HasSubstr("sign in again"));
  EXPECT_EQ(ask(-4s), 404);
  EXPECT_EQ(marked, "challenge");
  EXPECT_EQ(done(EventAct::challenge_passed), 1U);
}

TEST_F(RiskTest, a_trap_answers_with_a_decoy) {
  set(SubjectKind::user, "ann", trap);
  EXPECT_EQ(ask(), 200);
  EXPECT_THAT(rig.answer->text, HasSubstr("\"id\":17,"));
  EXPECT_THAT(rig.answer->fields, HasSubstr("Content-Type: application/json\n"));
  EXPECT_THAT(rig.answer->fields, Not(HasSubstr("isk")));
  EXPECT_EQ(rig.metrics.trapped.value(), 0);
  EXPECT_EQ(done(EventAct::trap), 1U);
}

TEST_F(RiskTest, who_cannot_be_slowed_or_trapped_any_more_is_refused) {
  set(SubjectKind::user, "ann", slow);
  rig.metrics.slowed.set(1000);
  EXPECT_EQ(ask(), 429);
  EXPECT_EQ(rig.code, "slowed-by-verdict");
  EXPECT_THAT(rig.answer->fields, HasSubstr("Retry-After: 1\n"));
  set(SubjectKind::user, "ann", trap);
  rig.metrics.trapped.set(100);
  EXPECT_EQ(ask(), 503);
  EXPECT_THAT(rig.answer->text, Not(HasSubstr("verdict")));
  EXPECT_EQ(rig.metrics.limits.of(Limit::trapped), 1U);
  EXPECT_EQ(rig.metrics.blocked.value(), 2U);
}

struct RiskObserved : RiskTest {
  RiskObserved() : RiskTest("{mode: observe}") {}
};

TEST_F(RiskObserved, lets_everybody_pass_and_counts_what_would_have_been_done) {
  for (const VerdictLevel level : {watch, slow, challenge, trap, block}) {
    set(SubjectKind::user, "ann", level);
    EXPECT_EQ(ask(), 404) << to_text(level);
  }
  set(SubjectKind::address, "203.0.113.7", block);
  EXPECT_EQ(ask(), 404);
  EXPECT_EQ(done(EventAct::none), 6U);
  EXPECT_EQ(would(EventAct::block), 2U);
  EXPECT_EQ(would(EventAct::challenge), 1U);
  EXPECT_EQ(rig.metrics.blocked.value(), 0U);
}

}  // namespace
}  // namespace gatehouse::testing
