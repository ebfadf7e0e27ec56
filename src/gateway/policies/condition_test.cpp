// What is promised: a condition refuses what it denies or doesn't allow, and what it can't decide
// unless it is told otherwise; the reason has a code of its own, a count, and the policy's words.
#include "gateway/policies/condition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/policies/exchange_testing.h"

namespace gatehouse::testing {
namespace {

using ::testing::HasSubstr;

void with_agent(QuietStream& stream) {
  EXPECT_TRUE(stream.request().fields.add(FieldId::user_agent, "User-Agent", "shopper/2"));
}

TEST(ConditionPolicy, refuses_what_it_denies) {
  ExchangeRig rig("  c: {kind: condition, deny: \"request.headers['user-agent'] == 'shopper/2'\"}");
  ASSERT_EQ(rig.faults, "");
  EXPECT_EQ(rig.ask(with_agent), 403);
  EXPECT_EQ(rig.code, "condition-not-met");
  EXPECT_EQ(rig.ask([](QuietStream& stream) {
    EXPECT_TRUE(stream.request().fields.add(FieldId::user_agent, "User-Agent", "other"));
  }),
            404);
  EXPECT_EQ(rig.metrics.undecided.value(), 0U);
}

TEST(ConditionPolicy, lets_only_pass_what_it_allows_and_denying_wins) {
  ExchangeRig rig(
      "  c: {kind: condition, allow: \"request.path.startsWith('/o')\", "
      "deny: request.path == '/orders/9'}");
  ASSERT_EQ(rig.faults, "");
  EXPECT_EQ(rig.ask(), 404);
  EXPECT_EQ(rig.code, "route-not-found");
  EXPECT_EQ(rig.ask([](QuietStream& stream) { stream.request().raw_path = "/x"; }), 403);
  EXPECT_EQ(rig.ask([](QuietStream& stream) { stream.request().raw_path = "/orders/9"; }), 403);
}

TEST(ConditionPolicy, refuses_what_it_cannot_decide_and_counts_it) {
  ExchangeRig rig("  c: {kind: condition, deny: claims.level == 1}");
  ASSERT_EQ(rig.faults, "");
  EXPECT_EQ(rig.ask(), 403);
  EXPECT_EQ(rig.code, "condition-undecided");
  EXPECT_EQ(rig.metrics.undecided.value(), 1U);
}

TEST(ConditionPolicy, lets_pass_what_it_cannot_decide_if_told_so) {
  ExchangeRig rig(
      "  c: {kind: condition, deny: claims.level == 1, on_error: allow, "
      "allow: request.method == 'GET'}");
  ASSERT_EQ(rig.faults, "");
  EXPECT_EQ(rig.ask(), 404);
  EXPECT_EQ(rig.metrics.undecided.value(), 1U);
  EXPECT_EQ(rig.ask([](QuietStream& stream) { stream.request().method_text = "PUT"; }), 403);
}

TEST(ConditionPolicy, answers_with_its_own_status_and_words) {
  ExchangeRig rig("  c: {kind: condition, deny: 'true', status: 451, detail: Not in your land.}");
  ASSERT_EQ(rig.faults, "");
  EXPECT_EQ(rig.ask(), 451);
  EXPECT_THAT(rig.answer->text, HasSubstr("\"status\":451"));
  EXPECT_THAT(rig.answer->text, HasSubstr("\"detail\":\"Not in your land.\""));
  EXPECT_THAT(rig.answer->text, HasSubstr("\"code\":\"condition-not-met\""));
}

TEST(ConditionPolicy, a_fault_of_an_expression_is_told_at_its_place) {
  const ExchangeRig quoted("  c:\n    kind: condition\n    deny: 'request.metod == \"GET\"'");
  EXPECT_THAT(quoted.faults, HasSubstr(".yaml:8:20"));
  EXPECT_THAT(quoted.faults, HasSubstr("did you mean `method`?"));
  const ExchangeRig lines(
      "  c:\n    kind: condition\n    deny: |\n      request.method == 'GET' &&\n        user == "
      "1");
  EXPECT_THAT(lines.faults, HasSubstr(".yaml:10:"));
  EXPECT_THAT(ExchangeRig("  c: {kind: condition, deny: request.method}").faults,
              HasSubstr("E0438"));
  EXPECT_THAT(ExchangeRig("  c: {kind: condition}").faults, HasSubstr("neither"));
}

}  // namespace
}  // namespace gatehouse::testing
