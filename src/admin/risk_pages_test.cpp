// What is promised: points are told in thousandths and read back exactly; who is not known, and an
// engine that gives no answer, are problems with their code and what to do.
#include "admin/risk_pages.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace gatehouse {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr std::int64_t kNow = 1'790'000'000'000'000;
const NamedSubject kAnn{{SubjectKind::user, {5, 6}}, "user:ann"};

json body_of(const AdminAnswer& answer) { return json::parse(answer.body); }

TEST(RiskPages, points_are_thousandths_that_add_up) {
  WhyFound found{.why = Why{}, .at_us = kNow - 12'000'000, .has_content = true};
  std::int64_t sum = 0;
  for (std::int64_t milli = 1; milli < 200'000; milli += 997) {
    found.why->lines.push_back({.sequence = 1, .now = {milli}, .trusted = {milli / 2}});
    sum += milli;
  }
  found.why->total.all = {sum};
  const json page = body_of(why_answer(found, kAnn, std::nullopt, kNow));
  std::int64_t told = 0;
  for (const json& line : page["lines"]) {
    const double points = line["points"].get<double>();
    told += std::llround(points * 1000);
    EXPECT_LE(line["points"].dump().size() - line["points"].dump().find('.'), 4U);
  }
  EXPECT_EQ(told, sum);
  EXPECT_EQ(std::llround(page["points"].get<double>() * 1000), sum);
  EXPECT_EQ(page["behind_seconds"], 12);
}

TEST(RiskPages, who_is_not_known_is_a_problem_that_says_where_to_look) {
  AdminAnswer answer = why_answer({.at_us = kNow, .has_content = true}, kAnn, std::nullopt, kNow);
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(body_of(answer)["detail"], "nothing is known of `user:ann`");
  EXPECT_THAT(body_of(answer)["help"].get<std::string>(), HasSubstr("gatehouse notable"));
  answer = why_answer({.at_us = kNow}, kAnn, std::nullopt, kNow);
  EXPECT_EQ(body_of(answer)["help"], "there are no detectors, so nobody is scored");
}

TEST(RiskPages, a_verdict_is_told_where_the_engine_knows_nothing) {
  Verdict verdict;
  verdict.subject = kAnn.subject;
  verdict.level = VerdictLevel::block;
  verdict.reason = "as agreed";
  const json page = body_of(why_answer({.at_us = kNow}, kAnn, verdict, kNow));
  EXPECT_EQ(page["verdict"]["reason"], "as agreed");
  EXPECT_TRUE(page["lines"].empty());
  EXPECT_TRUE(page["level"].is_null());
}

TEST(RiskPages, an_engine_that_is_behind_says_so) {
  const AdminAnswer answer = engine_behind();
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(body_of(answer)["code"], "E0908");
  EXPECT_EQ(body_of(answer)["detail"],
            "the engine is behind and gave no answer within two seconds");
}

}  // namespace
}  // namespace gatehouse
